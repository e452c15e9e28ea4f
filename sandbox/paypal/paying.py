"""What happens to an order, its captures and refunds. Everything here runs under the order's row lock."""

from decimal import Decimal

from django.db import transaction

from sandbox.paypal.errors import refused
from sandbox.paypal.models import PayPalCapture, PayPalOrder, PayPalRefund
from sandbox.paypal.shapes import capture_json, order_json, refund_json
from sandbox.paypal.webhooks import announce

Status, Captured = PayPalOrder.Status, PayPalCapture.Status
Funding = PayPalOrder.Funding


def locked(order_id: str) -> PayPalOrder:
    """The order, locked. Raises PayPalOrder.DoesNotExist, also for one that PayPal has forgotten."""
    return PayPalOrder.objects.select_for_update().exclude(status=Status.FORGOTTEN).get(pk=order_id)


@transaction.atomic
def approve(order_id: str, funding: str, base: str) -> PayPalOrder:
    """The buyer agreed to pay, and how. Only an order that waits for them changes."""
    order = locked(order_id)
    if order.status == Status.PAYER_ACTION_REQUIRED:
        order.status, order.funding = Status.APPROVED, funding
        order.save(update_fields=["status", "funding"])
        announce("CHECKOUT.ORDER.APPROVED", "checkout-order", order_json(order, base))
    return order


def capture(order: PayPalOrder, base: str) -> PayPalCapture:
    """Take the money of an approved order (its row locked). Raises ApiError."""
    if order.status == Status.COMPLETED:
        raise refused("ORDER_ALREADY_CAPTURED", "Order already captured.")
    if order.status != Status.APPROVED:
        raise refused("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
    if order.funding == Funding.DECLINED:
        raise refused("INSTRUMENT_DECLINED", "The instrument presented was declined. Please select another one.")
    if invoice := order.unit.get("invoice_id"):
        _refuse_duplicate(order, invoice)
    pending = order.funding == Funding.ECHECK
    status = Captured.PENDING if pending else Captured.COMPLETED
    made = PayPalCapture.objects.create(order=order, value=order.value, status=status)
    order.status = Status.COMPLETED
    order.save(update_fields=["status"])
    announce(f"PAYMENT.CAPTURE.{status.value}", "capture", capture_json(made, base))
    return made


@transaction.atomic
def settle(order_id: str, base: str, *, succeeds: bool) -> None:
    """The bank's answer to an eCheck. Without one waiting, nothing happens."""
    order = locked(order_id)
    waiting = order.captures.filter(status=Captured.PENDING).first()
    if waiting is not None:
        waiting.status = Captured.COMPLETED if succeeds else Captured.DECLINED
        waiting.save(update_fields=["status"])
        event = "PAYMENT.CAPTURE.COMPLETED" if succeeds else "PAYMENT.CAPTURE.DENIED"
        announce(event, "capture", capture_json(waiting, base))


@transaction.atomic
def forget(order_id: str) -> None:
    """PayPal lets go of an order that was never captured, as it does after some hours."""
    order = locked(order_id)
    if not order.captures.exists():
        order.status = Status.FORGOTTEN
        order.save(update_fields=["status"])


@transaction.atomic
def refund_rest(order_id: str, base: str) -> None:
    """Somebody gives back, at PayPal itself, all that is left. Without anything left, nothing happens."""
    order = locked(order_id)
    taken = order.captures.filter(status__in=(Captured.COMPLETED, Captured.PARTIALLY_REFUNDED)).first()
    if taken is not None:
        refund(taken, None, base)


def refund(
    taken: PayPalCapture, value: Decimal | None, base: str, told: str = "PAYMENT.CAPTURE.REFUNDED", **fields: str
) -> PayPalRefund:
    """Give money back (the order's row locked); all that is left without a value. Raises ApiError beyond that."""
    if taken.status == Captured.REFUNDED:
        raise refused("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded.")
    if taken.status not in (Captured.COMPLETED, Captured.PARTIALLY_REFUNDED):
        raise refused("REFUND_NOT_ALLOWED", f"A capture that is {taken.status} cannot be refunded.")
    left = taken.value - taken.refunded
    value = left if value is None else value
    if value > left:
        words = "The refund amount must be less than or equal to what has not yet been refunded."
        raise refused("REFUND_AMOUNT_EXCEEDED", words, "/amount/value")
    made = PayPalRefund.objects.create(capture=taken, value=value, **fields)
    taken.refunded += value
    taken.status = Captured.REFUNDED if taken.refunded == taken.value else Captured.PARTIALLY_REFUNDED
    taken.save(update_fields=["refunded", "status"])
    announce(told, "refund", refund_json(made, base))
    return made


def _refuse_duplicate(order: PayPalOrder, invoice: str) -> None:
    same = PayPalOrder.objects.filter(unit__invoice_id=invoice, status=Status.COMPLETED).exclude(pk=order.pk)
    if same.exists():
        raise refused("DUPLICATE_INVOICE_ID", "Duplicate Invoice ID detected.", "/purchase_units/0/invoice_id")
