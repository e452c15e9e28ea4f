"""A parcel that never reached its buyer: goods or money, once, and the mails that tell of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shop.alerts.models import Alert
from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.core.errors import ShopError
from shop.delivery.models import ShippingMethod
from shop.delivery.parcels import News, dispatch, make_ready, note, record
from shop.delivery.shipment_models import Shipment, TrackingEvent
from shop.delivery.troubles import take_in, tell_uncollected
from shop.events.relay import relay
from shop.mail.models import OutgoingMail
from shop.orders.models import Order, OrderLine
from shop.packing.models import PackingLine, PackingTask
from shop.packing.services import follow_refund, plan, unpack
from shop.packing.tests.builders import close_with, make_task, make_to_pack, scan_all
from shop.packing.undelivered import refund_goods, send_again
from shop.payments.models import Refund
from shop.refunds.services import LineRefund, request_refund
from shop.tests.builders import make_variant
from shop.warehouse.ledger import differences
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.moving_models import BackOrder
from shop.warehouse.services import set_on_hand

pytestmark = pytest.mark.django_db
Kind = TrackingEvent.Kind


@pytest.fixture(autouse=True)
def sent_money(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The amounts that the provider was asked to give back."""
    amounts: list[int] = []
    monkeypatch.setattr(
        "shop.packing.undelivered.send_all", lambda refunds: amounts.extend(refund.amount for refund in refunds)
    )
    return amounts


def parcel(quantity: int = 2, *, collected: bool = False) -> Shipment:
    """A packed parcel of an order of that many pieces at £25.00."""
    task = make_task(make_variant(price=2500), quantity=quantity)
    if collected:
        fetched_at(task)
    scan_all(task)
    shipment = close_with(task).shipment
    assert shipment is not None
    return shipment


def fetched_at(task: PackingTask) -> None:
    ShippingMethod.objects.update_or_create(
        code=task.order.shipping_method, defaults={"name": "Collect", "collect_at": task.location, "carrier": ""}
    )


def in_trouble(kind: TrackingEvent.Kind, quantity: int = 2) -> Shipment:
    shipment = parcel(quantity)
    dispatch(shipment.pk, actor=None)
    record(shipment.pk, News(kind, note="Not found"))
    shipment.refresh_from_db()
    return shipment


def not_fetched(quantity: int = 2) -> Shipment:
    shipment = parcel(quantity, collected=True)
    make_ready(shipment.pk, actor=None)
    note(shipment.pk, Kind.RETURNED, words="", actor=None)
    return shipment


def level() -> tuple[int, int, int]:
    return StockLevel.objects.values_list("on_hand", "reserved", "damaged").get()


def mails() -> list[str]:
    """The subjects of all mails, once the events that wait are worked on."""
    relay()
    return list(OutgoingMail.objects.order_by("pk").values_list("subject", flat=True))


def stage(order: Order) -> tuple[str, str]:
    order.refresh_from_db()
    return order.state, order.fulfilment_state


def test_a_lost_parcel_is_paid_back_once_and_its_buyer_told_of_both(sent_money: list[int]) -> None:
    shipment = in_trouble(Kind.LOST)
    made = refund_goods(shipment.pk, actor=None)
    assert refund_goods(shipment.pk, actor=None) == made
    (refund,) = Refund.objects.all()
    assert (refund.amount, refund.lines.get().quantity, refund.lines.get().restock) == (5000, 2, False)
    assert refund.note == f"parcel {shipment.number}: lost"
    assert sent_money[0] == 5000
    assert level() == (8, 0, 0) and differences() == []
    assert not Alert.objects.get(key=f"parcel-trouble:{shipment.number}").is_open
    subjects = mails()
    assert sum("is lost" in subject for subject in subjects) == 1
    text = OutgoingMail.objects.get(subject__contains="is lost").text
    assert "send it again or give you your money back" in " ".join(text.split())


@pytest.mark.parametrize("kind", [Kind.LOST, Kind.RETURNED])
def test_what_was_paid_back_is_not_sent_again_nor_the_other_way_round(kind: TrackingEvent.Kind) -> None:
    paid_back = in_trouble(kind)
    refund_goods(paid_back.pk, actor=None)
    with pytest.raises(ShopError, match="was refunded before"):
        send_again(paid_back.pk, actor=None)
    assert not Reservation.objects.held().exists()
    resent = in_trouble(kind)
    send_again(resent.pk, actor=None)
    with pytest.raises(ShopError, match="was sent again before"):
        refund_goods(resent.pk, actor=None)
    assert not Refund.objects.filter(attempt__order=resent.order).exists()


def test_a_refund_leaves_the_pieces_of_the_same_line_that_are_still_to_be_sent() -> None:
    first = part_of_a_line(packed=1, of=3)
    dispatch(first.pk, actor=None)
    record(first.pk, News(Kind.LOST))
    refund_goods(first.pk, actor=None)
    assert Refund.objects.get().amount == 2500
    assert sum(hold.quantity for hold in Reservation.objects.held()) == 2
    assert stage(first.order) == ("paid", "unfulfilled")
    assert not OrderLine.objects.unheld().exists() and not OrderLine.objects.overheld().exists()


def part_of_a_line(packed: int, of: int, *, collected: bool = False) -> Shipment:
    """A parcel of some pieces of a line; the others are to be sent later, held on the shelf."""
    task = make_task(make_variant(price=2500, stock=20), quantity=of)
    if collected:
        fetched_at(task)
    line = task.lines.get()
    PackingLine.objects.filter(pk=line.pk).update(packed=packed)
    shipment = close_with(task, "back-order").shipment
    assert shipment is not None
    assert sum(hold.quantity for hold in Reservation.objects.held()) == of
    return shipment


def test_a_parcel_that_came_back_is_taken_in_and_paid_back(sent_money: list[int]) -> None:
    shipment = in_trouble(Kind.RETURNED)
    take_in(shipment.pk, damaged=False, actor=None)
    alert = Alert.objects.get(key=f"parcel-trouble:{shipment.number}")
    assert alert.is_open  # Its buyer has neither goods nor money yet.
    refund_goods(shipment.pk, actor=None)
    alert.refresh_from_db()
    assert (level(), sent_money, alert.is_open) == ((10, 0, 0), [5000], False)
    assert sum("came back" in subject for subject in mails()) == 1


def test_what_is_sent_again_is_packed_anew_and_agrees_with_the_sentinel() -> None:
    for kind in (Kind.LOST, Kind.RETURNED):
        shipment = in_trouble(kind)
        send_again(shipment.pk, actor=None)
        assert stage(shipment.order) == ("paid", "unfulfilled")
        assert PackingTask.objects.open().filter(order=shipment.order).count() == 1
    assert not OrderLine.objects.unheld().exists() and not OrderLine.objects.overheld().exists()


def test_a_parcel_nobody_fetched_is_taken_back_and_its_order_called_off_with_all_its_money(
    sent_money: list[int],
) -> None:
    shipment = not_fetched()
    assert stage(shipment.order) == ("paid", "packed")
    refund_goods(shipment.pk, actor=None)
    assert (level(), stage(shipment.order)[0]) == ((10, 0, 0), "cancelled")
    assert sum(sent_money) == shipment.order.grand_total
    assert differences() == []
    subjects = mails()
    assert sum("Nobody collected" in subject for subject in subjects) == 1
    assert not any("came back" in subject for subject in subjects)


def test_a_parcel_nobody_fetched_gives_up_only_its_own_pieces_of_a_line() -> None:
    shipment = part_of_a_line(packed=2, of=3, collected=True)
    on_hand = level()[0]
    make_ready(shipment.pk, actor=None)
    note(shipment.pk, Kind.RETURNED, words="", actor=None)
    take_in(shipment.pk, damaged=False, actor=None)
    assert level() == (on_hand, 1, 0)
    (hold,) = Reservation.objects.held()
    assert hold.quantity == 1 and not hold.packing_lines.filter(task__state="packed").exists()
    assert stage(shipment.order) == ("paid", "unfulfilled")
    refund_goods(shipment.pk, actor=None)
    assert (Refund.objects.get().amount, level()) == (5000, (on_hand, 1, 0))
    assert stage(shipment.order) == ("paid", "unfulfilled")
    assert not OrderLine.objects.unheld().exists() and not OrderLine.objects.overheld().exists()
    assert differences() == []


def test_damaged_pieces_of_a_parcel_nobody_fetched_lie_aside() -> None:
    shipment = part_of_a_line(packed=2, of=3, collected=True)
    on_hand = level()[0]
    make_ready(shipment.pk, actor=None)
    note(shipment.pk, Kind.RETURNED, words="", actor=None)
    take_in(shipment.pk, damaged=True, actor=None)
    assert level() == (on_hand - 2, 1, 2)
    assert differences() == []


def test_the_second_of_two_parcels_of_a_line_leaves_with_its_own_pieces() -> None:
    first = part_of_a_line(packed=2, of=3)
    (task,) = plan(first.order_id)
    scan_all(task)
    second = close_with(task).shipment
    assert second is not None
    dispatch(second.pk, actor=None)
    kept = Reservation.objects.held().get()
    assert (kept.quantity, kept.packing_lines.get().task.shipment) == (2, first)


@pytest.mark.parametrize("restock", [True, False])
@pytest.mark.parametrize("fetched", ["waits", "nobody came"])
def test_a_refund_of_what_waits_to_be_fetched_opens_its_parcel(fetched: str, restock: bool) -> None:
    shipment = parcel(2, collected=True) if fetched == "waits" else not_fetched()
    if fetched == "waits":
        make_ready(shipment.pk, actor=None)
    line = shipment.order.lines.get()
    request_refund(
        order=shipment.order,
        lines=[LineRefund(line.pk, 1, restock)],
        reason=Refund.Reason.GOODWILL,
        note="",
        actor=None,
    )
    follow_refund(shipment.order_id)
    shipment.refresh_from_db()
    if not restock:
        # What is in a parcel stays in it.
        assert (shipment.state, level()) == ("ready" if fetched == "waits" else "returned", (10, 2, 0))
        return
    assert (shipment.state, stage(shipment.order)) == ("cancelled", ("paid", "unfulfilled"))
    assert PackingTask.objects.open().get().lines.get().quantity == 1
    assert not Alert.objects.open().filter(key=f"parcel-trouble:{shipment.number}").exists()
    assert differences() == [] and not OrderLine.objects.unheld().exists()


def test_what_waits_to_be_fetched_is_opened_by_hand_and_what_left_is_not() -> None:
    sent = in_trouble(Kind.READY)
    with pytest.raises(ShopError, match="it stays closed"):
        unpack(sent)
    shipment = parcel(collected=True)
    make_ready(shipment.pk, actor=None)
    unpack(shipment)
    shipment.refresh_from_db()
    assert (shipment.state, PackingTask.objects.open().get().lines.get().quantity) == ("cancelled", 2)


def test_what_nobody_fetches_for_too_long_is_told_once() -> None:
    make_ready(parcel(collected=True).pk, actor=None)
    assert tell_uncollected() == 0
    shipment = parcel(collected=True)
    record(shipment.pk, News(Kind.READY, at=clock.now() - timedelta(days=15)))
    assert [tell_uncollected(), tell_uncollected()] == [1, 1]
    alert = Alert.objects.get(key=f"parcel-trouble:{shipment.number}")
    assert alert.title == f"Parcel {shipment.number}: nobody fetches it"
    note(shipment.pk, Kind.DELIVERED, words="", actor=None)
    alert.refresh_from_db()
    assert (tell_uncollected(), alert.is_open) == (0, False)


def test_pieces_that_were_paid_back_before_are_not_paid_back_once_more() -> None:
    shipment = in_trouble(Kind.LOST)
    refund_goods(shipment.pk, actor=None)
    Shipment.objects.update(remedy="")
    with pytest.raises(ShopError, match="paid back before"):
        refund_goods(shipment.pk, actor=None)
    shipment.refresh_from_db()
    assert (shipment.remedy, Refund.objects.count()) == ("", 1)


def test_the_order_is_as_far_as_its_parcels_once_the_rest_is_refunded() -> None:
    order = make_to_pack(make_variant(), make_variant())
    (task,) = plan(order.pk)
    scan_all(task, task.lines.first().order_line.sku)  # type: ignore[union-attr]
    shipment = close_with(task, "refund").shipment
    assert shipment is not None
    assert stage(order) == ("paid", "packed")


def test_what_is_to_come_before_it_can_be_sent_again_is_promised_for_its_day() -> None:
    shipment = in_trouble(Kind.LOST)
    level = StockLevel.objects.get()
    set_on_hand(level=level, on_hand=0, reason="count", actor=None)
    day = timezone.localdate() + timedelta(days=20)
    ProductVariant.objects.update(sold_ahead=5, expected_on=day)
    send_again(shipment.pk, actor=None)
    assert BackOrder.objects.values_list("quantity", "promised_on").get() == (2, day)
