"""The only door for money facts: read from the provider what is so, then apply it under the order's lock.

Webhook, return page, reconciler and staff all call sync(). It may run at any time, twice, and in parallel: it goes
forward only, and what it does depends on nothing but the provider's answer and the locked rows.
"""

from collections.abc import Callable
from enum import Enum, auto
from uuid import UUID

from django.db import transaction

from shop.accounts.models import User
from shop.adapters.payments import PageGone, ProviderRefused, SessionState
from shop.checkout import advice, capturing, paying, stock
from shop.core.crash import crash_point
from shop.core.errors import ShopError
from shop.core.money import Money
from shop.events.services import emit
from shop.marketing import services as marketing
from shop.orders import services as orders
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.calls import provider_of
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.refunds import send_all
from shop.refunds.services import refund_whole_attempt
from shop.warehouse import services as warehouse

Attempt = PaymentAttempt.State
# Ends: nothing the payment page says can change them any more.
SETTLED = (Attempt.PAID, Attempt.REVIEW)


class UnknownAttempt(ShopError):
    """The provider speaks of a payment that the shop does not know."""


class Fact(Enum):
    """What a provider's answer means for an attempt."""

    OPEN = auto()
    PAID = auto()
    MISMATCH = auto()
    PROCESSING = auto()
    FAILED = auto()
    EXPIRED = auto()


def sync(attempt_id: UUID, *, session_id: str = "", keep_order: bool = False) -> PaymentAttempt:
    """Bring attempt and order to what the provider says now; the attempt as it is afterwards.

    session_id: the page a webhook named, for an attempt whose own record of it was lost in a crash.
    keep_order: an expired page does not cancel the order, because its buyer is about to get a new one.
    Raises UnknownAttempt, ProviderRefused, ProviderUnavailable or PaymentUnavailable, with nothing changed.
    """
    attempt = PaymentAttempt.objects.filter(pk=attempt_id).first()
    if attempt is None:
        raise UnknownAttempt(f"no payment attempt {attempt_id}")
    if attempt.state in SETTLED:
        return attempt
    session = read_session(attempt, session_id)
    if session is None:
        return attempt
    session = capturing.carry_out(attempt, session)
    crash_point("sync-before-apply")
    with transaction.atomic():
        order = Order.objects.locked().get(pk=attempt.order_id)
        attempt = PaymentAttempt.objects.select_for_update().get(pk=attempt_id)
        if attempt.state not in SETTLED:
            payments.record_session(attempt, session)
            moved = apply(read_fact(attempt, session), order, attempt, session)
            if moved and attempt.state == Attempt.EXPIRED and not keep_order:
                cancel_unpaid(order)
        crash_point("sync-before-commit")
    crash_point("sync-after-commit")
    if attempt.refunded_amount:
        send_all(attempt.refunds.filter(state=Refund.State.REQUESTED))
    return attempt


def read_session(attempt: PaymentAttempt, session_id: str) -> SessionState | None:
    """The attempt's page as the provider sees it; None when none was ever made. The session has to name the attempt."""
    known = attempt.session_id or session_id
    if not known:
        if attempt.state != Attempt.CREATED:
            return None
        known = paying.create_session(attempt).session_id
    try:
        session = provider_of(attempt).retrieve_session(known)
    except PageGone as gone:
        session = capturing.forgotten(attempt, known, gone)
    if session.attempt_id != str(attempt.pk):
        raise ProviderRefused(f"session {session.session_id} does not belong to payment {attempt.pk}")
    return session


def read_fact(attempt: PaymentAttempt, session: SessionState) -> Fact:
    """What the page's state means; the amount is compared with the one frozen in the attempt."""
    # Approved is still open: the shop did not want the money any more, and whoever ends the hold gives the page up.
    if session.status in ("open", "approved"):
        return Fact.OPEN
    if session.status == "expired":
        return Fact.EXPIRED
    if session.payment_status == "paid":
        same = (session.amount_total, session.currency) == (attempt.amount, attempt.currency)
        return Fact.PAID if same else Fact.MISMATCH
    if session.intent_status in ("requires_payment_method", "canceled"):
        return Fact.FAILED
    return Fact.PROCESSING


def apply(fact: Fact, order: Order, attempt: PaymentAttempt, session: SessionState) -> bool:
    """Do what that fact asks for (both rows are locked); False for a fact that is old news and does nothing."""
    target, effect = EFFECTS[fact]
    if not payments.may_move(attempt, target):
        return False
    effect(order, attempt, session)
    return True


def stay_open(order: Order, attempt: PaymentAttempt, session: SessionState) -> None:
    payments.move(attempt, Attempt.OPEN)


def wait(order: Order, attempt: PaymentAttempt, session: SessionState) -> None:
    """A delayed method (a bank debit): the buyer has done their part, the stock stays held."""
    payments.move(attempt, Attempt.PROCESSING)
    if order.state == Order.State.PENDING:
        orders.move(order, Order.State.PROCESSING, reason="payment is on its way")


def fail(order: Order, attempt: PaymentAttempt, session: SessionState) -> None:
    """The money could not be taken after all; the buyer may try another way until the hold ends."""
    payments.move(attempt, Attempt.FAILED, note=session.failure or "the delayed payment failed")
    if order.state == Order.State.PROCESSING:
        orders.move(order, Order.State.PENDING, reason="the delayed payment failed")


def expire(order: Order, attempt: PaymentAttempt, session: SessionState) -> None:
    payments.move(attempt, Attempt.EXPIRED)


def review(order: Order, attempt: PaymentAttempt, session: SessionState) -> None:
    """The money does not match the order: a person has to look, and nothing ships."""
    note = f"{session.currency} {session.amount_total} was taken for {attempt.currency} {attempt.amount} (minor units)"
    advice.wrong_amount(order, attempt, Money(session.amount_total, session.currency))
    payments.record_capture(attempt, amount=abs(session.amount_total), currency=session.currency)
    payments.move(attempt, Attempt.REVIEW, note=note)
    if order.state not in (Order.State.PAID, Order.State.REVIEW):
        orders.move(order, Order.State.REVIEW, reason="the amount paid does not match")


def take_money(order: Order, attempt: PaymentAttempt, session: SessionState) -> None:
    """The money is there, in the right amount; what it is for depends on what became of the order."""
    payments.record_capture(attempt, amount=session.amount_total)
    if order.state == Order.State.REVIEW:
        advice.paid_under_review(order, attempt)
        payments.move(attempt, Attempt.REVIEW, note="paid while the order was under review")
        return
    payments.move(attempt, Attempt.PAID)
    if order.state == Order.State.PAID:
        advice.paid_twice(order, attempt)
        refund_whole_attempt(attempt=attempt, reason=Refund.Reason.DUPLICATE)
    elif order.state == Order.State.CANCELLED and not revive(order):
        advice.paid_too_late(order, attempt)
        refund_whole_attempt(attempt=attempt, reason=Refund.Reason.LATE)
    else:
        marketing.redeem_again(order)
        confirm(order)


def revive(order: Order) -> bool:
    """Hold a cancelled order's stock once more; not when somebody decided that it is cancelled, or it is gone."""
    return not order.cancelled_by_choice and stock.hold_again(order)


def confirm(order: Order, reason: str = "payment received", actor: User | None = None) -> None:
    """The order is paid: its holds become sales, and everybody who cares is told."""
    orders.move(order, Order.State.PAID, reason=reason, actor=actor)
    warehouse.settle(order_line_ids=stock.line_ids(order))
    emit("OrderPaid", orders.event_detail(order))


def cancel_unpaid(
    order: Order, reason: str = "not paid in time", *, by_choice: bool = False, actor: User | None = None
) -> bool:
    """Cancel a PENDING order (its row locked) that nothing can pay for any more; whether it was.

    by_choice: somebody wants it so, and no late money shall revive it.
    """
    if order.state != Order.State.PENDING or PaymentAttempt.objects.filter(order=order).live().exists():
        return False
    orders.cancel(order, reason=reason, actor=actor, by_choice=by_choice)
    warehouse.release(order_line_ids=stock.line_ids(order), document=order.number, reason=reason)
    marketing.give_back(order)
    crash_point("cancel-before-commit")
    return True


Effect = Callable[[Order, PaymentAttempt, SessionState], None]
EFFECTS: dict[Fact, tuple[PaymentAttempt.State, Effect]] = {
    Fact.OPEN: (Attempt.OPEN, stay_open),
    Fact.PAID: (Attempt.PAID, take_money),
    Fact.MISMATCH: (Attempt.REVIEW, review),
    Fact.PROCESSING: (Attempt.PROCESSING, wait),
    Fact.FAILED: (Attempt.FAILED, fail),
    Fact.EXPIRED: (Attempt.EXPIRED, expire),
}
