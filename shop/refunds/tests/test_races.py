"""Refunds on real connections, side by side: no money twice, no deadlock, no unit sold that is sent."""

from dataclasses import replace
from itertools import count

import pytest
from django.db import transaction

from shop.checkout.announced import process_event
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, states
from shop.events.models import OutboxEvent
from shop.orders.models import Order
from shop.payments.models import ProviderEvent, Refund
from shop.payments.refunds import send
from shop.refunds.services import LineRefund, NotCancellable, NotRefundable, cancel_paid
from shop.refunds.tests.builders import ask_refund, paid_order, refunded, stock_of
from shop.tests.parallel import in_parallel
from shop.warehouse.ledger import differences

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_staff_refund_the_same_order_and_its_money_goes_back_once(fake: FakeProvider) -> None:
    order = paid_order(fake)
    pk = order.lines.get().pk
    errors = in_parallel(lambda: ask_refund(order, (pk, 2), delivery=395), 6)
    assert [type(error) for error in errors] == [NotRefundable] * 5
    assert (Refund.objects.count(), refunded(order), stock_of(order)) == (1, [15995], (10, 0))


def test_refunds_of_single_units_side_by_side_sum_to_what_was_charged(fake: FakeProvider) -> None:
    order = paid_order(fake, quantity=5)
    pk = order.lines.get().pk
    errors = in_parallel(lambda: [send(refund.pk) for refund in ask_refund(order, (pk, 1))], 8)
    assert [type(error) for error in errors] == [NotRefundable] * 3
    assert (sum(made.amount for made in fake.refunds.values()), refunded(order)) == (5 * 7800, [5 * 7800])
    assert (stock_of(order), differences()) == ((10, 0), [])


def test_one_form_pressed_many_times_refunds_once(fake: FakeProvider) -> None:
    order = paid_order(fake)
    assert in_parallel(lambda: ask_refund(order, extra=500, note="x", key="k"), 6) == []
    assert (Refund.objects.count(), refunded(order)) == (1, [500])


def test_a_refund_sent_beside_its_own_webhook_is_recorded_and_told_once(fake: FakeProvider) -> None:
    order = paid_order(fake)
    attempt = attempt_of(order)
    (refund,) = ask_refund(order, (order.lines.get().pk, 1))
    payload = {"data": {"object": {"id": "re_1", "payment_intent": attempt.intent_id}}}
    rows = [
        ProviderEvent.objects.create(provider="stripe", event_id=f"evt_{n}", type="charge.refunded", payload=payload)
        for n in range(4)
    ]
    turns = count()

    def work() -> None:
        turn = next(turns)
        send(refund.pk) if turn % 2 else process_event(rows[turn // 2])

    assert in_parallel(work, 8) == []
    assert (Refund.objects.count(), Refund.objects.get().state, refunded(order)) == (1, "succeeded", [7800])
    assert (len(fake.refunds), OutboxEvent.objects.filter(name="RefundIssued").count()) == (1, 1)


def test_a_dashboard_refund_heard_many_times_at_once_is_one_row(fake: FakeProvider) -> None:
    order = paid_order(fake)
    attempt = attempt_of(order)
    (ours,) = ask_refund(order, extra=500, note="x")
    send(ours.pk)
    made = next(iter(fake.refunds.values()))
    fake.refunds["dashboard"] = replace(made, refund_id="re_dashboard", reference="", amount=700)
    payload = {"data": {"object": {"id": "re_1", "payment_intent": attempt.intent_id}}}
    rows = [
        ProviderEvent.objects.create(provider="stripe", event_id=f"evt_{n}", type="refund.created", payload=payload)
        for n in range(6)
    ]
    turns = iter(rows)
    assert in_parallel(lambda: process_event(next(turns)), 6) == []
    assert (Refund.objects.count(), refunded(order)) == (2, [1200])


def pack(order: Order) -> None:
    """What packing will do: under the order's lock, and only while it may ship."""
    with transaction.atomic():
        locked = Order.objects.locked().get(pk=order.pk)
        if locked.may_ship:
            Order.objects.filter(pk=order.pk).update(fulfilment_state="packed")


@pytest.mark.parametrize("time", range(5))
def test_cancelling_beside_packing_does_one_of_them(fake: FakeProvider, time: int) -> None:
    order, turns = paid_order(fake), count(time)

    def work() -> None:
        if next(turns) % 2:
            pack(order)
        else:
            cancel_paid(order=order, actor=None, reason="x")

    errors = in_parallel(work, 4)
    assert {type(error) for error in errors} <= {NotCancellable}
    order.refresh_from_db()
    packed, cancelled = order.fulfilment_state == "packed", order.state == "cancelled"
    assert packed != cancelled
    assert (refunded(order), stock_of(order)) == (([0], (10, 2)) if packed else ([15995], (10, 0)))
    assert len(errors) == (2 if packed else 1)


def test_cancelling_beside_a_refund_gives_everything_back_once(fake: FakeProvider) -> None:
    order = paid_order(fake)
    wanted, turns = LineRefund(order.lines.get().pk, 1, restock=True), count()

    def work() -> None:
        if next(turns) % 2:
            ask_refund(order, wanted)
        else:
            cancel_paid(order=order, actor=None, reason="x")

    errors = in_parallel(work, 4)
    assert {type(error) for error in errors} <= {NotCancellable, NotRefundable}
    assert (states(order), refunded(order), stock_of(order)) == (("paid", "cancelled"), [15995], (10, 0))
    assert (sum(refund.amount for refund in Refund.objects.all()), differences()) == (15995, [])
