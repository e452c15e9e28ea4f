"""Until when a customer may send something back, and why not (any more)."""

from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from shop.core import clock
from shop.core.dates import long_day
from shop.orders.models import Order
from shop.returns.models import Return

Kind, Fulfilment = Return.Kind, Order.FulfilmentState
SENT = (Fulfilment.SHIPPED, Fulfilment.DELIVERED)
SATURDAY = 5
WORDS = {
    Kind.RETURN: "The time to send something back ended on {day}. If a piece is faulty, please write to us.",
    Kind.WITHDRAWAL: "The time to withdraw from the contract ended on {day}.",
}


def last_day(order: Order, kind: Return.Kind) -> date | None:
    """The last day, shop time; None before the delivery.

    A withdrawal period that ends on a weekend ends on the next working day: regulation (EEC, Euratom) 1182/71,
    article 3(4).
    """
    if order.delivered_at is None:
        return None
    delivered = timezone.localdate(order.delivered_at)
    if kind == Kind.RETURN:
        return delivered + timedelta(days=settings.RETURN_DAYS)
    day = delivered + timedelta(days=settings.WITHDRAWAL_DAYS)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day


def was_sent(order: Order) -> bool:
    """Whether any of it has left the house; the rest may still be waited for."""
    return order.fulfilment_state in SENT or order.shipped_at is not None


def refusal(order: Order, kind: Return.Kind) -> str:
    """Why this cannot be asked of the order now, in words for its buyer; empty where it can."""
    if order.state != Order.State.PAID:
        return "This order is not paid, so there is nothing to send back."
    if not was_sent(order):
        return "This order has not been sent yet. You can cancel it until we pack it."
    if kind == Kind.WITHDRAWAL and Return.objects.filter(replacement=order).exists():
        return "These pieces came in exchange for others. You can send them back as a return."
    last = last_day(order, kind)
    if last is not None and timezone.localdate(clock.now()) > last:
        return WORDS[kind].format(day=long_day(last))
    return ""
