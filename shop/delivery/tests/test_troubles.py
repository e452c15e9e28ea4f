"""What comes back is taken in once; what is lost is sent again from what is left."""

import pytest

from shop.core.errors import ShopError
from shop.delivery import troubles
from shop.delivery.parcels import News, dispatch, record
from shop.delivery.shipment_models import Shipment, TrackingEvent
from shop.delivery.tests.builders import make_packed
from shop.orders.models import Order
from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.services import OutOfStock

pytestmark = pytest.mark.django_db
Kind = TrackingEvent.Kind


def sent(units: int = 2, kind: TrackingEvent.Kind = Kind.RETURNED) -> Shipment:
    shipment = make_packed(units, carrier="")
    dispatch(shipment.pk, actor=None)
    record(shipment.pk, News(kind, note="No such street"))
    shipment.refresh_from_db()
    return shipment


def level() -> tuple[int, int, int]:
    return StockLevel.objects.values_list("on_hand", "reserved", "damaged").get()


def test_what_came_back_is_on_the_shelf_once() -> None:
    shipment = sent()
    assert level() == (8, 0, 0)
    troubles.take_in(shipment.pk, damaged=False, actor=None)
    with pytest.raises(ShopError, match="back in stock before"):
        troubles.take_in(shipment.pk, damaged=False, actor=None)
    assert level() == (10, 0, 0)
    assert StockMovement.objects.get(kind="return").reason == f"parcel {shipment.number} came back"


def test_what_came_back_damaged_lies_aside() -> None:
    troubles.take_in(sent().pk, damaged=True, actor=None)
    assert level() == (8, 0, 2)


def test_a_parcel_that_did_not_come_back_is_not_taken_in() -> None:
    with pytest.raises(ShopError, match="has not come back"):
        troubles.take_in(sent(kind=Kind.LOST).pk, damaged=False, actor=None)
    assert level() == (8, 0, 0)


def test_what_is_lost_is_sent_again_once_from_what_is_left() -> None:
    shipment = sent(kind=Kind.LOST)
    order, _ = troubles.send_again(shipment.pk, actor=None)
    assert order.fulfilment_state == Order.FulfilmentState.UNFULFILLED
    assert (level(), sorted(Reservation.objects.values_list("state", flat=True))) == ((8, 2, 0), ["held", "released"])
    with pytest.raises(ShopError):
        troubles.send_again(shipment.pk, actor=None)
    assert level() == (8, 2, 0)


def test_what_came_back_is_taken_in_and_sent_again_once() -> None:
    shipment = sent()
    troubles.send_again(shipment.pk, actor=None)
    assert level() == (10, 2, 0)
    with pytest.raises(ShopError, match="sent again before"):
        troubles.send_again(shipment.pk, actor=None)
    assert level() == (10, 2, 0)


def test_what_cannot_be_had_again_leaves_all_as_it_was() -> None:
    shipment = sent(units=6, kind=Kind.LOST)
    with pytest.raises(OutOfStock):
        troubles.send_again(shipment.pk, actor=None)
    assert (level(), Reservation.objects.get().state) == ((4, 0, 0), "shipped")


def test_a_parcel_on_its_way_is_not_sent_again() -> None:
    shipment = make_packed(carrier="")
    dispatch(shipment.pk, actor=None)
    with pytest.raises(ShopError, match="ask the carrier first"):
        troubles.send_again(shipment.pk, actor=None)
    assert level() == (9, 0, 0)
