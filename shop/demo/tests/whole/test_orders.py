"""The demo's past orders: what holds for every order of the shop holds for them."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

import pytest
from django.db.models import F, Sum

from shop.checkout.sentinel.run import sentinel
from shop.core import clock
from shop.delivery.models import ShippingRate
from shop.demo.orders import settle
from shop.demo.people import customers
from shop.demo.purchases import Purchase, moments, number
from shop.invoices.models import Document
from shop.orders.models import Order, OrderLine
from shop.payments.models import PaymentAttempt, Refund
from shop.returns.models import Return
from shop.tax.amounts import contained
from shop.warehouse.models import Reservation, StockMovement

State, Fulfilment = Order.State, Order.FulfilmentState


@pytest.fixture
def orders() -> list[Order]:
    """What was bought; what is sent in exchange for a return costs nothing and is none of these."""
    bought = Order.objects.filter(replaces=None)
    return list(bought.prefetch_related("lines", "taxes", "payment_attempts", "state_changes").order_by("placed_at"))


def test_the_sentinel_finds_nothing_wrong(orders: list[Order]) -> None:
    assert sentinel().failures == []


def test_every_state_occurs(orders: list[Order]) -> None:
    assert len(orders) == 60
    assert {order.state for order in orders} == {State.PAID, State.PENDING, State.CANCELLED}
    assert {order.fulfilment_state for order in orders} >= {Fulfilment.DELIVERED, Fulfilment.UNFULFILLED}


def test_some_of_it_came_back_and_no_refund_of_that_waits_for_a_provider(orders: list[Order]) -> None:
    assert {parent.state for parent in Return.objects.all()} > {"closed", "declined"}
    assert {refund.state for refund in Refund.objects.all()} == {"succeeded"}


def test_totals_add_up_and_delivery_costs_what_its_rate_says(orders: list[Order]) -> None:
    for order in orders:
        assert order.lines_total == sum(line.unit_price * line.quantity for line in order.lines.all())
        assert order.discount_total == sum(line.discount_total for line in order.lines.all())
        assert order.grand_total == order.lines_total + order.delivery_total - order.discount_total
        rate = ShippingRate.objects.offered_in(order.country).get(method__code=order.shipping_method)
        price = rate.price_for(order.lines_total - order.discount_total)
        assert order.delivery_total == (price - contained(price, Decimal(20)) if order.is_export else price)


def test_times_are_in_order_and_in_the_past(orders: list[Order]) -> None:
    for order in orders:
        times = [order.placed_at, order.paid_at or order.cancelled_at, order.shipped_at, order.delivered_at]
        known = [each for each in times if each]
        assert known == sorted(known)
        assert known[-1] <= clock.now()


def test_nobody_has_paid_in_the_future_just_after_midnight() -> None:
    now = datetime(2026, 11, 23, 0, 0, 30, tzinfo=UTC)
    order = Order(
        placed_at=now - timedelta(seconds=20), delivery_from=date(2026, 11, 25), delivery_until=date(2026, 11, 27)
    )
    settle(order, a_purchase(order.placed_at), now)
    assert (order.state, order.paid_at, order.shipped_at) == (State.PAID, now, None)


def a_purchase(placed_at: datetime) -> Purchase:
    customer = customers()[0]
    return Purchase("A", customer, placed_at, (), express=False, unpaid=False, cancelled=False, luck=random.Random(1))


def test_money_and_history_agree_with_the_state(orders: list[Order]) -> None:
    for order in orders:
        captured = sum(attempt.captured_amount for attempt in order.payment_attempts.all())
        assert captured == (order.grand_total if order.state == State.PAID else 0)
        assert [change.to_state for change in order.state_changes.all()][-1] == order.state


def test_nothing_waits_for_a_provider_that_never_heard_of_it(orders: list[Order]) -> None:
    assert not PaymentAttempt.objects.live().exists()


def test_each_line_was_held_and_left_when_its_order_was_shipped(orders: list[Order]) -> None:
    held = dict(Reservation.objects.values_list("order_line__order").annotate(units=Sum("quantity")))
    assert held == dict(OrderLine.objects.values_list("order").annotate(units=Sum("quantity")))
    sold = StockMovement.objects.filter(kind="sale").aggregate(units=Sum("on_hand_change"))["units"]
    shipped = OrderLine.objects.filter(order__shipped_at__isnull=False).aggregate(units=Sum("quantity"))["units"]
    assert sold == -shipped
    waiting = Reservation.objects.held().filter(order_line__order__state=State.PAID)
    assert waiting.exists()
    assert not waiting.exclude(expires_at=None).exists()


def test_unpaid_orders_hold_their_stock_until_their_hold_ends(orders: list[Order]) -> None:
    holds = Reservation.objects.held().filter(order_line__order__state=State.PENDING)
    assert holds.exists()
    assert not holds.exclude(expires_at=F("order_line__order__hold_until")).exists()


def test_about_half_of_the_customers_have_an_account(orders: list[Order]) -> None:
    with_user = [order for order in orders if order.user_id]
    assert 0.2 < len(with_user) / len(orders) < 0.8
    assert all(order.user and order.user.email == order.email for order in with_user)


def test_customers_are_always_the_same_and_have_an_address_each_of_their_own() -> None:
    people = customers()
    assert people == customers()
    assert len({person.email for person in people}) == len(people)
    assert all(person.email.isascii() for person in people)


def test_order_numbers_are_the_same_on_every_machine() -> None:
    numbers = {number(position) for position in range(200)}
    assert number(0) == "T7CJ-S40X"
    assert len(numbers) == 200


@pytest.mark.parametrize("now", [datetime(2026, 3, 2, 0, 0, 30, tzinfo=UTC), datetime(2026, 7, 5, 22, 59, tzinfo=UTC)])
def test_neither_today_nor_yesterday_is_empty_and_nothing_lies_ahead(now: datetime) -> None:
    times = moments(200, now, random.Random(1))
    assert len(times) == 200
    assert times == sorted(times)
    assert times[-1][0] <= now
    assert times[0][0] >= now - timedelta(days=550)
    days = {moment.date() for moment, _ in times}
    assert now.astimezone(times[0][0].tzinfo).date() in days


def test_each_order_has_the_taxes_of_where_and_when_it_was_placed(orders: list[Order]) -> None:
    for order in orders:
        lines, taxes = list(order.lines.all()), list(order.taxes.all())
        assert order.tax_country == ("GB" if order.country == "GB" else "")
        assert order.tax_total == sum(tax.tax for tax in taxes)
        assert sum(tax.gross for tax in taxes) == (0 if order.is_export else order.grand_total)
        assert all(line.tax_total == contained(line.charged, line.tax_rate) for line in lines)
    assert {order.is_export for order in orders} == {True, False}


def test_invoices_are_numbered_without_gaps_in_the_order_of_payment(orders: list[Order]) -> None:
    paid = sorted((order for order in orders if order.paid_at), key=lambda order: str(order.paid_at))
    documents = list(Document.objects.order_by("series", "sequence"))
    assert [document.order_id for document in documents] == [order.pk for order in paid]
    for _, numbered in groupby(documents, key=lambda document: document.series):
        sequence = [document.sequence for document in numbered]
        assert sequence == list(range(1, len(sequence) + 1))
    assert all(document.gross == document.order.grand_total for document in documents)
