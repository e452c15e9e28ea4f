"""The ledger of refunds, and the provider's part in it: one way out (send), one door in (record).

A refund is committed before the provider is asked, asked for under a key of its own, and recorded once the provider
has said how it stands. A crash between any two of these leaves a row that the reconciler goes on with.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from shop.adapters.payments import (
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    RefundRequest,
    RefundState,
)
from shop.alerts.services import raise_alert
from shop.core import clock
from shop.core.crash import crash_point
from shop.core.errors import ShopError
from shop.events.services import emit
from shop.payments.calls import provider_of
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.services import lock_with_order, parse_id

log = logging.getLogger(__name__)
State = Refund.State

# Providers forget idempotency keys after a day; from then on their own list says whether a refund was made.
# https://docs.stripe.com/api/idempotent_requests
KEY_LIVES = timedelta(hours=23)

# What may follow what. Even a refund that succeeded may come back from the buyer's bank.
MOVES: dict[str, frozenset[str]] = {
    State.REQUESTED: frozenset({State.PENDING, State.SUCCEEDED, State.FAILED}),
    State.PENDING: frozenset({State.SUCCEEDED, State.FAILED}),
    State.SUCCEEDED: frozenset({State.FAILED}),
    State.FAILED: frozenset(),
}
# One that was refused to us, and which the provider turns out to have after all, is believed.
MOVES_WHEN_REFUSED = frozenset({State.PENDING, State.SUCCEEDED})


class RefundMismatch(ShopError):
    """The provider speaks of a refund in other terms than the ledger."""


def send(refund_id: UUID) -> Refund:
    """Ask the provider for a refund, or how it stands; the refund as it is afterwards. Any number of times.

    Outside any transaction. A definite no makes it FAILED; without a definite answer ProviderError is raised, and
    the refund waits for the next time.
    """
    refund = Refund.objects.select_related("attempt").get(pk=refund_id)
    if refund.state not in (State.REQUESTED, State.PENDING):
        return refund
    crash_point("refund-before-call")
    try:
        fact = ask(refund)
    except ProviderError as error:
        Refund.objects.filter(pk=refund.pk).update(last_error=str(error)[:2000], updated_at=clock.now())
        raise
    crash_point("refund-before-record")
    refund = record(refund.attempt, fact)
    crash_point("refund-recorded")
    if not fact.refund_id:
        # Perhaps because the money went back another way, of which the message got lost.
        read_all(refund.attempt)
    return refund


def read_all(attempt: PaymentAttempt) -> None:
    """Bring the ledger to all refunds that the provider lists for this payment, whoever made them, oldest first."""
    for fact in reversed(provider_of(attempt).list_refunds(attempt.intent_id)):
        record(attempt, fact)


def send_all(refunds: Iterable[Refund]) -> None:
    """Send them at once, as well as that goes: what fails is left to the reconciler."""
    for refund in refunds:
        try:
            send(refund.pk)
        except ProviderError:
            log.warning("refund %s is to be sent again", refund.pk, exc_info=True)


def ask(refund: Refund) -> RefundState:
    """What the provider says of the refund, which is made there unless it was before. Raises ProviderError."""
    adapter, attempt = provider_of(refund.attempt), refund.attempt
    if refund.state == State.PENDING or refund.created_at < clock.now() - KEY_LIVES:
        for fact in adapter.list_refunds(attempt.intent_id):
            if fact.reference == str(refund.pk) or fact.refund_id == refund.provider_id:
                return fact
        if refund.state == State.PENDING:
            raise ProviderUnavailable(f"the provider does not list refund {refund.provider_id}")
    wanted = RefundRequest(str(refund.pk), str(attempt.pk), attempt.intent_id, refund.amount, refund.currency)
    try:
        return adapter.refund(wanted, idempotency_key=f"{refund.pk}:refund")
    except ProviderRefused as error:
        return RefundState(
            refund_id="",
            status=State.FAILED,
            amount=refund.amount,
            currency=refund.currency,
            intent_id=attempt.intent_id,
            reference=str(refund.pk),
            failure=str(error),
        )


@transaction.atomic
def record(attempt: PaymentAttempt, state: RefundState) -> Refund:
    """Bring the ledger to a fact from the provider: our refund, one already known, or one made at the provider itself.

    Raises RefundMismatch, with nothing changed, when amount or currency are not what they should be.
    """
    attempt = lock_with_order(attempt.pk)
    refund = find(attempt, state) or adopt(attempt, state)
    if (state.amount, state.currency) != (refund.amount, refund.currency):
        raise RefundMismatch(f"refund {state.refund_id} is over {state.currency} {state.amount}, not {refund.total}")
    refund.attempt = attempt
    if may_move(refund, state):
        _move(refund, state)
        recount(attempt)
    return refund


def find(attempt: PaymentAttempt, state: RefundState) -> Refund | None:
    """The row of that refund: by the provider's name of it, or by ours."""
    mine = attempt.refunds.all()
    if state.refund_id and (known := mine.filter(provider_id=state.refund_id).first()):
        return known
    ours = parse_id(state.reference)
    return mine.filter(pk=ours).first() if ours else None


def adopt(attempt: PaymentAttempt, state: RefundState) -> Refund:
    """A row for a refund that somebody made at the provider: nobody told us for which lines."""
    if state.amount <= 0 or state.currency != attempt.captured.currency:
        raise RefundMismatch(
            f"refund {state.refund_id} of {attempt.captured.currency}: {state.currency} {state.amount}"
        )
    return open_refund(
        Refund(
            attempt=attempt,
            reason=Refund.Reason.PROVIDER,
            amount=state.amount,
            free_amount=state.amount,
            provider_id=state.refund_id,
        )
    )


def open_refund(refund: Refund) -> Refund:
    """Write a REQUESTED refund and count it in its attempt, whose row is locked by the caller."""
    refund.currency = refund.attempt.captured.currency
    refund.save(force_insert=True)
    recount(refund.attempt)
    return refund


def may_move(refund: Refund, state: RefundState) -> bool:
    """Whether that fact takes the refund further; old news does not, and no refusal undoes what was heard."""
    if refund.state == State.FAILED and not refund.provider_id:
        return bool(state.refund_id) and state.status in MOVES_WHEN_REFUSED
    if not state.refund_id and refund.state != State.REQUESTED:
        return False
    return state.status in MOVES[refund.state]


def recount(attempt: PaymentAttempt) -> None:
    """Bring the attempt (its row locked by the caller) to the sum of its refunds that have not failed."""
    total = attempt.refunds.counting().aggregate(total=Sum("amount"))["total"] or 0
    attempt.refunded_amount = min(total, attempt.captured_amount)
    attempt.save(update_fields=["refunded_amount", "updated_at"])


def _move(refund: Refund, state: RefundState) -> None:
    """Write the new state; tell who cares of money that went, and the staff of money that did not."""
    refund.state = state.status
    refund.provider_id = state.refund_id or None
    refund.last_error = state.failure[:2000]
    refund.done_at = clock.now() if refund.state != State.PENDING else None
    refund.save(update_fields=["state", "provider_id", "last_error", "done_at", "updated_at"])
    if refund.state == State.SUCCEEDED:
        emit("RefundIssued", event_detail(refund))
    elif refund.state == State.FAILED:
        order = refund.attempt.order
        raise_alert(
            key=f"refund-failed:{refund.pk}",
            title=f"{refund.total} for order {order.number} could not be refunded",
            advice=f"The provider says: {state.failure or 'no reason'}. Refund it again from the order's page, or pay "
            "the buyer another way.",
            order_id=order.pk,
        )


def event_detail(refund: Refund) -> dict[str, object]:
    """What RefundIssued says."""
    order = refund.attempt.order
    return {
        "order_id": order.pk,
        "number": order.number,
        "refund_id": str(refund.pk),
        "amount": refund.amount,
        "currency": refund.currency,
    }
