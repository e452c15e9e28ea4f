"""Parcels leave once, take their stock along, and go where the news says they are."""

from datetime import timedelta

import pytest

from shop.alerts.models import Alert
from shop.core import clock
from shop.core.errors import ShopError
from shop.delivery.models import ShippingMethod
from shop.delivery.parcels import News, dispatch, make_ready, note, record
from shop.delivery.shipment_models import Shipment, ShipmentLabel, TrackingEvent
from shop.delivery.tests.builders import FakeCarrier, make_held_order, make_packed, pack
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.warehouse.models import Reservation, StockLevel

pytestmark = pytest.mark.django_db
State, Kind = Shipment.State, TrackingEvent.Kind


def labelled(shipment: Shipment) -> Shipment:
    ShipmentLabel.objects.create(shipment=shipment, pdf=b"%PDF")
    return shipment


def stock() -> list[tuple[int, int]]:
    return list(StockLevel.objects.order_by("pk").values_list("on_hand", "reserved"))


def told(name: str) -> int:
    return OutboxEvent.objects.filter(name=name).count()


def test_handing_over_takes_the_goods_out_of_stock_and_tells_once(courier: FakeCarrier) -> None:
    shipment = labelled(make_packed(2, 1))
    assert dispatch(shipment.pk, actor=None) is True
    assert dispatch(shipment.pk, actor=None) is False
    shipment.refresh_from_db()
    order = shipment.order
    order.refresh_from_db()
    assert stock() == [(8, 0), (9, 0)]
    assert (shipment.state, order.fulfilment_state) == (State.DISPATCHED, Order.FulfilmentState.SHIPPED)
    assert order.shipped_at == shipment.dispatched_at
    assert set(Reservation.objects.values_list("state", flat=True)) == {"shipped"}
    assert told("ParcelShipped") == 1


def test_a_parcel_without_its_label_stays(courier: FakeCarrier) -> None:
    shipment = make_packed()
    with pytest.raises(ShopError, match="no label yet"):
        dispatch(shipment.pk, actor=None)
    shipment.refresh_from_db()
    assert (shipment.state, stock(), told("ParcelShipped")) == (State.PACKED, [(10, 1)], 0)


def test_a_held_order_stays(courier: FakeCarrier) -> None:
    shipment = labelled(make_packed())
    OrderHold.objects.create(order=shipment.order, kind=OrderHold.Kind.DISPUTE, source="dp_1")
    with pytest.raises(ShopError, match="must not leave"):
        dispatch(shipment.pk, actor=None)
    assert (stock(), told("ParcelShipped")) == ([(10, 1)], 0)


def test_an_order_in_two_parcels_is_shipped_with_the_last_and_delivered_with_the_last(courier: FakeCarrier) -> None:
    order = make_held_order(1, 1)
    first, second = (labelled(pack(order, [hold])) for hold in Reservation.objects.order_by("pk"))
    dispatch(first.pk, actor=None)
    order.refresh_from_db()
    assert order.fulfilment_state == Order.FulfilmentState.PACKED
    dispatch(second.pk, actor=None)
    record(first.pk, News(Kind.DELIVERED))
    order.refresh_from_db()
    assert (order.fulfilment_state, order.delivered_at) == (Order.FulfilmentState.SHIPPED, None)
    record(second.pk, News(Kind.DELIVERED))
    order.refresh_from_db()
    second.refresh_from_db()
    assert (order.fulfilment_state, order.delivered_at) == (Order.FulfilmentState.DELIVERED, second.delivered_at)
    assert told("DeliveryCompleted") == 2


def test_the_same_news_comes_once(courier: FakeCarrier) -> None:
    shipment = labelled(make_packed())
    dispatch(shipment.pk, actor=None)
    news = News(Kind.DELIVERED, source="courier:1")
    assert [record(shipment.pk, news), record(shipment.pk, news)] == [True, False]
    assert (told("DeliveryCompleted"), shipment.events.filter(kind="delivered").count()) == (1, 1)


def test_news_that_comes_late_is_kept_and_moves_nothing_back(courier: FakeCarrier) -> None:
    shipment = labelled(make_packed())
    dispatch(shipment.pk, actor=None)
    now = clock.now() + timedelta(seconds=1)
    record(shipment.pk, News(Kind.DELIVERED, at=now))
    record(shipment.pk, News(Kind.IN_TRANSIT, at=now - timedelta(hours=3)))
    shipment.refresh_from_db()
    assert shipment.state == State.DELIVERED
    assert shipment.events.filter(kind="in-transit").exists()


def test_an_old_attempt_does_not_undo_a_newer_one(courier: FakeCarrier) -> None:
    shipment = labelled(make_packed())
    dispatch(shipment.pk, actor=None)
    at = clock.now()
    record(shipment.pk, News(Kind.FAILED, at=at))
    record(shipment.pk, News(Kind.OUT, at=at - timedelta(hours=2)))
    shipment.refresh_from_db()
    assert shipment.state == State.FAILED
    record(shipment.pk, News(Kind.OUT, at=clock.now()))
    shipment.refresh_from_db()
    assert shipment.state == State.IN_TRANSIT


def test_a_parcel_the_carrier_has_has_left_whoever_forgot_to_say_so(courier: FakeCarrier) -> None:
    shipment = labelled(make_packed(3))
    record(shipment.pk, News(Kind.IN_TRANSIT, at=clock.now() - timedelta(minutes=5)))
    shipment.refresh_from_db()
    assert (shipment.state, stock(), told("ParcelShipped")) == (State.IN_TRANSIT, [(7, 0)], 1)


@pytest.mark.parametrize("kind", [Kind.FAILED, Kind.LOST, Kind.RETURNED])
def test_trouble_is_told_to_the_staff_until_it_is_over(courier: FakeCarrier, kind: TrackingEvent.Kind) -> None:
    shipment = labelled(make_packed())
    dispatch(shipment.pk, actor=None)
    record(shipment.pk, News(kind, note="Nobody at home"))
    alert = Alert.objects.get(key=f"parcel-trouble:{shipment.number}")
    assert alert.is_open and alert.advice.startswith("Nobody at home. ")
    assert OutboxEvent.objects.get(name="DeliveryFailed").detail["reason"] == "Nobody at home"
    if kind != Kind.RETURNED:
        record(shipment.pk, News(Kind.DELIVERED))
        alert.refresh_from_db()
        assert not alert.is_open


def test_what_is_fetched_here_leaves_the_stock_when_it_is_handed_over() -> None:
    shipment = make_packed(2, carrier="")
    method = shipment.order.shipping_method
    ShippingMethod.objects.filter(code=method).update(collect_at=shipment.location)
    with pytest.raises(ShopError, match="mark it ready"):
        dispatch(shipment.pk, actor=None)
    assert [make_ready(shipment.pk, actor=None), make_ready(shipment.pk, actor=None)] == [True, False]
    assert stock() == [(10, 2)]
    assert note(shipment.pk, Kind.DELIVERED, words="", actor=None) is True
    shipment.order.refresh_from_db()
    assert (stock(), shipment.order.fulfilment_state) == ([(8, 0)], Order.FulfilmentState.DELIVERED)
    assert (told("ParcelShipped"), told("DeliveryCompleted")) == (0, 1)


def test_staff_cannot_say_of_a_parcel_in_the_house_that_it_is_lost() -> None:
    shipment = make_packed(carrier="")
    with pytest.raises(ShopError, match="cannot become lost"):
        note(shipment.pk, Kind.LOST, words="", actor=None)
    assert not shipment.events.exists()


def test_what_waits_at_a_couriers_counter_is_told_with_its_place(courier: FakeCarrier) -> None:
    shipment = labelled(make_packed())
    dispatch(shipment.pk, actor=None)
    record(shipment.pk, News(Kind.READY, place="Corner Shop, Leeds"))
    text = " ".join(OutgoingMail.objects.get(subject__contains="ready to collect").text.split())
    assert "waits for you at Corner Shop, Leeds." in text and "the courier keeps it" in text


def test_a_parcel_that_arrived_stays_so_whatever_is_said_of_it_later(courier: FakeCarrier) -> None:
    shipment = labelled(make_packed())
    dispatch(shipment.pk, actor=None)
    record(shipment.pk, News(Kind.DELIVERED))
    for kind in (Kind.IN_TRANSIT, Kind.FAILED, Kind.LOST):
        assert record(shipment.pk, News(kind)) is True
    shipment.refresh_from_db()
    assert (shipment.state, told("DeliveryFailed")) == (State.DELIVERED, 0)
