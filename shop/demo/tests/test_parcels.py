"""The demo's parcels: those of orders that left before there were any."""

from datetime import timedelta

import pytest

from shop.alerts.models import Alert
from shop.core import clock
from shop.delivery.fulfilment import follow
from shop.delivery.shipment_models import Shipment
from shop.delivery.tests.builders import make_held_order
from shop.demo.parcels import make_parcels
from shop.orders.models import Order
from shop.warehouse.leaving import ship
from shop.warehouse.ledger import differences
from shop.warehouse.models import Reservation

pytestmark = pytest.mark.django_db


def sent_order(days: int, *units: int) -> Order:
    """One that left so many days ago, as the demo's history has it: without a parcel."""
    order = make_held_order(*units)
    holds = Reservation.objects.held().filter(order_line__order=order)
    ship(units={hold.pk: hold.quantity for hold in holds}, document=order.number)
    order.shipped_at, order.fulfilment_state = clock.now() - timedelta(days=days), Order.FulfilmentState.SHIPPED
    order.save()
    return order


def test_some_parcels_are_in_trouble_and_one_order_goes_in_two() -> None:
    two = sent_order(1, 1, 2)
    whole = [sent_order(days, 2) for days in range(2, 8)]
    make_parcels()
    states = [order.shipments.get().state for order in whole]
    assert states == ["in-transit", "failed", "lost", "returned", "in-transit", "in-transit"]
    assert whole[0].shipments.get().events.last().kind == "out"  # type: ignore[union-attr]
    assert list(two.shipments.order_by("pk").values_list("state", flat=True)) == ["delivered", "in-transit"]
    assert Alert.objects.filter(key__startswith="parcel-trouble:").count() == 3
    for order in (two, *whole):
        follow(order)
        assert order.fulfilment_state == Order.FulfilmentState.SHIPPED
    assert differences() == []
    make_parcels()
    assert Shipment.objects.count() == 8
