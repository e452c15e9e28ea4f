"""No cent appears and none disappears, whatever is refunded in whatever order."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.adapters.payments import ProviderRefused, ProviderUnavailable
from shop.checkout.tests.paying_builders import FakeProvider
from shop.orders.models import Order, OrderLine
from shop.payments.models import PaymentAttempt, Refund, RefundLine
from shop.payments.refunds import send
from shop.refunds.amounts import LineLeft, LineRefund, Piece, share, spread
from shop.refunds.services import NotCancellable, NotRefundable, cancel_paid, refund_again
from shop.refunds.tests.builders import ask_refund, paid_order
from shop.tests.builders import make_variant
from shop.warehouse.ledger import differences

# Every example makes rows of its own inside the test's transaction.
ON_ROWS = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
money = st.integers(0, 10**12)


def line(charged: int, quantity: int) -> OrderLine:
    """A line that was charged that much, whatever it was before its discount."""
    return OrderLine(pk=1, quantity=quantity, line_total=charged, sku="A")


@given(charged=money, steps=st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_any_steps_through_a_line_sum_to_exactly_what_it_was_charged(charged: int, steps: list[int]) -> None:
    bought, done, amounts = line(charged, sum(steps)), 0, []
    for step in steps:
        amounts.append(LineLeft(bought, done).amount(step))
        done += step
    assert sum(amounts) == charged
    assert min(amounts) >= 0


@given(charged=money, quantity=st.integers(1, 1000), data=st.data())
def test_no_units_of_a_line_are_worth_more_than_their_part_rounded_up(
    charged: int, quantity: int, data: st.DataObject
) -> None:
    units = data.draw(st.integers(0, quantity))
    assert 0 <= charged * units - share(line(charged, quantity), units) * quantity < quantity


@given(pieces=st.lists(money, max_size=8), rooms=st.lists(money, min_size=1, max_size=5))
def test_pieces_fill_their_rooms_and_nothing_is_made_or_lost(pieces: list[int], rooms: list[int]) -> None:
    asked = [Piece(amount, LineRefund(number, 1, False)) for number, amount in enumerate(pieces)]
    filled = spread(asked, rooms)
    sums = [sum(piece.amount for piece in part) for part in filled]
    assert all(given <= room for given, room in zip(sums, rooms, strict=True))
    assert sum(sums) == min(sum(pieces), sum(rooms))
    # A line stands in one refund only.
    named = [piece.line.order_line_id for part in filled for piece in part if piece.line]
    assert len(named) == len(set(named))


order_shape = st.tuples(st.integers(1, 9), st.integers(1, 99_999), st.integers(0, 100))
refund_step = st.fixed_dictionaries(
    {
        "units": st.integers(-1, 10),
        "delivery": st.sampled_from([0, 0, 1, 200, 395, 396]),
        "extra": st.sampled_from([0, 0, 0, 1, 500, 10**9]),
        "answer": st.sampled_from(["succeeded", "succeeded", "pending", "failed", "refused", "silent"]),
        "again": st.booleans(),
    }
)


def ordered(fake: FakeProvider, shape: tuple[int, int, int]) -> Order:
    """A paid order of one line: so many units at that price, less that share (percent) as a discount."""
    quantity, price, percent = shape
    order = paid_order(fake, make_variant(price=price, stock=quantity), quantity=quantity)
    bought = order.lines.get()
    discount = bought.line_total * percent // 100
    OrderLine.objects.filter(pk=bought.pk).update(discount_total=discount)
    total = order.grand_total - discount
    Order.objects.filter(pk=order.pk).update(discount_total=discount, grand_total=total)
    PaymentAttempt.objects.filter(order=order).update(amount=total, captured_amount=total)
    return Order.objects.get(pk=order.pk)


def take_step(fake: FakeProvider, order: Order, step: dict[str, Any]) -> None:
    """One refund that may be refused to the staff, by the provider, or not be answered."""
    wanted = [] if not step["units"] else [(order.lines.get().pk, step["units"])]
    fake.refund_status = step["answer"] if step["answer"] in ("succeeded", "pending", "failed") else "succeeded"
    errors = {"refused": ProviderRefused("no"), "silent": ProviderUnavailable("timed out")}
    try:
        for refund in ask_refund(order, *wanted, delivery=step["delivery"], extra=step["extra"], note="x"):
            fake.errors = [errors[step["answer"]]] if step["answer"] in errors else []
            send(refund.pk)
        failed = Refund.objects.filter(attempt__order=order, state="failed").first()
        if step["again"] and failed:
            refund_again(refund=failed, actor=None)
    except (NotRefundable, ProviderUnavailable):
        pass
    fake.errors = []


def check_books(order: Order) -> None:
    """What must hold after every step."""
    attempt = PaymentAttempt.objects.get(order=order)
    counting = Refund.objects.counting().filter(attempt=attempt)
    assert sum(refund.amount for refund in counting) == attempt.refunded_amount <= attempt.captured_amount
    for refund in Refund.objects.filter(attempt=attempt):
        parts = sum(part.amount for part in refund.lines.all()) + refund.delivery_amount + refund.free_amount
        assert refund.amount == parts > 0
    bought = order.lines.get()
    gone = list(RefundLine.objects.filter(refund__in=counting))
    assert sum(part.quantity for part in gone) <= bought.quantity
    assert sum(part.amount for part in gone) <= bought.charged
    assert sum(refund.delivery_amount for refund in counting) <= order.delivery_charged
    assert differences() == []


@pytest.mark.django_db
@ON_ROWS
@given(shape=order_shape, steps=st.lists(refund_step, max_size=6))
def test_any_sequence_of_refunds_keeps_the_books_and_cancelling_gives_the_rest(
    fake: FakeProvider, shape: tuple[int, int, int], steps: list[dict[str, Any]]
) -> None:
    order = ordered(fake, shape)
    for step in steps:
        take_step(fake, order, step)
        check_books(order)
    fake.refund_status = "succeeded"
    for refund in cancel_paid(order=order, actor=None, reason="x"):
        send(refund.pk)
    check_books(order)
    attempt = PaymentAttempt.objects.get(order=order)
    assert attempt.refunded_amount == attempt.captured_amount
    with pytest.raises(NotCancellable):
        cancel_paid(order=order, actor=None, reason="x")


@pytest.mark.django_db
@ON_ROWS
@given(shape=order_shape, data=st.data())
def test_refunding_unit_by_unit_and_the_delivery_gives_exactly_the_total(
    fake: FakeProvider, shape: tuple[int, int, int], data: st.DataObject
) -> None:
    order, left = ordered(fake, shape), shape[0]
    pk, given_back = order.lines.get().pk, 0
    while left:
        units = data.draw(st.integers(1, left))
        left -= units
        # A piece that was free of charge cannot be refunded alone: the delivery goes with the last.
        extra = {"delivery": order.delivery_charged} if not left else {}
        if LineLeft(order.lines.get(), shape[0] - left - units).amount(units) or extra:
            given_back += sum(refund.amount for refund in ask_refund(order, (pk, units), **extra))
        else:
            left += units
            given_back += sum(r.amount for r in ask_refund(order, (pk, left), delivery=order.delivery_charged))
            left = 0
    assert given_back == order.grand_total
    check_books(order)
