"""How far an order is, by its parcels and by what is in none of them: one table."""

from datetime import timedelta

import pytest

from shop.core import clock
from shop.delivery.fulfilment import follow
from shop.delivery.shipment_models import Shipment
from shop.delivery.tests.builders import make_held_order, pack
from shop.orders.models import Order
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder

pytestmark = pytest.mark.django_db
# What is in no parcel: a piece on the shelf, one still to come.
SHELF, TO_COME = "shelf", "to come"
# Parcels by their state; those that never went have no time of leaving.
NOT_FETCHED, EMPTIED = "not fetched", "not fetched, emptied"
NEVER_LEFT = ("packed", "ready", "cancelled", NOT_FETCHED, EMPTIED)

CASES: dict[str, tuple[tuple[str, ...], str]] = {
    "nothing packed": ((SHELF,), "unfulfilled"),
    "part packed": (("packed", SHELF), "unfulfilled"),
    "packed": (("packed",), "packed"),
    "ready to collect": (("ready",), "packed"),
    "part shipped": (("dispatched", "packed"), "packed"),
    "part shipped, the rest on the shelf": (("dispatched", SHELF), "unfulfilled"),
    "part shipped, the rest to come": (("dispatched", TO_COME), "unfulfilled"),
    "part delivered, the rest to come": (("delivered", TO_COME), "unfulfilled"),
    "back orders only": ((TO_COME,), "unfulfilled"),
    "all shipped": (("dispatched", "in-transit"), "shipped"),
    "part delivered": (("delivered", "in-transit"), "shipped"),
    "part delivered, the rest in the house": (("delivered", "packed"), "packed"),
    "all delivered": (("delivered", "delivered"), "delivered"),
    "opened again": (("cancelled", SHELF), "unfulfilled"),
    "opened again and nothing of it left": (("cancelled", "delivered"), "delivered"),
    "tried in vain": (("failed", "delivered"), "shipped"),
    "lost": (("lost",), "shipped"),
    "came back": (("returned",), "shipped"),
    "lost, the rest delivered": (("lost", "delivered"), "delivered"),
    "came back, the rest delivered": (("returned", "delivered"), "delivered"),
    "lost and sent again": (("lost", SHELF), "unfulfilled"),
    "not fetched": ((NOT_FETCHED,), "packed"),
    "not fetched and emptied": ((EMPTIED,), "unfulfilled"),
    "not fetched and emptied, the rest fetched": ((EMPTIED, "delivered"), "delivered"),
}


@pytest.mark.parametrize(("parts", "stage"), CASES.values(), ids=CASES)
def test_an_order_is_as_far_as_its_least_advanced_part(parts: tuple[str, ...], stage: str) -> None:
    order = make_held_order(*[1] * len(parts))
    for part, hold in zip(parts, Reservation.objects.order_by("pk"), strict=True):
        put(order, hold, part)
    follow(order)
    order.refresh_from_db()
    assert order.fulfilment_state == stage


def put(order: Order, hold: Reservation, part: str) -> None:
    """That piece of the order is there: in a parcel of that state, on the shelf, or to come."""
    if part == TO_COME:
        BackOrder.objects.create(order_line_id=hold.order_line_id, variant_id=hold.level.variant_id, quantity=1)
    elif part != SHELF:
        state = "returned" if part in (NOT_FETCHED, EMPTIED) else part
        left = None if part in NEVER_LEFT else clock.now()
        ended = Shipment.GoodsEnd.RESTOCKED if part == EMPTIED else ""
        arrived = clock.now() if state == "delivered" else None
        pack(order, [hold], state=state, dispatched_at=left, delivered_at=arrived, goods_end=ended)
    if part not in (SHELF, "packed", "ready", NOT_FETCHED):
        Reservation.objects.filter(pk=hold.pk).update(state=Reservation.State.RELEASED)


def test_a_line_part_of_which_is_in_a_parcel_is_left_to_pack() -> None:
    order = make_held_order(3)
    hold = Reservation.objects.get()
    shipment = pack(order, [hold])
    shipment.lines.update(quantity=2)
    follow(order)
    assert order.fulfilment_state == Order.FulfilmentState.UNFULFILLED


def test_the_order_has_the_times_of_its_first_parcel_that_left_and_its_last_that_arrived() -> None:
    order = make_held_order(1, 1)
    now = clock.now()
    for days, hold in enumerate(Reservation.objects.order_by("pk")):
        at = now - timedelta(days=days)
        pack(order, [hold], state="delivered", dispatched_at=at, delivered_at=at)
    Reservation.objects.update(state=Reservation.State.SHIPPED)
    follow(order)
    assert (order.shipped_at, order.delivered_at) == (now - timedelta(days=1), now)
