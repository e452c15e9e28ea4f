"""Intents, charges, refunds, disputes, reviews, warnings and events over the API."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from sandbox.models import Charge, Dispute, Event, FraudWarning, Intent, Refund, Review
from sandbox.stripe import paying
from sandbox.stripe.errors import ApiError, invalid, missing
from sandbox.stripe.listing import PAGING, page
from sandbox.stripe.params import EXPAND, METADATA, one_of, text, whole
from sandbox.stripe.shapes import (
    Json,
    charge_json,
    dispute_json,
    event_json,
    intent_json,
    list_json,
    refund_json,
    review_json,
    warning_json,
)

Row = TypeVar("Row", bound=Model)

ONE = {"expand": EXPAND}
LIST = {**PAGING, "payment_intent": text, "charge": text}
EVENTS = {**PAGING, "type": text, "types": [text], "created": {"gt": whole, "gte": whole}}
REFUND = {
    "payment_intent": text,
    "charge": text,
    "amount": whole,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
    "metadata": METADATA,
    "expand": EXPAND,
}


def get_intent(identifier: str, params: Json, pay_base: str) -> Json:
    return intent_json(_one(Intent.objects.all(), "payment_intent", identifier), params.get("expand", []))


def get_charge(identifier: str, params: Json, pay_base: str) -> Json:
    return charge_json(_one(Charge.objects.all(), "charge", identifier))


def get_refund(identifier: str, params: Json, pay_base: str) -> Json:
    return refund_json(_one(Refund.objects.all(), "refund", identifier))


def get_dispute(identifier: str, params: Json, pay_base: str) -> Json:
    return dispute_json(_one(Dispute.objects.all(), "dispute", identifier))


def get_review(identifier: str, params: Json, pay_base: str) -> Json:
    return review_json(_one(Review.objects.all(), "review", identifier))


def get_warning(identifier: str, params: Json, pay_base: str) -> Json:
    return warning_json(_one(FraudWarning.objects.all(), "early_fraud_warning", identifier))


def get_event(identifier: str, params: Json, pay_base: str) -> Json:
    return event_json(_one(Event.objects.all(), "event", identifier))


def list_charges(params: Json, pay_base: str) -> Json:
    rows = Charge.objects.select_related("intent").order_by("-created", "-pk")
    if "charge" in params:
        raise ApiError(400, "Received unknown parameter: charge", code="parameter_unknown", param="charge")
    if "payment_intent" in params:
        rows = rows.filter(intent_id=params["payment_intent"])
    found, more = page(rows, params)
    return list_json("/v1/charges", map(charge_json, found), has_more=more)


def list_refunds(params: Json, pay_base: str) -> Json:
    found, more = page(_of_payment(Refund.objects.all(), params), params)
    return list_json("/v1/refunds", map(refund_json, found), has_more=more)


def list_disputes(params: Json, pay_base: str) -> Json:
    found, more = page(_of_payment(Dispute.objects.all(), params), params)
    return list_json("/v1/disputes", map(dispute_json, found), has_more=more)


def list_events(params: Json, pay_base: str) -> Json:
    rows = Event.objects.order_by("-created", "-pk")
    if types := params.get("types") or ([params["type"]] if "type" in params else []):
        rows = rows.filter(type__in=types)
    events, more = page(rows, params)
    since = params.get("created", {})
    found = [event_json(event) for event in events]
    if "gte" in since:
        found = [event for event in found if event["created"] >= since["gte"]]
    if "gt" in since:
        found = [event for event in found if event["created"] > since["gt"]]
    return list_json("/v1/events", found, has_more=more and len(found) == len(events))


def create_refund(params: Json, pay_base: str) -> Json:
    made = paying.refund(
        _charge_to_refund(params),
        params.get("amount"),
        reason=params.get("reason", ""),
        metadata=params.get("metadata", {}),
    )
    return refund_json(made)


def _of_payment(rows: QuerySet[Row], params: Json) -> QuerySet[Row]:
    """Rows that belong to a charge, those of the payment asked for, the newest first."""
    asked = {"charge__intent_id": params.get("payment_intent"), "charge_id": params.get("charge")}
    wanted = {field: value for field, value in asked.items() if value is not None}
    return rows.select_related("charge__intent").filter(**wanted).order_by("-created", "-pk")


def _charge_to_refund(params: Json) -> str:
    """The charge named, or the one by which the intent was paid. Raises ApiError."""
    if ("charge" in params) == ("payment_intent" in params):
        raise invalid("One of the following params should be provided: charge, payment_intent.", "payment_intent")
    if "charge" in params:
        return _one(Charge.objects.all(), "charge", params["charge"]).pk
    intent = _one(Intent.objects.all(), "payment_intent", params["payment_intent"])
    charge = intent.charges.filter(status="succeeded").first()
    if charge is None:
        raise ApiError(400, "This PaymentIntent does not have a successful charge to refund.")
    return charge.pk


def _one(rows: QuerySet[Row], kind: str, identifier: str) -> Row:
    row = rows.filter(pk=identifier).first()
    if row is None:
        raise missing(kind, identifier)
    return row
