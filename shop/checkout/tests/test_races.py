"""Races that no browser can start, on real connections; torture/races.py has those over HTTP."""

import pytest
from django.db import transaction

from shop.checkout import stock
from shop.core import clock
from shop.core.numbers import secret_key
from shop.orders import services as orders
from shop.orders.models import Order
from shop.tests.builders import make_recipient, make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse import ledger
from shop.warehouse.models import StockLevel
from shop.warehouse.services import OutOfStock


@pytest.mark.django_db(transaction=True)
def test_two_lines_of_one_variant_count_together_under_a_race() -> None:
    variant = make_variant(stock=5)

    @transaction.atomic
    def order_two_lines() -> None:
        order = orders.create(
            placement_key=secret_key(),
            lines=[orders.LineToOrder(variant, 1, variant.price)] * 2,
            recipient=make_recipient(),
            delivery=orders.DeliveryTerms("standard", "Standard", 395),
        )
        order.hold_until = clock.now()
        stock.hold(order)

    refused = in_parallel(order_two_lines, 8)
    assert [type(error) for error in refused] == [OutOfStock] * 6
    assert Order.objects.count() == 2
    assert (StockLevel.objects.get().reserved, ledger.differences()) == (4, [])
