"""What PayPal announces, and whom it is about. A reason to ask PayPal, never itself believed."""

from shop.adapters.payments_paypal import captured_by, webhook_event
from shop.payments.models import PaymentAttempt, ProviderEvent

# https://developer.paypal.com/api/rest/webhooks/event-names/
ORDER_EVENTS = frozenset(
    {
        "CHECKOUT.ORDER.APPROVED",
        "CHECKOUT.ORDER.COMPLETED",
        "CHECKOUT.ORDER.VOIDED",
        "CHECKOUT.PAYMENT-APPROVAL.REVERSED",
        "PAYMENT.CAPTURE.COMPLETED",
        "PAYMENT.CAPTURE.DECLINED",
        "PAYMENT.CAPTURE.DENIED",
        "PAYMENT.CAPTURE.PENDING",
    }
)
# PayPal itself took the money back, after a dispute or a chargeback of the buyer's bank.
REVERSED = "PAYMENT.CAPTURE.REVERSED"
REFUND_EVENTS = ("PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED")
DISPUTE_EVENTS = ("CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED")


def subject_of(row: ProviderEvent) -> tuple[str, str, str]:
    """(capture, the name of ours that it carries, id) of what a message about a payment that was made tells of.

    Each is empty where the message does not say it.
    """
    resource = row.payload["resource"]
    if row.type in DISPUTE_EVENTS:
        disputed = (resource.get("disputed_transactions") or [{}])[0]
        ids = disputed.get("seller_transaction_id"), disputed.get("custom"), resource.get("dispute_id")
    else:
        ids = captured_by(row.payload), resource.get("custom_id"), resource.get("id")
    capture, named, identifier = (str(text or "") for text in ids)
    return capture, named, identifier


def named(row: ProviderEvent) -> tuple[str, str]:
    """The attempt that a message names, and the order at PayPal; by that order where it names no attempt."""
    event = webhook_event(row.payload)
    if event.attempt_id or not event.session_id:
        return event.attempt_id, event.session_id
    known = PaymentAttempt.objects.filter(provider=row.provider, session_id=event.session_id).first()
    return (str(known.pk) if known else ""), event.session_id
