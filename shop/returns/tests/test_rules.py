"""What is refused, and where the line is: each rule from both sides."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shop.checkout.tests.paying_builders import FakeProvider
from shop.core.errors import ShopError
from shop.orders.models import Order
from shop.payments.models import Refund
from shop.refunds.services import refund_again
from shop.returns import services
from shop.returns.deadlines import last_day, refusal
from shop.returns.models import Return, ReturnLine
from shop.returns.receiving import Grade, receive
from shop.returns.services import Ask, NotReturnable, Piece
from shop.returns.settling import settle
from shop.returns.tests.builders import (
    ask,
    came,
    deliver,
    delivered,
    replacement_of,
    sent_back,
    shirts,
    stock_of,
)
from shop.returns.units import left_to_return
from shop.tests.builders import make_variant

Kind = Return.Kind


@pytest.mark.parametrize(
    ("delivered_on", "ends_on"),
    [
        # 14 days later is a Friday, a Saturday, a Sunday, a Monday.
        (date(2026, 11, 6), date(2026, 11, 20)),
        (date(2026, 11, 7), date(2026, 11, 23)),
        (date(2026, 11, 8), date(2026, 11, 23)),
        (date(2026, 11, 9), date(2026, 11, 23)),
    ],
)
def test_a_withdrawal_period_does_not_end_on_a_weekend(delivered_on: date, ends_on: date) -> None:
    order = Order(delivered_at=datetime(delivered_on.year, delivered_on.month, delivered_on.day, 12, tzinfo=UTC))
    assert last_day(order, Kind.WITHDRAWAL) == ends_on
    assert last_day(order, Kind.RETURN) == delivered_on + timedelta(days=30)


@pytest.mark.django_db
def test_what_came_in_exchange_is_returned_and_not_withdrawn_from(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=3)
    other = deliver(replacement_of(came(sent_back(delivered(fake, small), 1, size=large))))
    assert "came in exchange" in refusal(other, Kind.WITHDRAWAL)
    assert refusal(other, Kind.RETURN) == ""


@pytest.mark.django_db
def test_a_line_is_listed_once(fake: FakeProvider) -> None:
    order = delivered(fake)
    piece = Piece(order.lines.get().pk, 1, ReturnLine.Reason.TOO_SMALL)
    with pytest.raises(NotReturnable, match="listed once"):
        services.ask(order=order, wanted=Ask([piece, piece]))
    assert not Return.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("grade", [Grade(2, 0), Grade(1, 1), Grade(0, 2), Grade(-1, 1), Grade(0, 0)])
def test_what_was_not_announced_or_cannot_be_is_not_received(fake: FakeProvider, grade: Grade) -> None:
    variant = make_variant(price=7800, stock=10)
    parent = sent_back(delivered(fake, variant))
    with pytest.raises(ShopError):
        receive(parent=parent, grades={parent.lines.get().pk: grade}, actor=None)
    parent.refresh_from_db()
    assert (parent.state, stock_of(variant)) == ("approved", (8, 0, 0))


@pytest.mark.django_db
def test_a_line_of_another_return_is_not_received(fake: FakeProvider) -> None:
    parent, other = sent_back(delivered(fake)), sent_back(delivered(fake))
    with pytest.raises(ShopError, match="not lines of this return"):
        receive(parent=parent, grades={other.lines.get().pk: Grade(1)}, actor=None)


@pytest.mark.django_db
def test_what_came_back_by_another_return_does_not_come_late_once_more(fake: FakeProvider) -> None:
    variant = make_variant(price=7800, stock=10)
    order = delivered(fake, variant)
    given_up = sent_back(order, 2)
    services.cancel(parent=given_up, reason="it did not come in time")
    came(sent_back(order, 1))
    with pytest.raises(ShopError, match="with another return already"):
        came(given_up, fit=2)
    assert stock_of(variant) == (9, 0, 0)
    assert came(given_up, fit=1).state == "received"


@pytest.mark.django_db
def test_no_more_damaged_pieces_are_paid_for_than_came(fake: FakeProvider) -> None:
    parent = came(sent_back(delivered(fake), 2), fit=1, damaged=1)
    with pytest.raises(ShopError, match="More damaged pieces"):
        settle(parent=parent, damaged={parent.lines.get().pk: 2}, actor=None)
    assert not Refund.objects.exists()


@pytest.mark.django_db
def test_a_refund_made_again_for_a_return_takes_no_other_piece_away(fake: FakeProvider) -> None:
    order = delivered(fake)
    (refund,) = settle(parent=came(sent_back(order, 1)), actor=None)
    Refund.objects.filter(pk=refund.pk).update(state=Refund.State.FAILED)
    refund.attempt.refunded_amount = 0
    refund.attempt.save()
    refund_again(refund=refund, actor=None)
    assert left_to_return(order) == {order.lines.get().pk: 1}


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["approve", "decline", "receive", "settle"])
def test_what_is_over_stays_as_it_is(fake: FakeProvider, step: str) -> None:
    parent = came(sent_back(delivered(fake)))
    settle(parent=parent, actor=None)
    with pytest.raises(ShopError):
        match step:
            case "approve":
                services.approve(parent=parent, actor=None)
            case "decline":
                services.decline(parent=parent, words="Worn.", actor=None)
            case "receive":
                came(parent)
            case _:
                settle(parent=parent, actor=None)
    assert (Return.objects.get().state, Refund.objects.count()) == ("closed", 1)


@pytest.mark.django_db
def test_a_second_parcel_that_came_back_by_itself_has_nothing_left(fake: FakeProvider) -> None:
    order = delivered(fake)
    ask(order, 2)
    with pytest.raises(NotReturnable, match="came back already"):
        services.open_undelivered(order=order, actor=None)
    assert Return.objects.count() == 1
