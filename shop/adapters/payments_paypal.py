"""PayPal through its Orders v2 API. The local sandbox is another base address, nothing else.

A buyer who agrees at PayPal has paid nothing yet: the shop takes the money with capture(). So PayPal has no call that
closes a page, and none is needed: an order that is not captured is not charged. Giving a page up means that the shop
has decided, under the order's lock, never to capture it (shop/checkout/capturing.py); PayPal forgets it within hours.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote, urlsplit

from django.conf import settings

from shop.adapters.network import refuse_inside_transaction
from shop.adapters.payments import (
    BadWebhook,
    Concern,
    DisputeState,
    PageGone,
    PayLine,
    ProviderRefused,
    ProviderUnavailable,
    RefundRequest,
    RefundState,
    SessionRequest,
    SessionState,
    WebhookEvent,
)
from shop.adapters.paypal_client import PayPalRefused, base_address, call
from shop.adapters.paypal_orders import (
    CURRENCIES,
    LONGEST_NAME,
    REFUND_PREFIX,
    ItemParams,
    Json,
    OrderParams,
    PurchaseUnitParams,
    RefundParams,
    dispute_state,
    link,
    money,
    refund_state,
    session_state,
)

ORDERS, CAPTURES = "/v2/checkout/orders", "/v2/payments/captures"
DISPUTES = "/v1/customer/disputes"
VERIFY = "/v1/notifications/verify-webhook-signature"
# The fields of a verification and the headers they come from, with what they may look like: a stranger's nonsense is
# not worth a call.
SIGNED_BY = {
    "auth_algo": ("PayPal-Auth-Algo", r"[A-Za-z0-9]{1,100}"),
    "cert_url": ("PayPal-Cert-Url", r"https?://[!-~]{1,480}"),
    "transmission_id": ("PayPal-Transmission-Id", r"[\w-]{1,50}"),
    "transmission_sig": ("PayPal-Transmission-Sig", r"[A-Za-z0-9+/=]{1,500}"),
    "transmission_time": ("PayPal-Transmission-Time", r"[0-9T:.Z+-]{1,64}"),
}


class PayPalProvider:
    """The `paypal` entry of settings.PAYMENT_PROVIDERS."""

    name = "paypal"
    captures = True

    def takes(self, currency: str) -> bool:
        return currency in CURRENCIES

    def lowest(self, currency: str) -> int:
        return 1

    def freeze(self, request: SessionRequest) -> dict[str, Any]:
        """OrderParams as JSON. The address stays with the shop: PayPal is told that it has nothing to ship."""
        params: OrderParams = {
            "intent": "CAPTURE",
            "purchase_units": [_unit(request)],
            "payment_source": {
                "paypal": {
                    "experience_context": {
                        "brand_name": settings.SHOP_NAME,
                        "locale": "en-GB",
                        "shipping_preference": "NO_SHIPPING",
                        "user_action": "PAY_NOW",
                        "return_url": request.success_url,
                        "cancel_url": request.cancel_url,
                    }
                }
            },
        }
        return cast("dict[str, Any]", params)

    def create_session(self, params: Mapping[str, Any], *, idempotency_key: str) -> SessionState:
        with _calling():
            return session_state(call("POST", ORDERS, dict(params), request_id=idempotency_key))

    def retrieve_session(self, session_id: str) -> SessionState:
        with _calling():
            return session_state(call("GET", _order_path(session_id)))

    def expire_session(self, session_id: str) -> SessionState:
        """Nothing to call: the order as it is. That it is never captured is up to the shop."""
        return self.retrieve_session(session_id)

    def capture(self, session_id: str, *, idempotency_key: str) -> SessionState:
        try:
            with _calling():
                path = f"{_order_path(session_id)}/capture"
                return session_state(call("POST", path, {}, request_id=idempotency_key))
        except ProviderRefused as refused:
            # An earlier call may have been carried out unknown to us, and only the order itself says that it was not.
            return self._despite(refused, session_id)

    def list_sessions(self, *, limit: int = 100, since: datetime | None = None) -> list[SessionState]:
        """Always empty: PayPal has no list of orders."""
        return []

    def list_events(self, *, since: datetime, limit: int = 100) -> list[WebhookEvent]:
        """Always empty: every payment of ours is asked about by its own id until it has ended."""
        return []

    def refund(self, request: RefundRequest, *, idempotency_key: str) -> RefundState:
        params: RefundParams = {
            "amount": money(request.amount, request.currency),
            "custom_id": f"{REFUND_PREFIX}{request.reference}",
        }
        with _calling():
            path = f"{_capture_path(request.intent_id)}/refund"
            made = call("POST", path, cast("Json", params), request_id=idempotency_key)
            return refund_state(made, request.intent_id)

    def list_refunds(self, intent_id: str) -> list[RefundState]:
        with _calling():
            capture = call("GET", _capture_path(intent_id))
            order = call("GET", _order_path(str(capture["supplementary_data"]["related_ids"]["order_id"])))
            found = order["purchase_units"][0].get("payments", {}).get("refunds", [])
            found.sort(key=lambda refund: datetime.fromisoformat(refund["create_time"]), reverse=True)
            return [refund_state(refund, intent_id) for refund in found]

    def retrieve_dispute(self, dispute_id: str) -> DisputeState:
        with _calling():
            return dispute_state(call("GET", f"{DISPUTES}/{_quoted(dispute_id)}"))

    def list_disputes(self, intent_id: str) -> list[str]:
        with _calling():
            found = call("GET", f"{DISPUTES}?disputed_transaction_id={_quoted(intent_id)}")
            return [str(dispute["dispute_id"]) for dispute in found.get("items", [])]

    def retrieve_review(self, review_id: str) -> Concern:
        raise ProviderRefused(f"PayPal has no reviews: {review_id}")

    def retrieve_fraud_warning(self, warning_id: str) -> Concern:
        raise ProviderRefused(f"PayPal has no early fraud warnings: {warning_id}")

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """PayPal itself is asked whether it sent that. ProviderUnavailable when it cannot be asked."""
        if not settings.PAYPAL_WEBHOOK_ID:
            raise BadWebhook("no webhook of PayPal's is set up (PAYPAL_WEBHOOK_ID)")
        try:
            event = webhook_event(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadWebhook("the body is not an event") from error
        try:
            with _calling():
                answer = call("POST", VERIFY, _verification(body, headers))
        except ProviderRefused as refused:
            raise BadWebhook(f"the signature cannot be verified: {refused}") from refused
        if answer.get("verification_status") != "SUCCESS":
            raise BadWebhook("the signature does not verify")
        return event

    def _despite(self, refused: ProviderRefused, session_id: str) -> SessionState:
        """What became of an order whose capture was refused. Raises the refusal when it is certainly not captured."""
        try:
            session = self.retrieve_session(session_id)
        except ProviderRefused as unreadable:
            raise ProviderUnavailable(f"{refused}; and the order cannot be read: {unreadable}") from refused
        if session.status == "complete":
            return session
        if isinstance(refused, PayPalRefused) and refused.issue == "ORDER_ALREADY_CAPTURED":
            raise ProviderUnavailable(f"{refused}; but the order does not show it yet") from refused
        raise refused


def webhook_event(payload: dict[str, Any]) -> WebhookEvent:
    """PayPal's message. Orders and captures name the attempt; what is about a refund names neither page nor attempt."""
    resource = payload["resource"]
    is_order = str(payload["event_type"]).startswith("CHECKOUT.")
    unit = (resource.get("purchase_units") or [{}])[0] if is_order else resource
    related = (resource.get("supplementary_data") or {}).get("related_ids") or {}
    order_id = (resource.get("id") or resource.get("order_id")) if is_order else related.get("order_id")
    is_refund = "REFUND" in str(payload["event_type"]) or str(payload.get("resource_type")) == "refund"
    return WebhookEvent(
        event_id=str(payload["id"]),
        type=str(payload["event_type"]),
        payload=payload,
        session_id=str(order_id or ""),
        attempt_id="" if is_refund else str(unit.get("custom_id") or ""),
    )


def captured_by(payload: dict[str, Any]) -> str:
    """The capture that a message about a refund or a reversal belongs to; empty when it names none."""
    resource = payload["resource"]
    if payload.get("resource_type") == "capture":
        return str(resource.get("id") or "")
    related = (resource.get("supplementary_data") or {}).get("related_ids") or {}
    return str(related.get("capture_id") or link(resource, "up").rstrip("/").rpartition("/")[2])


@contextmanager
def _calling() -> Iterator[None]:
    """Around calls and the reading of their answers: outside transactions, and an unreadable answer is no answer."""
    refuse_inside_transaction()
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ProviderUnavailable(f"PayPal's answer cannot be read: {error!r}") from error


def _verification(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The question whether PayPal signed that. Its signature covers the bytes, so they are passed on as they came."""
    fields = {"webhook_id": settings.PAYPAL_WEBHOOK_ID}
    for field, (header, shape) in SIGNED_BY.items():
        value = headers.get(header, "")
        if not re.fullmatch(shape, value, re.ASCII):
            raise BadWebhook(f"the header {header} is missing or wrong")
        fields[field] = value
    if not _is_paypals(fields["cert_url"]):
        raise BadWebhook("the certificate is not PayPal's")
    return json.dumps(fields).encode().removesuffix(b"}") + b', "webhook_event": ' + body.strip() + b"}"


def _is_paypals(address: str) -> bool:
    """Whether an address is at PayPal, or where a local sandbox stands in for it."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return host.endswith(".paypal.com") or host == urlsplit(base_address()).hostname


def _unit(request: SessionRequest) -> PurchaseUnitParams:
    total = sum(line.unit_amount * line.quantity for line in request.lines)
    amount = money(total, request.currency)
    return {
        "custom_id": str(request.attempt_id),
        # PayPal refuses to take money for the same one twice, so every attempt has its own.
        "invoice_id": f"{request.reference}-{request.attempt_id.hex[:12]}",
        "description": f"Order {request.reference}",
        "amount": {**amount, "breakdown": {"item_total": amount}},
        "items": [_item(line, request.currency) for line in request.lines],
    }


def _item(line: PayLine, currency: str) -> ItemParams:
    item: ItemParams = {
        "name": line.name[:LONGEST_NAME],
        "quantity": str(line.quantity),
        "unit_amount": money(line.unit_amount, currency),
    }
    if line.description:
        item["description"] = line.description[:LONGEST_NAME]
    return item


def _order_path(session_id: str) -> str:
    return f"{ORDERS}/{_quoted(session_id)}"


def _capture_path(capture_id: str) -> str:
    return f"{CAPTURES}/{_quoted(capture_id)}"


def _quoted(name: str) -> str:
    """A name as one step of a path. PageGone for what cannot be one: it may come from outside."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,120}", name):
        raise PageGone("no such name at PayPal")
    return quote(name)
