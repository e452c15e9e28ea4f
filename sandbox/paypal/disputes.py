"""A buyer of a captured order disputes it, and wins or loses. What changes runs under the order's row lock."""

from django.db import transaction

from sandbox.paypal import paying
from sandbox.paypal.errors import missing
from sandbox.paypal.models import PayPalCapture, PayPalDispute
from sandbox.paypal.params import required, text
from sandbox.paypal.shapes import Json, dispute_json, dispute_summary
from sandbox.paypal.webhooks import announce

Captured = PayPalCapture.Status
LIST = {"disputed_transaction_id": text(36)}
WON, LOST = "RESOLVED_SELLER_FAVOUR", "RESOLVED_BUYER_FAVOUR"


def get(dispute_id: str, params: Json, base: str) -> Json:
    found = PayPalDispute.objects.select_related("capture__order").filter(pk=dispute_id).first()
    if found is None:
        raise missing()
    return dispute_json(found, base)


def list_all(params: Json, base: str) -> Json:
    """Those of one payment, the newest first."""
    required(params, "", "disputed_transaction_id")
    found = PayPalDispute.objects.select_related("capture__order").filter(capture=params["disputed_transaction_id"])
    return {"items": [dispute_summary(dispute, base) for dispute in found], "links": []}


@transaction.atomic
def start(order_id: str, base: str) -> None:
    """The buyer wants back what was not refunded. Without money, or in another dispute, nothing happens."""
    order = paying.locked(order_id)
    taken = order.captures.filter(status__in=(Captured.COMPLETED, Captured.PARTIALLY_REFUNDED)).first()
    if taken is not None and not taken.disputes.filter(outcome="").exists():
        dispute = PayPalDispute.objects.create(capture=taken, value=taken.value - taken.refunded)
        announce("CUSTOMER.DISPUTE.CREATED", "dispute", dispute_json(dispute, base))


@transaction.atomic
def close(order_id: str, base: str, *, won: bool) -> None:
    """PayPal has decided; what the shop loses, and did not give back meanwhile, goes to the buyer."""
    order = paying.locked(order_id)
    dispute = PayPalDispute.objects.select_related("capture").filter(capture__order=order, outcome="").first()
    if dispute is None:
        return
    dispute.outcome = WON if won else LOST
    dispute.save(update_fields=["outcome"])
    announce("CUSTOMER.DISPUTE.RESOLVED", "dispute", dispute_json(dispute, base))
    left = dispute.capture.value - dispute.capture.refunded
    if not won and left:
        paying.refund(dispute.capture, min(dispute.value, left), base, told="PAYMENT.CAPTURE.REVERSED")
