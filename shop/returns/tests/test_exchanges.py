"""Another size in exchange: held from the request on, sent once the first is here, and what may become of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shop.catalog.models import ProductVariant
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of
from shop.core.errors import ShopError
from shop.events.models import OutboxEvent
from shop.orders import services as orders
from shop.orders.models import Order
from shop.payments.models import Refund
from shop.refunds.services import cancel_paid
from shop.returns import handlers, services
from shop.returns.models import Return, ReturnLine
from shop.returns.services import NotReturnable
from shop.returns.settling import settle
from shop.returns.tests.builders import (
    ask,
    came,
    deliver,
    delivered,
    event,
    replacement_of,
    sent_back,
    shirts,
    somebody,
    stock_of,
)
from shop.returns.units import left_to_return, paid_line
from shop.tests.builders import make_order, make_variant
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.moving_models import BackOrder

pytestmark = pytest.mark.django_db


def test_the_other_size_is_held_from_the_request_on_and_costs_nothing(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=3)
    order = delivered(fake, small)
    parent = ask(order, 1, size=large)
    other = replacement_of(parent)
    assert (other.state, other.grand_total, other.lines_total, other.email) == ("pending", 0, 7800, order.email)
    assert stock_of(large) == (3, 1, 0)
    hold = Reservation.objects.get(order_line__order=other)
    assert hold.expires_at == other.hold_until


def test_staff_read_that_the_other_order_waits_for_a_return_and_not_for_money() -> None:
    held, unpaid = make_order(), make_order()
    Order.objects.filter(pk=held.pk).update(lines_total=0, delivery_total=0, grand_total=0, tax_total=0)
    held.refresh_from_db()
    assert (held.get_state_display(), unpaid.get_state_display()) == ("Held for an exchange", "Awaiting payment")


def test_a_size_that_is_still_to_come_is_promised_for_its_day(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=3)
    order = delivered(fake, small)
    StockLevel.objects.filter(variant=large).update(on_hand=0)
    day = timezone.localdate() + timedelta(days=20)
    ProductVariant.objects.filter(pk=large.pk).update(sold_ahead=2, expected_on=day)
    other = replacement_of(ask(order, 1, size=large))
    assert BackOrder.objects.values_list("order_line__order", "quantity", "promised_on").get() == (other.pk, 1, day)


def test_it_is_paid_and_packed_once_the_first_is_here(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=3)
    parent = came(sent_back(delivered(fake, small), 1, size=large))
    other = replacement_of(parent)
    assert (other.state, Reservation.objects.get(order_line__order=other).expires_at) == ("paid", None)
    assert OutboxEvent.objects.filter(name="OrderPaid", detail__order_id=other.pk).count() == 1
    assert settle(parent=parent, actor=None) == []
    assert not Refund.objects.exists()
    assert (stock_of(small), stock_of(large)) == ((2, 0, 0), (3, 1, 0))


def test_a_piece_that_comes_damaged_is_not_exchanged(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=3)
    parent = came(sent_back(delivered(fake, small), 2, size=large), fit=1, damaged=1)
    assert (replacement_of(parent).state, stock_of(large)) == ("cancelled", (3, 0, 0))
    (refund,) = settle(parent=parent, words="One was worn.", actor=None)
    assert refund.amount == 7800


def test_a_faulty_piece_is_exchanged_for_the_same_size(fake: FakeProvider) -> None:
    (small,) = shirts("S", stock=5)
    order = delivered(fake, small)
    with pytest.raises(NotReturnable, match="That size"):
        ask(order, 1, size=small)
    parent = came(sent_back(order, 1, size=small, reason=ReturnLine.Reason.FAULTY), fit=0, damaged=1)
    assert (replacement_of(parent).state, stock_of(small)) == ("paid", (3, 1, 1))


@pytest.mark.parametrize("end", ["declined", "cancelled"])
def test_without_the_return_the_size_is_given_back(fake: FakeProvider, end: str) -> None:
    small, large = shirts("S", "L", stock=3)
    parent = ask(delivered(fake, small), 1, size=large)
    if end == "declined":
        services.decline(parent=parent, words="It was worn.", actor=somebody())
    else:
        services.cancel(parent=parent, reason="changed their mind")
    assert (replacement_of(parent).state, stock_of(large)) == ("cancelled", (3, 0, 0))


@pytest.mark.parametrize("stock", [0, 1])
def test_a_size_that_cannot_be_had_or_is_another_product_is_refused(fake: FakeProvider, stock: int) -> None:
    small, large = shirts("S", "L", stock=2)
    order = delivered(fake, small)
    wanted = make_variant(stock=5) if stock else large
    if not stock:
        level = large.stock_levels.get()
        warehouse.set_on_hand(level=level, on_hand=0, reason="count", actor=None)
    with pytest.raises(NotReturnable, match="That size"):
        ask(order, 1, size=wanted)
    assert (Return.objects.count(), Order.objects.count()) == (0, 1)


def test_more_than_there_are_is_refused_whole(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=1)
    warehouse.receive(level=small.stock_levels.get(), quantity=3)
    order = delivered(fake, small)
    with pytest.raises(NotReturnable, match="just sold out"):
        ask(order, 2, size=large)
    assert (Return.objects.count(), Order.objects.count(), stock_of(large)) == (0, 1, (1, 0, 0))


def test_the_replacement_comes_back_for_the_first_money(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=3)
    order = delivered(fake, small)
    first = came(sent_back(order, 1, size=large))
    settle(parent=first, actor=None)
    other = deliver(replacement_of(first))
    assert paid_line(other.lines.get()) == order.lines.get()
    (refund,) = settle(parent=came(sent_back(other)), actor=None)
    assert (refund.attempt, refund.amount) == (attempt_of(order), 7800)
    assert (left_to_return(other), left_to_return(order)) == ({}, {order.lines.get().pk: 1})


def test_a_hold_that_ran_out_is_taken_again_or_refunded(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=1)
    warehouse.receive(level=small.stock_levels.get(), quantity=3)
    parent = sent_back(delivered(fake, small), 1, size=large)
    other = replacement_of(parent)
    orders.cancel(other, reason="time was over")
    warehouse.release(order_line_ids=[other.lines.get().pk], document=other.number, reason="time was over")
    warehouse.set_on_hand(level=large.stock_levels.get(), on_hand=0, reason="count", actor=None)
    parent = came(parent)
    assert replacement_of(parent).state == "cancelled"
    (refund,) = settle(parent=parent, actor=None)
    assert refund.amount == 7800


def test_an_exchange_called_off_after_all_is_paid_back_once(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=3)
    order = delivered(fake, small)
    parent = came(sent_back(order, 1, size=large))
    settle(parent=parent, actor=None)
    other = replacement_of(parent)
    cancel_paid(order=other, actor=None, reason="cancelled by the customer")
    for _ in range(2):
        handlers.refund_exchange(event("OrderCancelled", order_id=other.pk, number=other.number))
    assert [refund.amount for refund in Refund.objects.filter(attempt__order=order)] == [7800]


def test_damaged_exchanges_are_decided_before_closing(fake: FakeProvider) -> None:
    small, large = shirts("S", "L", stock=3)
    parent = came(sent_back(delivered(fake, small), 1, size=large), fit=0, damaged=1)
    with pytest.raises(ShopError, match="Say why"):
        settle(parent=parent, actor=None)


def test_a_parcel_given_up_comes_too_late_where_another_return_took_its_last_piece(fake: FakeProvider) -> None:
    small, large = shirts("S", "L")
    order = delivered(fake, small, quantity=1)
    late = sent_back(order, size=large)
    Return.objects.filter(pk=late.pk).update(send_by=timezone.localdate() - timedelta(days=100))
    assert services.cancel_overdue() == 1
    settle(parent=came(sent_back(order)), actor=None)
    with pytest.raises(ShopError, match="came back with another return already"):
        came(late)
    assert (replacement_of(late).state, Refund.objects.get().amount) == ("cancelled", 7800)
    assert (stock_of(small), stock_of(large)) == ((10, 0, 0), (10, 0, 0))
