"""A label is made once, whatever the network does."""

import pytest

from shop.adapters.carriers import CarrierRefused, CarrierUnavailable
from shop.core.errors import ShopError
from shop.delivery.labels import make_label
from shop.delivery.shipment_models import Shipment, ShipmentLabel
from shop.delivery.tests.builders import TIMED_OUT, FakeCarrier, make_packed, once
from shop.orders.record_models import OrderHold

pytestmark = pytest.mark.django_db


def test_a_label_is_made_kept_and_given_again(courier: FakeCarrier) -> None:
    shipment = make_packed(2)
    first = make_label(shipment.pk, actor=None)
    again = make_label(shipment.pk, actor=None)
    shipment.refresh_from_db()
    assert (first.pk, bytes(again.pdf), courier.calls) == (again.pk, b"%PDF-1", ["label"])
    assert (shipment.carrier, shipment.tracking_number, shipment.carrier_reference, shipment.label_cost) == (
        "courier", "LC0010", "par_LC0010", 330,
    )  # fmt: skip
    assert [event.kind for event in shipment.events.all()] == ["label"]
    assert shipment.state == Shipment.State.PACKED


def test_a_request_whose_answer_was_lost_is_found_and_not_made_again(courier: FakeCarrier) -> None:
    shipment = make_packed()
    courier.after = once(TIMED_OUT)
    make_label(shipment.pk, actor=None)
    assert courier.calls == ["label", "find"]
    assert [len(made) for made in courier.made.values()] == [1]


def test_a_request_that_never_arrived_is_made_once_more(courier: FakeCarrier) -> None:
    shipment = make_packed()
    courier.before = once(TIMED_OUT)
    make_label(shipment.pk, actor=None)
    assert courier.calls == ["label", "find", "label"]
    assert [len(made) for made in courier.made.values()] == [1]


def test_two_lost_answers_end_in_words_and_the_next_try_looks_first(courier: FakeCarrier) -> None:
    shipment = make_packed()

    def never() -> None:
        raise TIMED_OUT

    courier.before = never
    with pytest.raises(CarrierUnavailable):
        make_label(shipment.pk, actor=None)
    assert courier.calls == ["label", "find", "label"]
    assert not ShipmentLabel.objects.exists()
    courier.before = lambda: None
    make_label(shipment.pk, actor=None)
    assert courier.calls[3:] == ["find", "label"]


def test_a_refusal_leaves_the_parcel_as_it_was(courier: FakeCarrier) -> None:
    shipment = make_packed()
    courier.before = once(CarrierRefused("no such postcode"))
    with pytest.raises(CarrierRefused, match="no such postcode"):
        make_label(shipment.pk, actor=None)
    shipment.refresh_from_db()
    assert (shipment.tracking_number, shipment.carrier_reference) == ("", "")
    assert not shipment.events.exists()


def test_nobody_asks_while_somebody_else_does(courier: FakeCarrier) -> None:
    shipment = make_packed()

    def meanwhile() -> None:
        with pytest.raises(ShopError, match="being asked for"):
            make_label(shipment.pk, actor=None)

    courier.after = meanwhile
    make_label(shipment.pk, actor=None)
    assert courier.calls == ["label"]


def test_no_label_for_an_order_that_is_held(courier: FakeCarrier) -> None:
    shipment = make_packed()
    OrderHold.objects.create(order=shipment.order, kind=OrderHold.Kind.DISPUTE, source="dp_1")
    with pytest.raises(ShopError, match="must not leave"):
        make_label(shipment.pk, actor=None)
    assert courier.calls == []
