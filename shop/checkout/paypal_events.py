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


REFUND_EVENTS = frozenset(
    {"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED", "PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"}
)


def capture_of(row: ProviderEvent) -> str:
    """The capture that a message about a refund belongs to; empty when it names none."""
    return captured_by(row.payload)


def named(row: ProviderEvent) -> tuple[str, str]:
    """The attempt that a message names, and the order at PayPal; by that order where it names no attempt."""
    event = webhook_event(row.payload)
    if event.attempt_id or not event.session_id:
        return event.attempt_id, event.session_id
    known = PaymentAttempt.objects.filter(provider=row.provider, session_id=event.session_id).first()
    return (str(known.pk) if known else ""), event.session_id
