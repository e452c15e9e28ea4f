"""Rows as the JSON objects that Stripe sends."""

from collections.abc import Collection, Iterable
from typing import Any

import stripe

from sandbox.models import (
    Charge,
    Dispute,
    Event,
    FraudWarning,
    Intent,
    Refund,
    Review,
    Session,
    metadata_of,
)

Json = dict[str, Any]


def session_json(session: Session, expand: Collection[str] = ()) -> Json:
    """A Checkout Session; `payment_intent` is its id unless it is expanded."""
    intent: Any = session.intent_id
    if session.intent and "payment_intent" in expand:
        intent = intent_json(session.intent)
    return {
        "id": session.id,
        "object": "checkout.session",
        "amount_subtotal": session.amount_total,
        "amount_total": session.amount_total,
        "cancel_url": session.cancel_url or None,
        "client_reference_id": session.client_reference_id or None,
        "created": int(session.created.timestamp()),
        "currency": session.currency,
        "customer": None,
        "customer_details": {"email": session.customer_email or None},
        "customer_email": session.customer_email or None,
        "expires_at": int(session.expires_at.timestamp()),
        "livemode": False,
        "metadata": metadata_of(session),
        "mode": "payment",
        "payment_intent": intent,
        "payment_method_types": ["card", "sepa_debit"],
        "payment_status": session.payment_status,
        "status": session.status,
        "success_url": session.success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": session.url if session.status == Session.Status.OPEN else None,
    }


def intent_json(intent: Intent, expand: Collection[str] = ()) -> Json:
    charge = intent.charges.first()
    latest: Any = charge.id if charge else None
    if charge and "latest_charge" in expand:
        latest = charge_json(charge)
    return {
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_received": intent.amount if intent.status == Intent.Status.SUCCEEDED else 0,
        "created": int(intent.created.timestamp()),
        "currency": intent.currency,
        "description": intent.description or None,
        "last_payment_error": intent.last_error,
        "latest_charge": latest,
        "livemode": False,
        "metadata": metadata_of(intent),
        "status": intent.status,
    }


def charge_json(charge: Charge) -> Json:
    return {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.amount if charge.status == "succeeded" else 0,
        "amount_refunded": charge.amount_refunded,
        "captured": charge.status == "succeeded",
        "created": int(charge.created.timestamp()),
        "currency": charge.intent.currency,
        "failure_code": charge.failure_code or None,
        "failure_message": charge.failure_message or None,
        "livemode": False,
        "metadata": metadata_of(charge.intent),
        "paid": charge.status == "succeeded",
        "payment_intent": charge.intent_id,
        "payment_method_details": charge.method,
        "refunded": charge.amount_refunded == charge.amount,
        "status": charge.status,
    }


def refund_json(refund: Refund) -> Json:
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "charge": refund.charge_id,
        "created": int(refund.created.timestamp()),
        "currency": refund.charge.intent.currency,
        **({"failure_reason": refund.failure_reason} if refund.failure_reason else {}),
        "metadata": metadata_of(refund),
        "payment_intent": refund.charge.intent_id,
        "reason": refund.reason or None,
        "status": refund.status,
    }


def dispute_json(dispute: Dispute) -> Json:
    """What the bank took stands in it as long as it is not won."""
    taken = [] if dispute.status == "won" else [{"amount": -dispute.amount, "object": "balance_transaction"}]
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": taken,
        "charge": dispute.charge_id,
        "created": int(dispute.created.timestamp()),
        "currency": dispute.charge.intent.currency,
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": dispute.charge.intent_id,
        "reason": dispute.reason,
        "status": dispute.status,
    }


def review_json(review: Review) -> Json:
    return {
        "id": review.id,
        "object": "review",
        "charge": review.charge_id,
        "closed_reason": review.closed_reason or None,
        "created": int(review.created.timestamp()),
        "livemode": False,
        "open": review.open,
        "opened_reason": "rule",
        "payment_intent": review.charge.intent_id,
        "reason": review.closed_reason or "rule",
    }


def warning_json(warning: FraudWarning) -> Json:
    return {
        "id": warning.id,
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": warning.charge_id,
        "created": int(warning.created.timestamp()),
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
        "payment_intent": warning.charge.intent_id,
    }


def event_json(event: Event) -> Json:
    return {
        "id": event.id,
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(event.created.timestamp()),
        "data": {"object": event.object},
        "livemode": False,
        "pending_webhooks": event.deliveries.filter(state="waiting").count(),
        "request": {"id": None, "idempotency_key": None},
        "type": event.type,
    }


def list_json(url: str, items: Iterable[Json], *, has_more: bool = False) -> Json:
    return {"object": "list", "url": url, "data": list(items), "has_more": has_more}
