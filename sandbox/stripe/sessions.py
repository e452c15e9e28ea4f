"""Checkout Sessions over the API."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from sandbox.models import Session
from sandbox.money import decimals
from sandbox.stripe import paying
from sandbox.stripe.errors import ApiError, invalid, missing
from sandbox.stripe.listing import PAGING, page
from sandbox.stripe.params import EXPAND, METADATA, one_of, required, text, whole
from sandbox.stripe.shapes import Json, list_json, session_json

SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=24)
# The least that Stripe takes, in its own units.
LEAST = {"gbp": 30, "eur": 50, "usd": 50, "jpy": 50}


def currency(value: str, path: str) -> str:
    if not re.fullmatch(r"[a-z]{3}", value):
        raise invalid(f"Invalid currency: {value}", path)
    return value


ONE = {"expand": EXPAND}
LINES = {**PAGING, "expand": EXPAND}
LIST = {
    **PAGING,
    "expand": EXPAND,
    "created": {"gt": whole, "gte": whole},
    "status": one_of("open", "complete", "expired"),
    "payment_intent": text,
}
CREATE = {
    "mode": one_of("payment"),
    "ui_mode": one_of("hosted_page"),
    "client_reference_id": text,
    "customer_email": text,
    "locale": text,
    "success_url": text,
    "cancel_url": text,
    "expires_at": whole,
    "metadata": METADATA,
    "expand": EXPAND,
    "payment_method_types": [one_of("card", "sepa_debit", "paypal")],
    "payment_intent_data": {"metadata": METADATA, "description": text, "statement_descriptor_suffix": text},
    "line_items": [
        {
            "quantity": whole,
            "price_data": {
                "currency": currency,
                "unit_amount": whole,
                "product_data": {"name": text, "description": text, "images": [text], "metadata": METADATA},
            },
        }
    ],
}


def create(params: Json, pay_base: str) -> Json:
    required(params, "mode", "success_url", "line_items")
    lines = [_line(index, line) for index, line in enumerate(params["line_items"])]
    session = Session(
        amount_total=_total(lines),
        currency=lines[0]["currency"],
        client_reference_id=params.get("client_reference_id", ""),
        customer_email=params.get("customer_email", ""),
        line_items=lines,
        metadata=params.get("metadata", {}),
        intent_data=params.get("payment_intent_data", {}),
        success_url=params["success_url"],
        cancel_url=params.get("cancel_url", ""),
        expires_at=_expiry(params.get("expires_at")),
    )
    session.url = f"{pay_base}{session.id}/"
    session.save(force_insert=True)
    return session_json(session, _expanded(params))


def get(session_id: str, params: Json, pay_base: str) -> Json:
    return session_json(_locked(session_id), _expanded(params))


def list_all(params: Json, pay_base: str) -> Json:
    paying.expire_overdue()
    rows: QuerySet[Session] = Session.objects.select_related("intent").order_by("-created", "-pk")
    if "status" in params:
        rows = rows.filter(status=params["status"])
    for bound, at in params.get("created", {}).items():
        rows = rows.filter(**{f"created__{bound}": datetime.fromtimestamp(at, UTC)})
    if "payment_intent" in params:
        rows = rows.filter(intent_id=params["payment_intent"])
    found, more = page(rows, params)
    expand = {name.removeprefix("data.") for name in params.get("expand", [])}
    return list_json("/v1/checkout/sessions", (session_json(row, expand) for row in found), has_more=more)


def expire(session_id: str, params: Json, pay_base: str) -> Json:
    session = _locked(session_id)
    if session.status != Session.Status.OPEN:
        raise ApiError(
            400, f"Only Checkout Sessions with a status in [open] can be expired. This one is {session.status}."
        )
    paying.expire(session)
    return session_json(session, _expanded(params))


def line_items(session_id: str, params: Json, pay_base: str) -> Json:
    lines = _locked(session_id).line_items
    items = [
        {
            "id": f"li_sandbox_{index}",
            "object": "item",
            "amount_total": line["unit_amount"] * line["quantity"],
            "currency": line["currency"],
            "description": line["name"],
            "quantity": line["quantity"],
        }
        for index, line in enumerate(lines)
    ]
    return list_json(f"/v1/checkout/sessions/{session_id}/line_items", items)


def _locked(session_id: str) -> Session:
    try:
        return paying.locked(session_id)
    except Session.DoesNotExist:
        raise missing("checkout.session", session_id) from None


def _line(index: int, line: Json) -> Json:
    """One line, flat. Raises ApiError for what Stripe would refuse."""
    where = f"line_items[{index}]"
    price: dict[str, Any] = line.get("price_data", {})
    required(price, "currency", "product_data")
    required(price["product_data"], "name")
    amount, quantity = price.get("unit_amount", -1), line.get("quantity", 0)
    if not 0 <= amount <= 99_999_999:
        raise invalid(f"Invalid non-negative integer up to 99999999: {amount}", f"{where}[price_data][unit_amount]")
    if decimals(price["currency"]) == 3 and amount % 10:
        raise invalid(f"Amounts in {price['currency']} must end in 0: {amount}", f"{where}[price_data][unit_amount]")
    if not 1 <= quantity <= 999_999:
        raise invalid(f"This value must be between 1 and 999999: {quantity}", f"{where}[quantity]")
    product = price["product_data"]
    return {
        "name": product["name"],
        "description": product.get("description", ""),
        "unit_amount": amount,
        "quantity": quantity,
        "currency": price["currency"],
    }


def _total(lines: list[Json]) -> int:
    """The sum. Raises ApiError for mixed currencies or too little."""
    currencies = {line["currency"] for line in lines}
    if len(currencies) > 1:
        raise invalid("All line items must have the same currency.", "line_items")
    total = sum(int(line["unit_amount"]) * int(line["quantity"]) for line in lines)
    least = LEAST.get(lines[0]["currency"], 1)
    if total < least:
        raise invalid(f"The total amount due must add up to at least {least}.", "line_items", "amount_too_small")
    return total


def _expiry(timestamp: int | None) -> datetime:
    """24 hours unless it is given. Raises ApiError outside Stripe's bounds."""
    now = timezone.now()
    if timestamp is None:
        return now + LONGEST
    # Whole seconds: a request made for exactly 30 minutes is not late by its own way here.
    if not SHORTEST.total_seconds() <= timestamp - int(now.timestamp()) <= LONGEST.total_seconds():
        raise invalid("The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", "expires_at")
    return datetime.fromtimestamp(timestamp, UTC)


def _expanded(params: Json) -> set[str]:
    names = set(params.get("expand", []))
    if unknown := names - {"payment_intent"}:
        raise invalid(f"This property cannot be expanded ({', '.join(sorted(unknown))}).", "expand")
    return names
