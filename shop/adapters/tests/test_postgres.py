"""A database whose connections are all taken, by a login of PostgreSQL that may have one."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from shop.adapters.postgres.base import PAUSES, DatabaseWrapper

pytestmark = pytest.mark.django_db(transaction=True)
SLEEP = "shop.adapters.postgres.base.time.sleep"
LOGIN = sql.Identifier("narrow_login")


@pytest.fixture
def narrow() -> Iterator[DatabaseWrapper]:
    """A way in for one connection at a time."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT 1").format(LOGIN))
    wrapped = DatabaseWrapper({**connection.settings_dict, "USER": "narrow_login", "PASSWORD": ""}, alias="narrow")
    yield wrapped
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP ROLE {}").format(LOGIN))


@pytest.fixture
def somebody(narrow: DatabaseWrapper) -> Iterator[psycopg.Connection]:
    """Who has the one connection."""
    with psycopg.connect(**narrow.get_connection_params()) as taken:
        yield taken


def test_a_connection_that_gets_free_is_waited_for(
    narrow: DatabaseWrapper, somebody: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def leave(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            end(somebody)

    monkeypatch.setattr(SLEEP, leave)
    with narrow.get_new_connection(narrow.get_connection_params()) as mine:
        assert mine.execute("SELECT 6 * 7").fetchone() == (42,)
    assert waited == list(PAUSES[:2])


def test_where_none_gets_free_it_ends_in_a_moment(
    narrow: DatabaseWrapper, somebody: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(SLEEP, waited.append)
    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        narrow.get_new_connection(narrow.get_connection_params())
    assert waited == list(PAUSES)


def end(taken: psycopg.Connection) -> None:
    """Gone at the server too: it may take a moment to notice a closed one."""
    pid = taken.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
