"""Every store of activity, so that each test of the port runs over all."""

from collections.abc import Callable
from typing import Any

import pytest

from shop.activity.dynamodb import DynamoActivityStore
from shop.activity.stores import ActivityStore, TableActivityStore
from shop.adapters.tests.dynamo_builders import make_table


def in_table(request: pytest.FixtureRequest) -> ActivityStore:
    return TableActivityStore()


def in_dynamodb(request: pytest.FixtureRequest) -> ActivityStore:
    request.getfixturevalue("activity_table")
    return DynamoActivityStore()


STORES: list[Callable[[pytest.FixtureRequest], ActivityStore]] = [in_table, in_dynamodb]


@pytest.fixture
def activity_table(cloud: str, settings: Any) -> str:
    """A table of activity of this test's own; its name."""
    settings.ACTIVITY_TABLE = make_table("pk", "sk")
    return str(settings.ACTIVITY_TABLE)


@pytest.fixture(params=STORES, ids=lambda make: make.__name__)
def store(request: pytest.FixtureRequest) -> ActivityStore:
    made: ActivityStore = request.param(request)
    return made
