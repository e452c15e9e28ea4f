"""Units sold before they are here."""

from datetime import date, timedelta
from typing import Any

import pytest

from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.orders.models import Order, OrderLine
from shop.tests.builders import make_location, make_order, make_stock, make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse import ahead
from shop.warehouse import services as warehouse
from shop.warehouse.filling import fill
from shop.warehouse.ledger import differences
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.moving_models import BackOrder
from shop.warehouse.services import Demand, OutOfStock

pytestmark = pytest.mark.django_db
MAY = date(2027, 5, 12)


def ordered(variant: ProductVariant, units: int, *, paid: bool = False, **fields: Any) -> OrderLine:
    """A line of a new order that holds or waits for that many units, paid or for an hour."""
    line = make_order(variant, quantity=units).lines.select_related("order").get()
    until = clock.now() + timedelta(hours=1)
    demand = Demand(line.pk, variant.pk, units, **fields)
    warehouse.reserve(demands=[demand], document=line.order.number, expires_at=until)
    if paid:
        Order.objects.filter(pk=line.order_id).update(paid_at=clock.now(), state="paid")
        warehouse.settle(order_line_ids=[line.pk])
    return line


def held(line: OrderLine) -> int:
    return sum(Reservation.objects.held().filter(order_line=line).values_list("quantity", flat=True))


def waits(line: OrderLine) -> int:
    return sum(BackOrder.objects.waiting().filter(order_line=line).values_list("quantity", flat=True))


def receive(variant: ProductVariant, units: int) -> None:
    level = StockLevel.objects.filter(variant=variant).first() or make_stock(variant, 0)
    warehouse.receive(level=level, quantity=units)


def test_what_is_here_is_held_and_the_rest_waits_with_its_day() -> None:
    variant = make_variant(stock=2, sold_ahead=5)
    line = ordered(variant, 3, promised_on=MAY)
    assert (held(line), waits(line)) == (2, 1)
    back = BackOrder.objects.get()
    assert (back.promised_on, back.variant, back.expires_at) == (MAY, variant, Reservation.objects.get().expires_at)
    assert warehouse.available([variant.pk]) == {variant.pk: 4}
    assert differences() == []


def test_no_more_is_sold_ahead_than_was_said_and_nothing_is_written() -> None:
    variant = make_variant(stock=2, sold_ahead=3)
    ordered(variant, 4)
    with pytest.raises(OutOfStock) as refused:
        ordered(variant, 2)
    assert [(each.wanted, each.available) for each in refused.value.shortages] == [(2, 1)]
    assert sum(BackOrder.objects.values_list("quantity", flat=True)) == 2


def test_what_is_not_sold_ahead_never_waits() -> None:
    variant = make_variant(stock=1)
    with pytest.raises(OutOfStock):
        ordered(variant, 2)
    assert not BackOrder.objects.exists()


def test_a_piece_that_lies_nowhere_yet_can_be_ordered_before_its_first_delivery() -> None:
    make_location()
    variant = make_variant(stock=0, sold_ahead=2)
    line = ordered(variant, 2, paid=True)
    assert (held(line), waits(line)) == (0, 2)
    receive(variant, 2)
    fill([variant.pk])
    assert (held(line), waits(line)) == (2, 0)
    assert differences() == []


def test_whoever_paid_first_gets_what_comes_and_nobody_who_has_not_paid() -> None:
    variant = make_variant(stock=0, sold_ahead=9)
    make_location()
    unpaid = ordered(variant, 1)
    second, first = ordered(variant, 2), ordered(variant, 3, paid=True)
    warehouse.settle(order_line_ids=[second.pk])
    Order.objects.filter(pk=second.order_id).update(paid_at=clock.now() + timedelta(minutes=5))
    receive(variant, 4)
    fill([variant.pk])
    assert [(held(line), waits(line)) for line in (unpaid, second, first)] == [(0, 1), (1, 1), (3, 0)]
    told = OutboxEvent.objects.filter(name="BackOrderFilled")
    assert [event.detail["order_id"] for event in told] == [first.order_id]
    fill([variant.pk])
    assert told.count() == 1
    assert differences() == []


def test_free_units_belong_to_those_who_wait_before_anybody_else_can_buy_them() -> None:
    variant = make_variant(stock=0, sold_ahead=2)
    make_location()
    ordered(variant, 2, paid=True)
    receive(variant, 2)
    found = ProductVariant.objects.with_available().get(pk=variant.pk)
    assert (found.ready, found.available) == (0, 2)
    late = ordered(variant, 2)
    assert (held(late), waits(late)) == (0, 2)


def test_goods_that_come_are_told_to_whoever_fills_while_somebody_waits() -> None:
    variant = make_variant(stock=1, sold_ahead=1)
    first = ordered(variant, 1)
    waiting = ordered(variant, 1, paid=True)
    warehouse.release(order_line_ids=[first.pk], document="A", reason="not paid")
    event = OutboxEvent.objects.get(name="StockReceived")
    assert event.detail == {"document": "A", "variant_ids": [variant.pk]}
    fill(event.detail["variant_ids"])
    assert (held(waiting), waits(waiting)) == (1, 0)


def test_an_order_called_off_waits_no_longer_and_makes_room_for_another() -> None:
    variant = make_variant(stock=1, sold_ahead=1)
    line = ordered(variant, 2)
    OutboxEvent.objects.all().delete()
    warehouse.release(order_line_ids=[line.pk], document="A", reason="not paid")
    assert (held(line), waits(line)) == (0, 0)
    assert BackOrder.objects.get().state == BackOrder.State.CANCELLED
    assert warehouse.available([variant.pk]) == {variant.pk: 2}
    assert OutboxEvent.objects.filter(name="ProductChanged").exists()


def test_the_last_one_sold_ahead_tells_the_pages() -> None:
    make_location()
    variant = make_variant(stock=0, sold_ahead=2)
    ordered(variant, 1)
    assert not OutboxEvent.objects.filter(name="ProductChanged").exists()
    ordered(variant, 1)
    assert OutboxEvent.objects.filter(name="ProductChanged").count() == 1


def test_while_it_may_still_be_paid_it_waits_as_long_and_paid_without_an_end() -> None:
    variant = make_variant(stock=0, sold_ahead=2)
    make_location()
    line, later = ordered(variant, 1), clock.now() + timedelta(hours=3)
    warehouse.extend(order_line_ids=[line.pk], until=later)
    assert BackOrder.objects.get().expires_at == later
    warehouse.settle(order_line_ids=[line.pk])
    assert BackOrder.objects.get().expires_at is None
    warehouse.extend(order_line_ids=[line.pk], until=later)
    assert BackOrder.objects.get().expires_at is None


def test_units_given_up_are_first_those_that_are_still_to_come() -> None:
    variant = make_variant(stock=2, sold_ahead=2)
    line = ordered(variant, 4, paid=True)
    assert ahead.give_up({line.pk: 1}) == {line.pk: 0}
    assert (held(line), waits(line)) == (2, 1)
    assert ahead.give_up({line.pk: 2}) == {line.pk: 1}
    assert (held(line), waits(line)) == (2, 0)


@pytest.mark.parametrize(
    ("later", "quantity", "day", "words"),
    [
        (1, 1, MAY, "Ships about 12 May"),
        (2, 3, MAY, "2 of 3 ship about 12 May"),
        (1, 1, None, "Ships when it comes in"),
        (2, 2, date(2020, 5, 12), "Ships when it comes in"),
        (2, 3, None, "2 of 3 ship when they come in"),
    ],
)
def test_a_promise_in_words(later: int, quantity: int, day: date | None, words: str) -> None:
    assert ahead.words(later, quantity, day) == words


@pytest.mark.django_db(transaction=True)
def test_twenty_buyers_of_two_here_and_three_ahead_leave_exactly_five_served() -> None:
    variant = make_variant(stock=2, sold_ahead=3)
    lines = list(make_order(*[variant] * 20).lines.all())

    def buy() -> None:
        line = lines.pop()
        warehouse.reserve(demands=[Demand(line.pk, variant.pk, 1)], document="A", expires_at=None)

    errors = in_parallel(buy, 20)
    assert [type(error) for error in errors] == [OutOfStock] * 15
    assert Reservation.objects.held().count() == 2
    assert BackOrder.objects.waiting().count() == 3
    assert differences() == []
