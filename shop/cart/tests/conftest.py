"""Every store of bags, so that each test of the port runs over all."""

from collections.abc import Callable
from typing import Any

import pytest

from shop.adapters.tests.dynamo_builders import make_table
from shop.cart.dynamodb import DynamoCartStore
from shop.cart.stores import CartStore, TableCartStore


def in_table(request: pytest.FixtureRequest) -> CartStore:
    return TableCartStore()


def in_dynamodb(request: pytest.FixtureRequest) -> CartStore:
    request.getfixturevalue("carts_table")
    return DynamoCartStore()


STORES: list[Callable[[pytest.FixtureRequest], CartStore]] = [in_table, in_dynamodb]


@pytest.fixture
def carts_table(cloud: str, settings: Any) -> str:
    """A table of bags of this test's own; its name."""
    settings.CARTS_TABLE = make_table("key")
    return str(settings.CARTS_TABLE)


@pytest.fixture(params=STORES, ids=lambda make: make.__name__)
def store(request: pytest.FixtureRequest) -> CartStore:
    made: CartStore = request.param(request)
    return made
