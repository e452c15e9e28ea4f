"""What becomes of money after it was taken: refunds made at the provider, disputes, reviews, warnings of fraud.

A message names the thing, the provider says how it stands. A dispute, a review or a warning stops the order from being
sent and tells the staff; it never refunds anything by itself.
"""

from collections.abc import Callable

from django.db import transaction

from shop.adapters.payments import Concern, DisputeState, ProviderRefused
from shop.alerts.services import close_alerts
from shop.checkout import advice, paypal_events
from shop.orders import holds
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.payments import disputes, refunds
from shop.payments import services as payments
from shop.payments.calls import provider_of
from shop.payments.models import PaymentAttempt

Kind = OrderHold.Kind


def read_refunds(attempt: PaymentAttempt, refund_id: str) -> None:
    """Bring the ledger to all that the provider lists for this payment, whoever made it."""
    refunds.read_all(attempt)


def read_dispute(attempt: PaymentAttempt, dispute_id: str) -> None:
    """Bring ledger and hold to how the dispute stands."""
    provider = provider_of(attempt)
    if not apply_dispute(attempt, provider.retrieve_dispute(dispute_id)):
        # Its end was written down while this one asked, or it was opened again: what is asked for now is newer.
        apply_dispute(attempt, provider.retrieve_dispute(dispute_id), is_second_look=True)


@transaction.atomic
def apply_dispute(attempt: PaymentAttempt, fact: DisputeState, *, is_second_look: bool = False) -> bool:
    """Hold the order until the dispute is won; a lost one stays with the staff.

    False, with nothing changed, for one that was over already and now shall be open: only a second look can tell.
    """
    refuse_foreign(attempt, fact.intent_id)
    order = lock_order(attempt)
    reopened = fact.outcome == "open" and disputes.is_closed(fact.dispute_id)
    if reopened and not is_second_look:
        return False
    dispute = disputes.record(attempt, fact)
    holds.place(order, Kind.DISPUTE, fact.dispute_id, fact.reason)
    if fact.outcome == "won":
        holds.lift(Kind.DISPUTE, fact.dispute_id)
        close_alerts(advice.key_of(Kind.DISPUTE, fact.dispute_id))
    else:
        holds.renew(Kind.DISPUTE, fact.dispute_id)
        advice.disputed(order, dispute, is_lost=fact.outcome == "lost")
    return True


def read_disputes(attempt: PaymentAttempt) -> None:
    """Bring ledger and holds to all disputes that the provider lists for this payment."""
    for dispute_id in provider_of(attempt).list_disputes(attempt.intent_id):
        read_dispute(attempt, dispute_id)


def read_reversal(attempt: PaymentAttempt, reversal_id: str) -> None:
    """The provider took money back by itself: what it lists of that is in the ledgers, and nothing leaves the house.

    That there was a reversal is the message's word, whose sender is verified: the provider need not list one.
    """
    refunds.read_all(attempt)
    read_disputes(attempt)
    with transaction.atomic():
        order = lock_order(attempt)
        if holds.place(order, Kind.DISPUTE, reversal_id, "taken back by the provider"):
            advice.reversed_payment(order, attempt, reversal_id)


def read_review(attempt: PaymentAttempt, review_id: str) -> None:
    apply_concern(attempt, provider_of(attempt).retrieve_review(review_id), Kind.REVIEW)


def read_fraud_warning(attempt: PaymentAttempt, warning_id: str) -> None:
    apply_concern(attempt, provider_of(attempt).retrieve_fraud_warning(warning_id), Kind.FRAUD_WARNING)


@transaction.atomic
def apply_concern(attempt: PaymentAttempt, fact: Concern, kind: OrderHold.Kind) -> None:
    """Hold the order while the concern stands, and let it go once it does not."""
    refuse_foreign(attempt, fact.intent_id)
    order = lock_order(attempt)
    if not fact.stands:
        holds.lift(kind, fact.concern_id)
        close_alerts(advice.key_of(kind, fact.concern_id))
    elif holds.place(order, kind, fact.concern_id, fact.reason):
        advice.suspected(order, attempt, kind, fact)


def refuse_foreign(attempt: PaymentAttempt, intent_id: str) -> None:
    """Raise ProviderRefused unless the provider says that it is about this payment."""
    if intent_id != attempt.intent_id:
        raise ProviderRefused(f"{intent_id or 'nothing'} is not the intent of payment {attempt.pk}")


def lock_order(attempt: PaymentAttempt) -> Order:
    """The attempt's order, locked, and the attempt after it."""
    return payments.lock_with_order(attempt.pk).order


# What the providers announce about payments that were made. Each needs the attempt and the id of what it is about.
READERS: dict[str, Callable[[PaymentAttempt, str], None]] = {
    **dict.fromkeys(paypal_events.REFUND_EVENTS, read_refunds),
    **dict.fromkeys(paypal_events.DISPUTE_EVENTS, read_dispute),
    paypal_events.REVERSED: read_reversal,
    **dict.fromkeys(("refund.created", "refund.updated", "refund.failed", "charge.refunded"), read_refunds),
    **dict.fromkeys(
        (
            "charge.dispute.created",
            "charge.dispute.updated",
            "charge.dispute.closed",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.funds_reinstated",
        ),
        read_dispute,
    ),
    "review.opened": read_review,
    "review.closed": read_review,
    "radar.early_fraud_warning.created": read_fraud_warning,
}
