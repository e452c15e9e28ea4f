"""Every store of bags, so that each test of the port runs over all."""

import pytest

from shop.cart.stores import CartStore, TableCartStore

STORES: list[type[CartStore]] = [TableCartStore]


@pytest.fixture(params=STORES, ids=lambda store: store.__name__)
def store(request: pytest.FixtureRequest) -> CartStore:
    made: CartStore = request.param()
    return made
