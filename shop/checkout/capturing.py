"""Taking the money of a payment that its buyer agreed to, where the provider leaves that to the shop (PayPal).

The agreement alone takes nothing. Whether the shop takes the money is decided once, under the order's lock, and
written on the attempt before the provider is asked. So nothing is captured for an order that was given up, nothing is
given up that may have been captured, and a call that a crash cut short is made again under the same key.
"""

import logging
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from shop.adapters.payments import PageGone, ProviderRefused, SessionState
from shop.checkout import advice
from shop.core import clock
from shop.core.crash import crash_point
from shop.core.money import Money
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.calls import provider_of
from shop.payments.models import PaymentAttempt

log = logging.getLogger(__name__)
State = PaymentAttempt.State


def carry_out(attempt: PaymentAttempt, session: SessionState) -> SessionState:
    """The page as it is once the shop has done its part: an approved one is captured if that is wanted."""
    if session.status == "approved":
        return take(attempt, session)
    if session.status == "open" and attempt.capture_wanted_at:
        # Without the buyer's agreement nothing can be taken, and where it was taken the page would say so.
        return not_taken(attempt, session, "the buyer's agreement was withdrawn before the money was taken")
    return session


def take(attempt: PaymentAttempt, session: SessionState) -> SessionState:
    """What became of an approved page: its money taken if the order may still be paid, otherwise as it was.

    Outside any transaction. ProviderUnavailable when nobody can say; then it is to be asked again.
    """
    if (session.amount_total, session.currency) != (attempt.amount, attempt.currency):
        agreed = Money(session.amount_total, session.currency)
        return not_taken(attempt, session, f"the buyer agreed to {agreed} instead of {attempt.total}")
    if not decide(attempt.pk):
        return session
    crash_point("capture-before-call")
    try:
        taken = provider_of(attempt).capture(session.session_id, idempotency_key=f"{attempt.pk}:capture")
    except ProviderRefused as refused:
        return not_taken(attempt, session, str(refused))
    crash_point("capture-before-record")
    return taken


@transaction.atomic
def decide(attempt_id: UUID) -> bool:
    """Whether the money is to be taken: it was decided so before, or the order waits for it and still has its stock."""
    order, attempt = locked(attempt_id)
    if attempt.state not in PaymentAttempt.LIVE:
        return False
    if attempt.capture_wanted_at is None and may_be_paid(order):
        attempt.capture_wanted_at = clock.now()
        attempt.save(update_fields=["capture_wanted_at", "updated_at"])
        crash_point("capture-before-commit")
    return attempt.capture_wanted_at is not None


@transaction.atomic
def let_lapse(attempt_id: UUID) -> None:
    """Give a page up: it is never captured from now on. One whose money may have been taken already stays as it is."""
    _, attempt = locked(attempt_id)
    if attempt.state in (State.CREATED, State.OPEN) and attempt.capture_wanted_at is None:
        payments.move(attempt, State.EXPIRED, note="given up before its money was taken")


def may_be_paid(order: Order) -> bool:
    """Whether the order waits for a payment and holds its stock."""
    return order.state == Order.State.PENDING and order.hold_until is not None and order.hold_until > clock.now()


def forgotten(attempt: PaymentAttempt, session_id: str, gone: PageGone) -> SessionState:
    """A page that the provider has let go of: expired, where only we could have taken its money and did not try.

    Raises `gone` where nobody can say what became of it.
    """
    if not provider_of(attempt).captures:
        raise gone
    if attempt.capture_wanted_at:
        advice.capture_unknown(attempt)
        raise gone
    return SessionState(
        session_id=session_id,
        status="expired",
        payment_status="unpaid",
        amount_total=attempt.amount,
        currency=attempt.currency,
        attempt_id=str(attempt.pk),
        intent_id="",
        intent_status="",
        url="",
        expires_at=attempt.expires_at,
    )


def not_taken(attempt: PaymentAttempt, session: SessionState, why: str) -> SessionState:
    """The page as one that failed for good; the buyer may start another payment."""
    log.warning("payment %s was not captured: %s", attempt.pk, why)
    return replace(session, status="complete", payment_status="unpaid", intent_status="canceled", failure=why)


def locked(attempt_id: UUID) -> tuple[Order, PaymentAttempt]:
    """The attempt's order and the attempt, locked in this order."""
    order_id = PaymentAttempt.objects.values_list("order_id", flat=True).get(pk=attempt_id)
    order = Order.objects.locked().get(pk=order_id)
    return order, PaymentAttempt.objects.select_for_update().get(pk=attempt_id)
