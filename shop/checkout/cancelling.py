"""Calling an order off, paid or not. What is not known to be paid is asked of the provider first, never assumed."""

from django.db import transaction

from shop.accounts.models import User
from shop.checkout.reconcile import close_page
from shop.checkout.sync import cancel_unpaid, sync
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from shop.payments.refunds import send_all
from shop.refunds.services import NotCancellable, cancel_paid, refuse_cancelling

State = Order.State


def cancel_order(*, order: Order, actor: User | None, reason: str) -> None:
    """Cancel the order for good: money that came goes back, and so does money that comes later. Twice is harmless.

    Raises NotCancellable (packed, disputed, its payment on the way), and ProviderError or PaymentUnavailable where the
    provider has to be asked and does not answer; then the order is as it was, apart from a payment page closed.
    """
    if Order.objects.filter(pk=order.pk, state=State.PENDING).exists():
        close_pages(order)
        if cancelled_unpaid(order, actor, reason):
            return
    try:
        refunds = cancel_paid(order=order, actor=actor, reason=reason)
    except NotCancellable:
        # One that was cancelled before, perhaps by the clock, is from now on cancelled by choice.
        if not Order.objects.filter(pk=order.pk, state=State.CANCELLED).update(cancelled_by_choice=True):
            raise
    else:
        send_all(refunds)


def close_pages(order: Order) -> None:
    """Make what may still be paid for the order unpayable, and hear whether it was paid already."""
    for attempt in PaymentAttempt.objects.filter(order=order).live():
        close_page(attempt)
        sync(attempt.pk, keep_order=True)


@transaction.atomic
def cancelled_unpaid(order: Order, actor: User | None, reason: str) -> bool:
    """Cancel the order if nothing paid for it; whether that was so."""
    return cancel_unpaid(Order.objects.locked().get(pk=order.pk), reason, by_choice=True, actor=actor)


def refusal(order: Order, *, by_staff: bool = False) -> str:
    """Why the order cannot be cancelled now, in words for its buyer; empty when it can."""
    if order.state == State.PENDING:
        return ""
    try:
        refuse_cancelling(order, by_staff=by_staff)
    except NotCancellable as reason:
        return str(reason)
    return ""
