"""Paying an order again: after a declined card, a closed tab or a provider that did not answer."""

from datetime import timedelta

from django.db import transaction

from shop.adapters.payments import ProviderError, offered
from shop.checkout import stock
from shop.checkout.paying import HOLD_MARGIN, PaymentUnavailable, open_attempt, page_of, start_payment
from shop.checkout.reconcile import close_page
from shop.checkout.sync import sync
from shop.core import clock
from shop.core.crash import crash_point
from shop.core.errors import ShopError
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.models import PaymentAttempt

State = PaymentAttempt.State

# A page that closes sooner than this is not worth sending anybody to.
WORTH_SHOWING = timedelta(minutes=5)
# Later than this after the order, no new page is opened: an order never paid does not keep stock from others for ever.
MAY_RETRY_FOR = timedelta(hours=4)


class NotPayable(ShopError):
    """The order does not wait for a payment."""


def pay_again(order: Order, name: str = "") -> str:
    """Where to send the buyer to pay this order: the page that is open already, or a new one.

    name: of the provider they chose, empty for the one that was tried last. Two clicks get the same page. Raises
    NotPayable, OutOfStock or PaymentUnavailable.
    """
    name = name or usual_provider(order)
    try:
        for attempt in PaymentAttempt.objects.filter(order=order).live():
            if attempt.provider != name:
                leave(attempt)
            elif url := usable_page(attempt):
                return url
        attempt = next_attempt(order, name)
    except ProviderError as error:
        raise PaymentUnavailable from error
    return start_payment(attempt.pk)


def usual_provider(order: Order) -> str:
    """The one that was tried last, or the usual one where that is not offered any more. Raises NotPayable."""
    names, last = offered(order.currency, order.grand_total), payments.last_provider(order.pk)
    if not names:
        raise NotPayable(f"No way to pay takes so little as {order.total}.")
    return last if last in names else names[0]


def leave(attempt: PaymentAttempt) -> None:
    """See to it that nothing more can be paid at a provider whom the buyer turned away from; what was, is recorded."""
    if attempt.state != State.CREATED:
        attempt = sync(attempt.pk, keep_order=True)
    close_page(attempt)
    sync(attempt.pk, keep_order=True)


def usable_page(attempt: PaymentAttempt) -> str:
    """The page of a live attempt while it may still be paid on; empty once there is none, and then none is open."""
    if attempt.state == State.CREATED:
        return replayed_page(attempt)
    attempt = sync(attempt.pk, keep_order=True)
    if attempt.state != State.OPEN:
        return ""
    if attempt.expires_at > clock.now() + WORTH_SHOWING:
        return attempt.redirect_url
    close_page(attempt)
    sync(attempt.pk, keep_order=True)
    return ""


def replayed_page(attempt: PaymentAttempt) -> str:
    """The page of an attempt whose creation was cut short; empty when the provider says that there is none."""
    try:
        return page_of(attempt)
    except PaymentUnavailable:
        attempt.refresh_from_db()
        if attempt.state == State.CREATED:
            raise
        return ""


@transaction.atomic
def next_attempt(order: Order, name: str) -> PaymentAttempt:
    """The order's live attempt, or a new one with that provider and the stock held for as long as it may be paid."""
    order = Order.objects.locked().get(pk=order.pk)
    if order.state != Order.State.PENDING:
        raise NotPayable(f"Order {order.number} is not waiting for a payment.")
    # A second click waits at the lock above and then finds what the first one opened.
    attempt = PaymentAttempt.objects.filter(order=order).live().first()
    if attempt is None:
        if order.placed_at + MAY_RETRY_FOR < clock.now():
            raise NotPayable(f"Order {order.number} has waited too long for a payment.")
        attempt = open_attempt(order, name)
        order.hold_until = attempt.expires_at + HOLD_MARGIN
        order.save(update_fields=["hold_until", "updated_at"])
        stock.keep_holding(order)
        crash_point("retry-before-commit")
    return attempt
