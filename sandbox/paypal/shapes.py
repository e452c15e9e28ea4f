"""Rows as the JSON objects that PayPal sends."""

from typing import Any

from sandbox.paypal.amounts import money_json
from sandbox.paypal.models import PayPalCapture, PayPalDispute, PayPalOrder, PayPalRefund

Json = dict[str, Any]
TIME = "%Y-%m-%dT%H:%M:%SZ"


def order_json(order: PayPalOrder, base: str) -> Json:
    """An order with its payments. base: the address below which the API lies."""
    unit = dict(order.unit)
    captures = list(order.captures.order_by("created"))
    if captures:
        refunds = PayPalRefund.objects.filter(capture__in=captures).select_related("capture__order").order_by("created")
        unit["payments"] = {
            "captures": [capture_json(capture, base) for capture in captures],
            "refunds": [refund_json(refund, base) for refund in refunds],
        }
    links = [link(f"{base}v2/checkout/orders/{order.id}", "self")]
    if order.status == PayPalOrder.Status.PAYER_ACTION_REQUIRED:
        links.append(link(f"{base}approve/{order.id}/", "payer-action"))
    return {
        "id": order.id,
        "intent": "CAPTURE",
        "status": order.status,
        "create_time": order.created.strftime(TIME),
        "payment_source": {"paypal": {}},
        "purchase_units": [unit],
        "links": links,
    }


def capture_json(capture: PayPalCapture, base: str) -> Json:
    order = capture.order
    return {
        "id": capture.id,
        "status": capture.status,
        "amount": money_json(capture.value, order.currency),
        "final_capture": True,
        "custom_id": order.unit.get("custom_id", ""),
        "invoice_id": order.unit.get("invoice_id", ""),
        "status_details": {"reason": "ECHECK"} if capture.status == PayPalCapture.Status.PENDING else {},
        "supplementary_data": {"related_ids": {"order_id": order.id}},
        "create_time": capture.created.strftime(TIME),
        "links": [
            link(f"{base}v2/payments/captures/{capture.id}", "self"),
            link(f"{base}v2/payments/captures/{capture.id}/refund", "refund", "POST"),
            link(f"{base}v2/checkout/orders/{order.id}", "up"),
        ],
    }


def refund_json(refund: PayPalRefund, base: str) -> Json:
    return {
        "id": refund.id,
        "status": "COMPLETED",
        "amount": money_json(refund.value, refund.capture.order.currency),
        # A refund made at PayPal itself repeats what the payment carries.
        "custom_id": refund.custom_id or refund.capture.order.unit.get("custom_id", ""),
        "note_to_payer": refund.note,
        "create_time": refund.created.strftime(TIME),
        "links": [
            link(f"{base}v2/payments/refunds/{refund.id}", "self"),
            link(f"{base}v2/payments/captures/{refund.capture_id}", "up"),
        ],
    }


def dispute_json(dispute: PayPalDispute, base: str) -> Json:
    """https://developer.paypal.com/docs/api/customer-disputes/v1/"""
    unit = dispute.capture.order.unit
    disputed = {
        "seller_transaction_id": dispute.capture_id,
        "invoice_number": unit.get("invoice_id", ""),
        "custom": unit.get("custom_id", ""),
    }
    outcome = {"dispute_outcome": {"outcome_code": dispute.outcome}} if dispute.outcome else {}
    return {**dispute_summary(dispute, base), "disputed_transactions": [disputed], **outcome}


def dispute_summary(dispute: PayPalDispute, base: str) -> Json:
    """As a list shows it."""
    return {
        "dispute_id": dispute.id,
        "create_time": dispute.created.strftime(TIME),
        "reason": dispute.reason,
        "status": "RESOLVED" if dispute.outcome else "OPEN",
        "dispute_amount": money_json(dispute.value, dispute.capture.order.currency),
        "links": [link(f"{base}v1/customer/disputes/{dispute.id}", "self")],
    }


def link(href: str, rel: str, method: str = "GET") -> Json:
    return {"href": href, "rel": rel, "method": method}
