"""The ledger of disputes: what a bank takes back, or may take back. Nothing is ever refunded because of one."""

from shop.adapters.payments import DisputeState
from shop.core import clock
from shop.payments.models import Dispute, PaymentAttempt


def is_closed(dispute_id: str) -> bool:
    """Whether the ledger has heard of its end; true as long as the caller locks its attempt."""
    return Dispute.objects.filter(provider_id=dispute_id).exclude(closed_at=None).exists()


def record(attempt: PaymentAttempt, state: DisputeState) -> Dispute:
    """Bring the ledger to what the provider says now (order and attempt locked by the caller); the row."""
    now = {
        "state": state.status[:40],
        "reason": state.reason[:80],
        "amount": state.amount,
        "currency": state.currency,
        "withdrawn": state.withdrawn,
    }
    dispute, _ = Dispute.objects.update_or_create(
        provider_id=state.dispute_id, defaults=now, create_defaults={**now, "attempt": attempt}
    )
    closed = state.outcome != "open"
    if closed != bool(dispute.closed_at):
        dispute.closed_at = clock.now() if closed else None
        dispute.save(update_fields=["closed_at", "updated_at"])
    return dispute
