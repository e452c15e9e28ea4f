"""PostgreSQL whose password somebody else changes now and then: RDS's own secret is rotated.

A refused login has the secret read again, and is tried once more; connections that are open stay so. A rotation costs
each process one slower connection. The other way, to end the process so that Lambda starts another, costs somebody's
request and a cold start each time.
"""

import logging
import os
from typing import Any

from django.db.backends.postgresql import base

from shop.adapters.secrets import database_login

log = logging.getLogger(__name__)

# libpq gives no code for what happens before there is a connection.
REFUSED = "password authentication failed"


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection, with the newest password if the known one is refused. Raises what psycopg does."""
        try:
            return super().get_new_connection(conn_params)
        except base.Database.OperationalError as error:  # type: ignore[attr-defined]
            if REFUSED not in str(error) or not os.environ.get("DATABASE_SECRET"):
                raise
            log.warning("the database refused the login; its secret is read again")
        user, password = database_login()
        self.settings_dict |= {"USER": user, "PASSWORD": password}
        return super().get_new_connection(conn_params | {"user": user, "password": password})
