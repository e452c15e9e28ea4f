"""The demo, built once for all tests that look at it."""

from collections.abc import Iterator
from io import StringIO
from unittest.mock import patch

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from shop.demo.build import build
from shop.demo.tests.plans import SMALL


@pytest.fixture(scope="package")
def kept(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """SMALL, in a transaction around the tests' own."""
    around = transaction.atomic()
    # As Django marks those of a test: what asks whether it stands in a transaction is told that it does not.
    around._from_testcase = True  # type: ignore[attr-defined]
    # Django closes the connection after each test, which would be the end of the transaction.
    with patch.object(connection, "close"):
        with django_db_blocker.unblock():
            around.__enter__()
            build(SMALL, StringIO())
        yield
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def demo(kept: None, db: None) -> None:
    """Every test here begins with it. What one changes is rolled back, as anywhere."""
