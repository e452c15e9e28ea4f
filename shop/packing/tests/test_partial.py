"""A parcel that lacks something: later, or the money back; never paid for and not sent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shop.checkout.sentinel.stock import held_in_vain, orders_without_stock
from shop.core.dates import short_day
from shop.delivery.shipment_models import Shipment
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.packing.models import PackingTask
from shop.packing.services import NotPackable, follow_refund, plan, unpack
from shop.packing.tests.builders import close_with, holds_of, level_of, make_task, make_to_pack, scan_all, stage
from shop.payments.models import PaymentAttempt, Refund
from shop.refunds.services import LineRefund, NotCancellable, cancel_paid, request_refund
from shop.tests.builders import make_location, make_stock, make_variant
from shop.warehouse.ledger import differences
from shop.warehouse.models import StockLevel
from shop.warehouse.moving_models import BackOrder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("not_sent")]


@pytest.fixture
def not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refunds are written; the provider is asked by other tests."""
    monkeypatch.setattr("shop.packing.finishing.send_all", lambda refunds: None)


def refunds() -> list[tuple[str, int, int]]:
    return list(Refund.objects.order_by("created_at").values_list("reason", "amount", "delivery_amount"))


def units(shipment: Shipment | None) -> dict[str, int]:
    assert shipment is not None
    return dict(shipment.lines.values_list("order_line__sku", "quantity"))


def all_agrees() -> bool:
    return (differences(), list(orders_without_stock()), list(held_in_vain())) == ([], [], [])


def test_what_is_missing_is_refunded_and_leaves_the_books() -> None:
    shirt, tee = make_variant(price=7800, stock=3), make_variant(price=2500, stock=3)
    task = make_task(shirt, tee, quantity=2)
    scan_all(task, tee.sku)
    done = close_with(task, "refund")
    assert units(done.shipment) == {shirt.sku: 2}
    assert refunds() == [("unpacked", 5000, 0)]
    assert (level_of(tee), level_of(shirt)) == ((1, 0, 0), (3, 2, 0))
    assert stage(task.order) == ("paid", "packed")
    assert all_agrees()


def test_a_damaged_piece_lies_aside() -> None:
    shirt = make_variant(stock=3)
    task = make_task(shirt)
    close_with(task, "back-order", problem="damaged")
    assert level_of(shirt) == (2, 1, 1)
    line = task.lines.get()
    assert (line.problem, line.remedy) == ("damaged", "back-order")


def test_what_comes_later_is_held_where_else_it_lies() -> None:
    shirt = make_variant(stock=1)
    task = make_task(shirt)
    make_stock(shirt, 4, make_location("store", 1))
    close_with(task, "back-order")
    again = PackingTask.objects.get(state="waiting")
    assert (again.location.code, again.lines.get().quantity) == ("store", 1)
    assert (BackOrder.objects.count(), stage(task.order)) == (0, ("paid", "unfulfilled"))
    assert all_agrees()


def test_what_lies_nowhere_is_waited_for() -> None:
    task = make_task(make_variant(stock=1))
    done = close_with(task, "back-order")
    assert done.shipment is None
    assert list(BackOrder.objects.values_list("quantity", "state", "expires_at")) == [(1, "waiting", None)]
    assert (stage(task.order), refunds()) == (("paid", "unfulfilled"), [])
    assert all_agrees()


def test_what_is_waited_for_is_promised_for_its_day_and_the_mail_says_so() -> None:
    day = timezone.localdate() + timedelta(days=20)
    task = make_task(make_variant(stock=1, expected_on=day))
    close_with(task, "back-order")
    assert BackOrder.objects.get().promised_on == day
    mail = OutgoingMail.objects.get(key=f"packing-short:{task.number}")
    assert f"Ships about {short_day(day)}" in mail.text
    assert f"Ships about {short_day(day)}" in mail.html


def test_an_order_of_which_nothing_can_be_packed_is_called_off_with_all_its_money() -> None:
    task = make_task(make_variant(price=7800, stock=1))
    done = close_with(task, "refund")
    assert (done.shipment, done.is_called_off) == (None, True)
    assert stage(task.order) == ("cancelled", "unfulfilled")
    assert refunds() == [("cancelled", 7800 + 395, 395)]
    told = set(OutboxEvent.objects.values_list("name", flat=True))
    assert {"OrderCancelled", "PackagingFailed"} <= told
    assert "PackageCreated" not in told
    assert differences() == []


def test_a_refund_of_the_last_missing_piece_ends_the_packing_of_a_parted_order() -> None:
    here, there = make_variant(stock=1), make_variant(stock=0)
    make_stock(there, 1, make_location("store", 1))
    order = make_to_pack(here, there)
    first, second = sorted(plan(order.pk), key=lambda task: task.location.position)
    scan_all(first)
    close_with(first)
    assert stage(order) == ("paid", "unfulfilled")
    close_with(second, "refund")
    assert stage(order) == ("paid", "packed")


def test_free_pieces_are_given_up_without_a_refund() -> None:
    shirt, tee = make_variant(stock=1), make_variant(stock=1)
    task = make_task(shirt, tee)
    task.order.lines.filter(sku=tee.sku).update(discount_total=tee.price)
    scan_all(task, tee.sku)
    done = close_with(task, "refund")
    assert (units(done.shipment), refunds()) == ({shirt.sku: 1}, [])
    assert all_agrees()


def test_the_buyer_is_told_once_what_comes_later_and_what_does_not() -> None:
    shirt, tee = make_variant(stock=1), make_variant(stock=1)
    task = make_task(shirt, tee)
    scan_all(task, tee.sku)
    close_with(task, "refund")
    close_with(task, "refund")
    mail = OutgoingMail.objects.get(key=f"packing-short:{task.number}")
    assert "REFUNDED" in mail.text
    assert "FOLLOWS LATER" not in mail.text


def test_an_order_with_a_parcel_is_not_cancelled_any_more() -> None:
    task = make_task(make_variant(stock=1), make_variant(stock=1))
    scan_all(task, task.order.lines.latest("pk").sku)
    close_with(task, "back-order")
    with pytest.raises(NotCancellable, match="packed already"):
        cancel_paid(order=task.order, actor=None, reason="changed my mind")
    assert (stage(task.order), refunds()) == (("paid", "unfulfilled"), [])


def test_a_refund_of_what_waits_takes_it_out_of_the_task() -> None:
    shirt, tee = make_variant(), make_variant()
    task = make_task(shirt, tee)
    line = task.order.lines.get(sku=tee.sku)
    give_back(task.order, line.pk, restock=True)
    follow_refund(task.order_id)
    assert list(task.lines.values_list("order_line__sku", flat=True)) == [shirt.sku]


def test_a_refund_of_what_is_in_a_parcel_opens_it_again() -> None:
    shirt, tee = make_variant(), make_variant()
    task = make_task(shirt, tee)
    scan_all(task)
    close_with(task)
    give_back(task.order, task.order.lines.get(sku=tee.sku).pk, restock=True)
    follow_refund(task.order_id)
    assert list(Shipment.objects.values_list("state", flat=True)) == ["cancelled"]
    again = PackingTask.objects.get(state="waiting")
    assert list(again.lines.values_list("order_line__sku", flat=True)) == [shirt.sku]
    assert stage(task.order) == ("paid", "unfulfilled")


def test_a_refund_without_restocking_leaves_what_is_in_a_parcel() -> None:
    shirt, tee = make_variant(stock=1), make_variant(stock=1)
    task = make_task(shirt, tee)
    scan_all(task, tee.sku)
    close_with(task, "back-order")
    give_back(task.order, task.order.lines.get(sku=shirt.sku).pk, restock=False)
    assert (level_of(shirt), holds_of(task.order)) == ((1, 1, 0), [("held", 1), ("released", 1)])
    assert all_agrees()


def give_back(order: Order, line_id: int, *, restock: bool) -> None:
    request_refund(
        order=order,
        lines=[LineRefund(line_id, 1, restock)],
        reason=Refund.Reason.GOODWILL,
        note="",
        actor=None,
    )


def test_an_opened_parcel_is_packed_anew_and_one_that_left_is_not_opened() -> None:
    task = make_task()
    scan_all(task)
    parcel = close_with(task).shipment
    assert parcel is not None
    unpack(parcel)
    assert (stage(task.order), PackingTask.objects.filter(state="waiting").count()) == (("paid", "unfulfilled"), 1)
    Shipment.objects.update(state="dispatched")
    with pytest.raises(NotPackable):
        unpack(parcel)


def test_a_payment_that_went_back_already_is_not_refunded_twice() -> None:
    task = make_task(make_variant(price=7800, stock=1), make_variant(price=2500, stock=1))
    PaymentAttempt.objects.update(refunded_amount=7800 + 2500 + 395)
    scan_all(task, task.order.lines.latest("pk").sku)
    close_with(task, "refund")
    assert refunds() == []
    assert StockLevel.objects.filter(on_hand=0).count() == 1
