"""A person decides about money that does not match: keep it as paid, give all of it back and cancel, or give one
payment back that its order does not need.
"""

from dataclasses import dataclass

from django.db import transaction

from shop.accounts.models import User
from shop.alerts.services import close_alerts
from shop.checkout import stock
from shop.checkout.sync import confirm
from shop.core.errors import ShopError
from shop.core.money import Money
from shop.marketing import services as marketing
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.refunds import send_all
from shop.refunds.amounts import in_own_currency, room
from shop.refunds.services import cancel_reviewed, refund_whole_attempt
from shop.warehouse.services import OutOfStock


class NotAcceptable(ShopError):
    """The order cannot be taken as paid; the message says why. Nothing was changed."""


@transaction.atomic
def accept_as_paid(*, order: Order, actor: User | None, note: str) -> None:
    """Take what came as the payment of an order in review: it is PAID, its stock stays, OrderPaid is told.

    note: why; needed where the money does not cover the total. Raises NotAcceptable.
    """
    order = Order.objects.locked().get(pk=order.pk)
    attempts = list(PaymentAttempt.objects.filter(order=order).taken().locked())
    kept = kept_for(order, attempts)
    refuse_accepting(order, kept)
    if kept < order.grand_total and not note.strip():
        raise NotAcceptable(f"Only {order.money(kept)} of {order.total} came. Say why that is enough.")
    try:
        stock.hold_missing(order)
    except OutOfStock as gone:
        raise NotAcceptable("Its pieces were sold to somebody else meanwhile. Refund and cancel it.") from gone
    marketing.redeem_again(order)
    confirm(order, f"accepted with {order.money(kept)} by staff{': ' if note.strip() else ''}{note.strip()}", actor)
    close_matters(attempts, actor)


def kept_for(order: Order, attempts: list[PaymentAttempt]) -> int:
    """What these payments brought for the order and is still here, in minor units of its currency."""
    return sum(room(attempt) for attempt in in_own_currency(attempts))


def refuse_accepting(order: Order, kept: int) -> None:
    """Raise NotAcceptable unless the order is in review, wanted, and has money in its own currency."""
    if order.state != Order.State.REVIEW:
        raise NotAcceptable(f"Order {order.number} is not in review any more, so nothing was done.")
    if order.cancelled_by_choice:
        raise NotAcceptable(f"Order {order.number} had been called off before it was paid. Refund and cancel it.")
    if not kept:
        raise NotAcceptable(f"No money in {order.currency} came for this order, so it cannot count as paid.")


def refund_and_cancel(*, order: Order, actor: User | None, note: str) -> list[Refund]:
    """Give all back that came for an order in review, and call it off. Raises NotCancellable, with nothing changed."""
    with transaction.atomic():
        reason = f"refunded and cancelled by staff{': ' if note.strip() else ''}{note.strip()}"
        refunds = cancel_reviewed(order=order, actor=actor, reason=reason)
        close_matters(list(PaymentAttempt.objects.filter(order=order)), actor)
    send_all(refunds)
    return refunds


class NotReturnable(ShopError):
    """The payment cannot go back whole; the message says why. Nothing was changed."""


def give_back(*, attempt: PaymentAttempt, actor: User | None) -> Refund:
    """Give back a payment whole that its order does not need, in the currency it came in. Raises NotReturnable."""
    with transaction.atomic():
        order = Order.objects.locked().get(pk=attempt.order_id)
        attempts = list(PaymentAttempt.objects.filter(order=order).taken().locked())
        mine = next((each for each in unneeded(order, attempts) if each.pk == attempt.pk), None)
        if mine is None:
            raise NotReturnable("This payment went back already, or its order needs it. Nothing was done.")
        refund = refund_whole_attempt(attempt=mine, reason=Refund.Reason.DUPLICATE, actor=actor)
        close_matters([mine], actor)
    send_all([refund])
    refund.refresh_from_db()
    return refund


def unneeded(order: Order, attempts: list[PaymentAttempt]) -> list[PaymentAttempt]:
    """Those of the order's payments that do not match it, are still here, and are not what it is paid by."""
    is_paid = order.state == Order.State.PAID
    if not is_paid and order.state != Order.State.CANCELLED:
        return []
    paid_by_another = any(attempt.state == PaymentAttempt.State.PAID for attempt in attempts)
    return [
        attempt
        for attempt in attempts
        if attempt.state == PaymentAttempt.State.REVIEW
        and (not is_paid or paid_by_another or attempt.is_foreign)
        and room(attempt)
    ]


def close_matters(attempts: list[PaymentAttempt], actor: User | None) -> None:
    """The alerts that brought the order into review are dealt with."""
    for attempt in attempts:
        for kind in ("wrong-amount", "paid-under-review"):
            close_alerts(f"{kind}:{attempt.pk}", actor=actor)


@dataclass(frozen=True)
class Choices:
    """What a person is to know before deciding.

    taken: what came and is still here, each payment in its own currency. is_short: it does not cover the total.
    refusal: why it cannot be accepted, empty when it can.
    """

    taken: tuple[Money, ...]
    is_short: bool
    refusal: str


def choices_for(order: Order) -> Choices | None:
    """None for an order that is not in review."""
    if order.state != Order.State.REVIEW:
        return None
    attempts = list(PaymentAttempt.objects.filter(order=order).taken().prefetch_related("disputes"))
    kept = kept_for(order, attempts)
    try:
        refuse_accepting(order, kept)
        refusal = ""
    except NotAcceptable as reason:
        refusal = str(reason)
    taken = (Money(room(attempt), attempt.captured.currency) for attempt in attempts)
    return Choices(tuple(money for money in taken if money.amount), kept < order.grand_total, refusal)
