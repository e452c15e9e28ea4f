"""Putting right what crashes and lost webhooks left behind. A part of checkout, run every few minutes.

Any number may run at once: one works, the others leave. It may be cut off anywhere, since each item is committed by
itself and comes again.
"""

import logging
from datetime import timedelta

from django.db import transaction

from shop.adapters.payments import ProviderRefused
from shop.checkout import capturing, lost, paying
from shop.checkout.messages import work_on
from shop.checkout.rounds import Progress, Round, silent
from shop.checkout.sync import cancel_unpaid, sync
from shop.core import clock
from shop.core.crash import crash_point
from shop.core.locks import only_one
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.calls import provider_of
from shop.payments.models import PaymentAttempt, ProviderEvent, Refund
from shop.payments.refunds import send

log = logging.getLogger(__name__)
State = PaymentAttempt.State

# Younger rows belong to a request that is still at work on them.
SETTLING = timedelta(minutes=1)
# How far back the provider is asked for what it never told us, every few minutes.
LOOK_BACK = timedelta(hours=3)
# And once a day, for what the runs in between could not ask while a provider, or the shop, was away.
LONG_LOOK_BACK = timedelta(days=3)
MOST_ROWS = 1000
CANCELLED = "orders cancelled"


def reconcile(progress: Progress = silent, look_back: timedelta = LOOK_BACK) -> Round:
    """Everything below, one item at a time: one that fails is noted and the others go on."""
    run = Round(progress)
    with only_one("reconcile") as mine:
        if not mine:
            run.busy = True
            return run
        process_open_events(run)
        check_attempts(run)
        retry_refunds(run)
        lost.find(run, since=clock.now() - look_back)
        end_holds(run)
    return run


def look_back() -> Round:
    """What the providers have told nobody in days. Beside a run of reconcile(), which it need not wait for."""
    run = Round()
    with only_one("look back") as mine:
        run.busy = not mine
        if mine:
            lost.find(run, since=clock.now() - LONG_LOOK_BACK)
            lost.find_what_came_after(run)
    return run


def expire_unpaid() -> int:
    """End the holds that are over; the number of orders cancelled. What failed is logged and tried again."""
    run = Round()
    end_holds(run)
    return run.done[CANCELLED]


def process_open_events(run: Round) -> None:
    """Messages that were stored but not worked on."""
    waiting = ProviderEvent.objects.waiting().filter(received_at__lte=clock.now() - SETTLING)
    run.each("provider events", waiting[:MOST_ROWS], work_on)


def check_attempts(run: Round) -> None:
    """Live attempts, those that nobody has looked at for longest first: replay what has no page, ask about the rest."""
    live = PaymentAttempt.objects.live().filter(created_at__lte=clock.now() - SETTLING)
    run.each("payments", live.order_by("updated_at").select_related("order")[:MOST_ROWS], check, naming_order)


def naming_order(attempt: PaymentAttempt) -> str:
    return f"order {attempt.order.number}, {attempt}"


def check(attempt: PaymentAttempt) -> None:
    """Ask the provider; a page that can only be paid in vain is closed first."""
    try:
        if attempt.order.state in (Order.State.PAID, Order.State.CANCELLED):
            close_page(attempt)
        sync(attempt.pk)
    except Exception as error:
        # Also moves it to the end of the queue.
        payments.note_error(attempt.pk, str(error) or repr(error))
        raise


def retry_refunds(run: Round) -> None:
    """Refunds that were not sent, not answered, or are on their way; those not looked at for longest first."""
    waiting = Refund.objects.unfinished().filter(created_at__lte=clock.now() - SETTLING)
    run.each("refunds", waiting.order_by("updated_at")[:MOST_ROWS], lambda refund: send(refund.pk))


def end_holds(run: Round) -> None:
    """Unpaid orders whose hold is over."""
    # Not those whose payment is processing: a delayed method keeps the stock until its bank has answered.
    over = Order.objects.filter(state=Order.State.PENDING, hold_until__lte=clock.now())
    run.done[CANCELLED] = 0

    def end(order: Order) -> None:
        run.done[CANCELLED] += end_hold(order)

    run.each("holds over", over.order_by("hold_until")[:MOST_ROWS], end)


def end_hold(order: Order) -> bool:
    """Never on what we know ourselves: close the page at the provider, read again, decide. True for cancelled."""
    for attempt in PaymentAttempt.objects.filter(order=order).live():
        close_page(attempt)
        crash_point("hold-page-closed")
        sync(attempt.pk)
    crash_point("hold-before-cancel")
    with transaction.atomic():
        locked = Order.objects.locked().get(pk=order.pk)
        # sync() above may have cancelled it already.
        cancel_unpaid(locked)
    return locked.state == Order.State.CANCELLED


def close_page(attempt: PaymentAttempt) -> None:
    """Make the provider's page of a live attempt take no more payment. One that was never recorded is found again.

    Where the shop itself takes the money, deciding not to take it is all that there is to do.
    """
    if provider_of(attempt).captures:
        capturing.let_lapse(attempt.pk)
        return
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
