"""What may be paid back, and what it does to money, stock and order. On a refusal nothing changes."""

import uuid
from typing import Any

import pytest
from django.db import transaction

from shop.checkout.paying import open_attempt
from shop.checkout.tests.paying_builders import FakeProvider, pay, place, states
from shop.events.models import OutboxEvent
from shop.orders.models import Order, OrderLine
from shop.orders.record_models import OrderHold
from shop.payments.models import Dispute, PaymentAttempt, Refund
from shop.payments.refunds import send, send_all
from shop.refunds.services import (
    LineRefund,
    NotCancellable,
    NotRefundable,
    cancel_paid,
    refund_again,
)
from shop.refunds.tests.builders import ask_refund, paid_order, refunded, reservations, stock_of
from shop.tests.builders import make_user, make_variant
from shop.warehouse.ledger import differences
from shop.warehouse.models import Reservation, StockLevel, StockMovement

pytestmark = pytest.mark.django_db


def line_of(order: Order) -> int:
    return order.lines.get().pk


def events(name: str) -> list[dict[str, Any]]:
    return list(OutboxEvent.objects.filter(name=name).values_list("detail", flat=True))


def test_units_of_a_line_are_paid_back_from_its_stored_figures_and_their_stock_is_free_again(
    fake: FakeProvider,
) -> None:
    order, staff = paid_order(fake), make_user()
    (refund,) = ask_refund(order, (line_of(order), 1), actor=staff)
    assert (refund.state, refund.amount, refund.currency, refund.actor) == ("requested", 7800, "GBP", staff)
    line = refund.lines.get()
    assert (line.quantity, line.amount, line.restock) == (1, 7800, True)
    assert (refunded(order), stock_of(order)) == ([7800], (10, 1))
    assert reservations(order) == [("held", 1), ("released", 1)]
    assert (states(order), differences()) == (("paid", "paid"), [])
    assert not any(call.startswith("refund") for call in fake.calls)


def test_units_not_packed_that_nobody_can_sell_leave_the_shelf_by_a_line_of_the_ledger(fake: FakeProvider) -> None:
    order, staff = paid_order(fake), make_user()
    ask_refund(order, LineRefund(line_of(order), 1, restock=False), actor=staff)
    assert (stock_of(order), reservations(order)) == ((9, 1), [("held", 1), ("released", 1)])
    move = StockMovement.objects.get(kind="adjustment")
    assert (move.on_hand_change, move.reserved_change, move.document, move.actor) == (-1, -1, order.number, staff)
    assert move.reason == "refunded, not fit for sale"
    assert differences() == []
    assert not OrderLine.objects.overheld().exists()
    assert not OrderLine.objects.unheld().exists()


@pytest.mark.parametrize("state", ["packed", "shipped", "delivered"])
def test_units_that_are_packed_or_sent_stay_as_they_are_without_restocking(fake: FakeProvider, state: str) -> None:
    order = paid_order(fake)
    Order.objects.filter(pk=order.pk).update(fulfilment_state=state)
    ask_refund(order, LineRefund(line_of(order), 2, restock=False))
    assert (stock_of(order), reservations(order)) == ((10, 2), [("held", 2)])


def test_a_unit_is_freed_and_another_of_its_line_written_off(fake: FakeProvider) -> None:
    order = paid_order(fake)
    first = line_of(order)
    ask_refund(order, (first, 1))
    ask_refund(order, LineRefund(first, 1, restock=False))
    assert (stock_of(order), reservations(order)) == ((9, 0), [("released", 1), ("released", 1)])
    assert differences() == []


def test_units_that_were_sent_come_back_onto_the_shelf(fake: FakeProvider) -> None:
    order = paid_order(fake)
    Reservation.objects.update(state=Reservation.State.SHIPPED)
    StockLevel.objects.update(on_hand=8, reserved=0)
    ask_refund(order, (line_of(order), 1))
    assert (stock_of(order), reservations(order)) == ((9, 0), [("returned", 1), ("shipped", 1)])
    movement = StockMovement.objects.get(kind="return")
    assert (movement.on_hand_change, movement.reserved_change, movement.document) == (1, 0, order.number)


def test_unit_after_unit_of_a_line_that_does_not_divide_sums_to_what_it_cost(fake: FakeProvider) -> None:
    order = paid_order(fake, make_variant(price=100, stock=10), quantity=3)
    line = order.lines.get()
    line.discount_total = 100
    line.save()
    Order.objects.filter(pk=order.pk).update(discount_total=100, grand_total=595)
    amounts = [ask_refund(order, (line.pk, 1))[0].amount for _ in range(3)]
    assert (amounts, sum(amounts)) == ([66, 67, 67], line.charged)


def test_delivery_and_money_on_top_are_kept_apart_from_the_lines(fake: FakeProvider) -> None:
    order = paid_order(fake)
    (refund,) = ask_refund(order, (line_of(order), 1), delivery=395, extra=500, note="late parcel")
    assert (refund.amount, refund.delivery_amount, refund.free_amount) == (8695, 395, 500)
    assert (refunded(order), refund.note) == ([8695], "late parcel")


HUGE = 10**20
REFUSED: dict[str, dict[str, Any]] = {
    "nothing at all": {},
    "no units": {"units": 0},
    "fewer than none": {"units": -1},
    "more units than bought": {"units": 3},
    "very many units": {"units": HUGE},
    "more delivery than paid": {"delivery": 396},
    "negative delivery": {"delivery": -1, "units": 1},
    "a negative amount": {"extra": -1, "units": 1, "note": "x"},
    "an amount without a reason": {"extra": 1},
    "an amount with an empty reason": {"extra": 1, "note": "  "},
    "more than everything": {"extra": 15996, "note": "x"},
    "a huge amount": {"extra": HUGE, "note": "x"},
    "everything and a penny": {"units": 2, "delivery": 395, "extra": 1, "note": "x"},
}


@pytest.mark.parametrize("asked", REFUSED.values(), ids=REFUSED)
def test_what_is_not_left_is_not_paid_back(fake: FakeProvider, asked: dict[str, Any]) -> None:
    order = paid_order(fake)
    units = asked.get("units")
    lines = [] if units is None else [(line_of(order), units)]
    with pytest.raises(NotRefundable):
        ask_refund(order, *lines, **{key: value for key, value in asked.items() if key != "units"})
    assert (Refund.objects.count(), refunded(order), stock_of(order)) == (0, [0], (10, 2))


def test_lines_of_another_order_unknown_ones_and_the_same_one_twice_are_refused(fake: FakeProvider) -> None:
    order, other = paid_order(fake), paid_order(fake)
    mine = line_of(order)
    for lines in ([(line_of(other), 1)], [(mine, 1), (line_of(other), 1)], [(10**12, 1)], [(mine, 1), (mine, 1)]):
        with pytest.raises(NotRefundable, match="not lines of this order"):
            ask_refund(order, *lines)
    assert (Refund.objects.count(), refunded(order), refunded(other)) == (0, [0], [0])


def test_what_was_refunded_before_is_not_refunded_again(fake: FakeProvider) -> None:
    order = paid_order(fake)
    ask_refund(order, (line_of(order), 2), delivery=395)
    for asked in ({"delivery": 1}, {"extra": 1, "note": "x"}):
        with pytest.raises(NotRefundable):
            ask_refund(order, **asked)
    with pytest.raises(NotRefundable, match="between 1 and 0"):
        ask_refund(order, (line_of(order), 1))
    assert refunded(order) == [order.grand_total]


def test_an_unpaid_order_has_nothing_to_pay_back(fake: FakeProvider) -> None:
    order = place()
    with pytest.raises(NotRefundable, match="Only £0"):
        ask_refund(order, (line_of(order), 1))
    with pytest.raises(NotCancellable):
        cancel_paid(order=order, actor=None, reason="x")
    assert states(order) == ("created", "pending")


def test_the_same_form_sent_twice_refunds_once(fake: FakeProvider) -> None:
    order, key = paid_order(fake), str(uuid.uuid4())
    first, second = (ask_refund(order, (line_of(order), 1), key=key) for _ in range(2))
    assert ([refund.pk for refund in first], refunded(order)) == ([refund.pk for refund in second], [7800])


def test_what_one_payment_does_not_have_comes_from_the_next(fake: FakeProvider) -> None:
    order = paid_order(fake)
    with transaction.atomic():
        open_attempt(order)
    fake.refund_status = "failed"
    second = pay(fake, order)
    assert (second.refunds.get().state, refunded(order)) == ("failed", [0, 0])
    ask_refund(order, extra=15000, note="sorry")
    refunds = ask_refund(order, (line_of(order), 1))
    assert [(refund.amount, refund.free_amount, refund.lines.count()) for refund in refunds] == [
        (995, 0, 1),
        (6805, 6805, 0),
    ]
    assert refunded(order) == [15995, 6805]


def test_money_that_a_bank_took_back_is_not_refunded_as_well(fake: FakeProvider) -> None:
    order = paid_order(fake)
    attempt = PaymentAttempt.objects.get(order=order)
    Dispute.objects.create(
        attempt=attempt, provider_id="dp_1", state="needs_response", amount=15995, withdrawn=15995, currency="GBP"
    )
    with pytest.raises(NotRefundable, match="Only £0"):
        ask_refund(order, (line_of(order), 1))
    assert refunded(order) == [0]


def test_calling_off_pays_everything_back_and_frees_the_stock(fake: FakeProvider) -> None:
    order = paid_order(fake)
    (refund,) = cancel_paid(order=order, actor=None, reason="changed their mind")
    order.refresh_from_db()
    assert (order.state, order.cancelled_by_choice, order.cancelled_at is None) == ("cancelled", True, False)
    assert (refund.amount, refund.delivery_amount, refund.free_amount) == (15995, 395, 0)
    assert (refund.reason, refund.lines.get().quantity) == ("cancelled", 2)
    assert (stock_of(order), reservations(order), differences()) == ((10, 0), [("released", 2)], [])
    assert [event["reason"] for event in events("OrderCancelled")] == ["changed their mind"]
    send_all([refund])
    assert [event["amount"] for event in events("RefundIssued")] == [15995]
    assert refunded(order) == [15995]


def test_calling_off_after_partial_refunds_pays_back_what_is_left(fake: FakeProvider) -> None:
    order = paid_order(fake)
    ask_refund(order, (line_of(order), 1), extra=500, note="a stain")
    (refund,) = cancel_paid(order=order, actor=None, reason="x")
    assert (refund.amount, refunded(order), stock_of(order)) == (15995 - 8300, [15995], (10, 0))
    assert refund.lines.get().amount + refund.delivery_amount == refund.amount


def test_calling_off_what_was_paid_back_already_makes_no_refund(fake: FakeProvider) -> None:
    order = paid_order(fake)
    ask_refund(order, extra=order.grand_total, note="sorry")
    assert cancel_paid(order=order, actor=None, reason="x") == []
    assert states(order) == ("paid", "cancelled")


@pytest.mark.parametrize("packed", ["packed", "shipped", "delivered"])
def test_an_order_on_its_way_is_not_called_off(fake: FakeProvider, packed: str) -> None:
    order = paid_order(fake)
    Order.objects.filter(pk=order.pk).update(fulfilment_state=packed)
    with pytest.raises(NotCancellable, match="already"):
        cancel_paid(order=order, actor=None, reason="x")
    assert (states(order), refunded(order), stock_of(order)) == (("paid", "paid"), [0], (10, 2))


def test_an_order_is_called_off_once(fake: FakeProvider) -> None:
    order = paid_order(fake)
    cancel_paid(order=order, actor=None, reason="x")
    with pytest.raises(NotCancellable):
        cancel_paid(order=order, actor=None, reason="x")
    assert (Refund.objects.count(), len(events("OrderCancelled"))) == (1, 1)


def test_a_disputed_order_is_not_called_off(fake: FakeProvider) -> None:
    order = paid_order(fake)
    OrderHold.objects.create(order=order, kind="dispute", source="dp_1")
    with pytest.raises(NotCancellable, match="disputed"):
        cancel_paid(order=order, actor=None, reason="x")
    assert (states(order), Refund.objects.count()) == (("paid", "paid"), 0)


def test_money_that_comes_after_the_order_was_called_off_goes_back(fake: FakeProvider) -> None:
    order = paid_order(fake)
    send_all(cancel_paid(order=order, actor=None, reason="x"))
    with transaction.atomic():
        open_attempt(order)
    late = pay(fake, order)
    assert (states(order), stock_of(order)) == (("paid", "cancelled"), (10, 0))
    assert late.refunds.values_list("reason", "state", "amount").get() == ("late", "succeeded", 15995)
    assert (refunded(order), len(events("OrderPaid"))) == ([15995, 15995], 1)


def test_a_failed_refund_is_made_again_once_and_its_stock_is_not_given_back_twice(fake: FakeProvider) -> None:
    order = paid_order(fake)
    fake.refund_status = "failed"
    (refund,) = ask_refund(order, (line_of(order), 1), delivery=395)
    assert (send(refund.pk).state, refunded(order)) == ("failed", [0])
    fake.refund_status = "succeeded"
    again = refund_again(refund=refund, actor=None)
    assert refund_again(refund=refund, actor=None).pk == again.pk != refund.pk
    assert (again.amount, again.delivery_amount, again.lines.get().restock) == (8195, 395, False)
    assert (send(again.pk).state, refunded(order), stock_of(order)) == ("succeeded", [8195], (10, 1))


def test_a_refund_is_not_made_again_while_it_stands_or_when_its_money_went_back_meanwhile(fake: FakeProvider) -> None:
    order = paid_order(fake)
    (refund,) = ask_refund(order, (line_of(order), 1))
    with pytest.raises(NotRefundable):
        refund_again(refund=refund, actor=None)
    fake.refund_status = "failed"
    send(refund.pk)
    ask_refund(order, (line_of(order), 2))
    with pytest.raises(NotRefundable):
        refund_again(refund=refund, actor=None)
    assert refunded(order) == [15600]


def test_a_failing_step_leaves_nothing_half_written(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    order = paid_order(fake)

    def power_cut(name: str) -> None:
        raise RuntimeError(name)

    monkeypatch.setattr("shop.refunds.services.crash_point", power_cut)
    with pytest.raises(RuntimeError):
        ask_refund(order, (line_of(order), 1))
    with pytest.raises(RuntimeError):
        cancel_paid(order=order, actor=None, reason="x")
    assert (Refund.objects.count(), refunded(order), stock_of(order)) == (0, [0], (10, 2))
    assert (states(order), events("OrderCancelled")) == (("paid", "paid"), [])
