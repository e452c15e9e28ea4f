"""What may happen to a payment after it was made: disputes, reviews, warnings of fraud, refunds in the dashboard."""

from django.db import transaction

from sandbox.models import Charge, Dispute, FraudWarning, Refund, Review, Session
from sandbox.stripe import paying
from sandbox.stripe.announce import announce
from sandbox.stripe.errors import ApiError
from sandbox.stripe.shapes import dispute_json, refund_json, review_json, warning_json


def charge_of(session_id: str) -> Charge | None:
    """The charge by which a payment page was paid, locked."""
    session = Session.objects.select_for_update(of=("self",)).get(pk=session_id)
    paid = Charge.objects.filter(intent=session.intent_id, status="succeeded")
    return paid.select_related("intent").select_for_update(of=("self",)).first()


@transaction.atomic
def open_dispute(session_id: str) -> Dispute | None:
    """The buyer's bank takes back what was not refunded. Nothing happens without a payment, or when it did before."""
    charge = charge_of(session_id)
    if not charge or charge.amount_refunded == charge.amount or charge.disputes.exclude(status="won").exists():
        return None
    dispute = Dispute.objects.create(charge=charge, amount=charge.amount - charge.amount_refunded)
    announce("charge.dispute.created", dispute_json(dispute))
    announce("charge.dispute.funds_withdrawn", dispute_json(dispute))
    return dispute


@transaction.atomic
def close_dispute(session_id: str, *, won: bool) -> None:
    """The card network's word on the open dispute."""
    charge = charge_of(session_id)
    for dispute in charge.disputes.filter(status="needs_response") if charge else ():
        dispute.status = "won" if won else "lost"
        dispute.save(update_fields=["status"])
        announce("charge.dispute.closed", dispute_json(dispute))
        if won:
            announce("charge.dispute.funds_reinstated", dispute_json(dispute))


@transaction.atomic
def open_review(session_id: str) -> Review | None:
    """The provider wants somebody to look at the payment; one review at a time."""
    charge = charge_of(session_id)
    if not charge or charge.reviews.filter(open=True).exists():
        return None
    review = Review.objects.create(charge=charge)
    announce("review.opened", review_json(review))
    return review


@transaction.atomic
def close_review(session_id: str, closed_reason: str = "approved") -> None:
    """Somebody has looked."""
    charge = charge_of(session_id)
    for review in charge.reviews.filter(open=True) if charge else ():
        review.open, review.closed_reason = False, closed_reason
        review.save(update_fields=["open", "closed_reason"])
        announce("review.closed", review_json(review))


@transaction.atomic
def warn(session_id: str) -> FraudWarning | None:
    """A card network's early warning of fraud."""
    charge = charge_of(session_id)
    if not charge:
        return None
    warning = FraudWarning.objects.create(charge=charge)
    announce("radar.early_fraud_warning.created", warning_json(warning))
    return warning


@transaction.atomic
def refund_here(session_id: str) -> Refund | None:
    """A refund in the provider's dashboard: half of what is left, without any name of the shop's."""
    charge = charge_of(session_id)
    left = charge.amount - charge.amount_refunded if charge else 0
    try:
        return paying.refund(charge.pk, (left + 1) // 2) if charge and left else None
    except ApiError:
        return None


@transaction.atomic
def fail_refund(session_id: str) -> None:
    """The buyer's bank sends the newest refund back."""
    charge = charge_of(session_id)
    refund = charge.refunds.exclude(status="failed").order_by("-created").first() if charge else None
    if charge and refund:
        refund.status, refund.failure_reason = "failed", "lost_or_stolen_card"
        refund.save(update_fields=["status", "failure_reason"])
        charge.amount_refunded -= refund.amount
        charge.save(update_fields=["amount_refunded"])
        announce("refund.failed", refund_json(refund))
        announce("refund.updated", refund_json(refund))
