"""Two people, or a person and a carrier, at one parcel: on real connections."""

import json
import threading
import time
from collections.abc import Callable

import pytest
from django.test import Client

from shop.adapters.carrier_courier import sign
from shop.core import clock
from shop.core.errors import ShopError
from shop.delivery.labels import make_label
from shop.delivery.parcels import dispatch, note
from shop.delivery.shipment_models import Shipment, ShipmentLabel, TrackingEvent
from shop.delivery.tests.builders import FakeCarrier, make_packed
from shop.events.models import OutboxEvent
from shop.packing.services import NotPackable, unpack
from shop.packing.tests.builders import close_with, make_task, scan_all
from shop.packing.undelivered import refund_goods, send_again
from shop.payments.models import Refund
from shop.refunds.amounts import LineRefund
from shop.refunds.services import NotCancellable, cancel_paid, request_refund
from shop.tests.parallel import in_parallel
from shop.warehouse.ledger import differences
from shop.warehouse.models import StockLevel

pytestmark = pytest.mark.django_db(transaction=True)
Kind = TrackingEvent.Kind


def told(name: str) -> int:
    return OutboxEvent.objects.filter(name=name).count()


def each_once(*jobs: Callable[[], object]) -> list[Exception]:
    """Run these beside each other; the errors they ended with."""
    left = list(jobs)
    return in_parallel(lambda: left.pop()(), len(jobs))


def packed(quantity: int = 1) -> Shipment:
    """A paid parcel as the packing table leaves it, to go with a carrier that makes no labels."""
    task = make_task(quantity=quantity)
    scan_all(task)
    shipment = close_with(task).shipment
    assert shipment is not None
    return shipment


def level() -> tuple[int, int]:
    return StockLevel.objects.values_list("on_hand", "reserved").get()


def test_a_parcel_handed_over_by_three_at_once_leaves_once() -> None:
    shipment = packed(2)
    on_hand = level()[0]
    gone: list[bool] = []
    assert in_parallel(lambda: gone.append(dispatch(shipment.pk, actor=None)), 3) == []
    assert (sorted(gone), told("ParcelShipped"), level()) == ([False, False, True], 1, (on_hand - 2, 0))
    assert differences() == []


def test_a_label_asked_for_twice_at_once_is_made_once(courier: FakeCarrier) -> None:
    shipment = make_packed()
    other_is_refused = threading.Event()
    # The carrier takes its time: until the second press was turned away.
    courier.before = lambda: (other_is_refused.wait(10), None)[1]

    def press() -> None:
        try:
            make_label(shipment.pk, actor=None)
        except ShopError:
            other_is_refused.set()
            raise

    (refused,) = in_parallel(press, 2)
    assert "being asked for" in str(refused)
    assert (courier.calls, ShipmentLabel.objects.count()) == (["label"], 1)


def message(kind: str, number: str = "e1") -> Callable[[], object]:
    """The posting of a carrier's message; anything but an answer of 200 is an error."""
    body = json.dumps({"id": number, "shipment": "par_1", "kind": kind, "at": clock.now().isoformat()}).encode()

    def post() -> None:
        headers = {"Courier-Signature": sign(body, int(time.time()), "sandbox-courier-secret")}
        answer = Client().post("/webhooks/carrier/courier/", body, content_type="application/json", headers=headers)
        assert answer.status_code == 200, answer.content

    return post


def sent() -> Shipment:
    shipment = packed()
    Shipment.objects.update(carrier="courier", carrier_reference="par_1")
    ShipmentLabel.objects.create(shipment=shipment, pdf=b"%PDF")
    dispatch(shipment.pk, actor=None)
    return shipment


def test_a_message_that_comes_three_times_at_once_is_news_once() -> None:
    shipment = sent()
    assert in_parallel(message("delivered"), 3) == []
    assert (told("DeliveryCompleted"), shipment.events.filter(kind="delivered").count()) == (1, 1)


def test_a_message_beside_staff_who_say_the_same_completes_the_delivery_once() -> None:
    shipment = sent()
    assert each_once(message("delivered"), lambda: note(shipment.pk, Kind.DELIVERED, words="", actor=None)) == []
    shipment.refresh_from_db()
    shipment.order.refresh_from_db()
    assert (shipment.state, shipment.order.fulfilment_state) == ("delivered", "delivered")
    assert told("DeliveryCompleted") == 1


def test_a_carrier_that_has_a_parcel_while_staff_hand_it_over_takes_its_goods_once() -> None:
    shipment = packed()
    Shipment.objects.update(carrier="courier", carrier_reference="par_1")
    ShipmentLabel.objects.create(shipment=shipment, pdf=b"%PDF")
    on_hand = level()[0]
    assert each_once(message("in-transit"), lambda: dispatch(shipment.pk, actor=None)) == []
    assert (told("ParcelShipped"), level()) == (1, (on_hand - 1, 0))
    assert differences() == []


def test_a_parcel_is_either_handed_over_or_opened_again() -> None:
    shipment = packed()
    errors = each_once(lambda: dispatch(shipment.pk, actor=None), lambda: unpack(shipment))
    shipment.refresh_from_db()
    assert len(errors) == 1
    gone = isinstance(errors[0], NotPackable)
    assert (shipment.state, told("ParcelShipped")) == (("dispatched", 1) if gone else ("cancelled", 0))
    assert differences() == []


def test_an_order_whose_parcel_leaves_is_not_called_off_beside_it() -> None:
    shipment = packed()
    cancel = lambda: cancel_paid(order=shipment.order, actor=None, reason="changed my mind")  # noqa: E731
    (error,) = each_once(lambda: dispatch(shipment.pk, actor=None), cancel)
    assert isinstance(error, NotCancellable)
    shipment.order.refresh_from_db()
    assert (shipment.order.state, shipment.order.fulfilment_state, Refund.objects.count()) == ("paid", "shipped", 0)


def test_goods_paid_back_beside_their_hand_over_are_counted_once() -> None:
    shipment = packed(2)
    line = shipment.lines.get().order_line_id
    give_back = lambda: request_refund(  # noqa: E731
        order=shipment.order,
        lines=[LineRefund(line, 2, restock=True)],
        reason=Refund.Reason.GOODWILL,
        note="",
        actor=None,
    )
    errors = each_once(lambda: dispatch(shipment.pk, actor=None), give_back)
    shipment.refresh_from_db()
    # Refunded first: what is in the parcel is nobody's, so it stays. Handed over first: the tick said that it is back.
    assert shipment.state == ("packed" if errors else "dispatched")
    assert (told("ParcelShipped"), Refund.objects.count(), level()[1]) == (0 if errors else 1, 1, 0)
    assert differences() == []


def test_what_is_lost_is_either_sent_again_or_paid_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.packing.undelivered.send_all", lambda refunds: None)
    shipment = packed()
    dispatch(shipment.pk, actor=None)
    note(shipment.pk, Kind.LOST, words="", actor=None)
    again = lambda: send_again(shipment.pk, actor=None)  # noqa: E731
    (error,) = each_once(again, lambda: refund_goods(shipment.pk, actor=None))
    shipment.refresh_from_db()
    was_again = shipment.remedy == "sent-again"
    assert str(error) == f"{shipment.number} was {'sent again' if was_again else 'refunded'} before."
    assert (Refund.objects.count(), level()[1]) == ((0, 1) if was_again else (1, 0))
    assert differences() == []
