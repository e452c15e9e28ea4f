"""Putting right what crashes and lost webhooks left behind. A part of checkout, run every few minutes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from django.db import transaction

from shop.adapters.payments import ProviderRefused
from shop.checkout import paying
from shop.checkout.sync import cancel_unpaid, process_event, sync
from shop.core import clock
from shop.core.crash import crash_point
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.calls import provider_of
from shop.payments.models import PaymentAttempt, ProviderEvent

log = logging.getLogger(__name__)
State = PaymentAttempt.State
Progress = Callable[[str], None]

# Younger rows belong to a request that is still at work on them.
SETTLING = timedelta(minutes=1)


@dataclass
class Summary:
    """How many of each were looked at, and what failed."""

    attempts: int = 0
    events: int = 0
    orders: int = 0
    cancelled: int = 0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.attempts} payments and {self.events} provider events looked at, "
            f"{self.orders} holds over, {self.cancelled} orders cancelled, {len(self.failures)} failures"
        )


def reconcile(progress: Progress = lambda text: None) -> Summary:
    """Everything below, one item at a time: one that fails is noted and the others go on."""
    summary = Summary()
    process_open_events(summary, progress)
    check_attempts(summary, progress)
    end_holds(summary, progress)
    return summary


def expire_unpaid() -> int:
    """End the holds that are over; the number of orders cancelled. What failed is logged and tried again."""
    summary = Summary()
    end_holds(summary, lambda text: None)
    return summary.cancelled


def process_open_events(summary: Summary, progress: Progress) -> None:
    """Messages that were stored but not worked on."""
    waiting = ProviderEvent.objects.filter(processed_at=None, received_at__lte=clock.now() - SETTLING)
    for row in waiting.order_by("pk"):
        summary.events += 1
        progress(f"event {row.event_id} ({row.type})")
        if error := attempted(f"event {row.event_id}", partial(process_event, row), summary):
            payments.fail_event(row, error)


def check_attempts(summary: Summary, progress: Progress) -> None:
    """Live attempts, those that end first before the others: replay what has no page yet, ask about the rest."""
    live = PaymentAttempt.objects.live().filter(created_at__lte=clock.now() - SETTLING)
    for attempt in live.order_by("expires_at").select_related("order"):
        summary.attempts += 1
        progress(f"payment {attempt.pk} of order {attempt.order.number} ({attempt.state})")
        attempted(f"payment {attempt.pk}", partial(check, attempt), summary)


def check(attempt: PaymentAttempt) -> None:
    """Ask the provider; a page that can only be paid in vain is closed first."""
    if attempt.order.state in (Order.State.PAID, Order.State.CANCELLED):
        close_page(attempt)
    sync(attempt.pk)


def end_holds(summary: Summary, progress: Progress) -> None:
    """Unpaid orders whose hold is over."""
    # Not those whose payment is processing: a delayed method keeps the stock until its bank has answered.
    over = Order.objects.filter(state=Order.State.PENDING, hold_until__lte=clock.now())
    for order in over.order_by("hold_until"):
        summary.orders += 1
        progress(f"order {order.number}: the hold is over")
        attempted(f"order {order.number}", partial(end_hold, order, summary), summary)


def end_hold(order: Order, summary: Summary) -> None:
    """Never on what we know ourselves: close the page at the provider, read again, then decide."""
    for attempt in PaymentAttempt.objects.filter(order=order).live():
        close_page(attempt)
        crash_point("hold-page-closed")
        sync(attempt.pk)
    crash_point("hold-before-cancel")
    with transaction.atomic():
        locked = Order.objects.locked().get(pk=order.pk)
        # sync() above may have cancelled it already.
        cancel_unpaid(locked)
    summary.cancelled += locked.state == Order.State.CANCELLED


def close_page(attempt: PaymentAttempt) -> None:
    """Make the provider's page of a live attempt take no more payment. One that was never recorded is found again."""
    if attempt.state == State.CREATED:
        attempt = open_or_failed(attempt)
    if attempt.state == State.OPEN:
        try:
            provider_of(attempt).expire_session(attempt.session_id)
        except ProviderRefused:
            # Paid or expired in the meantime: the read that follows says which.
            log.info("payment %s: its page was closed already", attempt.pk)


def open_or_failed(attempt: PaymentAttempt) -> PaymentAttempt:
    """Replay the creation: afterwards the page is known, or known not to exist. Raises PaymentUnavailable otherwise."""
    try:
        return paying.create_session(attempt)
    except paying.PaymentUnavailable:
        attempt.refresh_from_db()
        if attempt.state == State.CREATED:
            raise
        return attempt


def attempted(what: str, work: Callable[[], None], summary: Summary) -> str:
    """Do one item; what went wrong, if anything did."""
    try:
        work()
        crash_point("reconcile-between-items")
    except Exception as error:
        log.exception("reconcile: %s failed", what)
        summary.failures.append(f"{what}: {error}")
        return str(error) or repr(error)
    return ""
