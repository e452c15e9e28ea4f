"""PostgreSQL on RDS: its password is changed by somebody else now and then, and a small one has few connections.

A refused login has the secret read again, and is tried once more; connections that are open stay so. A rotation costs
each process one slower connection. The other way, to end the process so that Lambda starts another, costs somebody's
request and a cold start each time. Where all connections are taken, a moment is waited for one: a request has its own
for some milliseconds, unless its function is frozen.
"""

import logging
import os
import time
from typing import Any

from django.db.backends.postgresql import base

from shop.adapters.secrets import database_login

log = logging.getLogger(__name__)

# libpq gives no code for what happens before there is a connection.
REFUSED = "password authentication failed"


TAKEN = ("too many clients", "connection slots are reserved", "too many connections")
# Seconds between the tries, in which somebody waits for a page.
PAUSES = (0.1, 0.3, 0.9)


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection, as soon as there is one. Raises what psycopg does."""
        for pause in PAUSES:
            try:
                return self.let_in(conn_params)
            except base.Database.OperationalError as error:  # type: ignore[attr-defined]
                if not any(words in str(error) for words in TAKEN):
                    raise
                log.warning("the database has no connection left; asked again in %s s", pause)
                time.sleep(pause)
        return self.let_in(conn_params)

    def let_in(self, conn_params: dict[str, Any]) -> Any:
        """With the newest password if the known one is refused."""
        try:
            return super().get_new_connection(conn_params)
        except base.Database.OperationalError as error:  # type: ignore[attr-defined]
            if REFUSED not in str(error) or not os.environ.get("DATABASE_SECRET"):
                raise
            log.warning("the database refused the login; its secret is read again")
        user, password = database_login()
        self.settings_dict |= {"USER": user, "PASSWORD": password}
        return super().get_new_connection(conn_params | {"user": user, "password": password})
