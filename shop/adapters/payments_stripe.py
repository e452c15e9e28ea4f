"""Stripe Checkout (hosted page) through the stripe client. The local sandbox is another base address, nothing else."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from babel.numbers import get_currency_precision
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from shop.adapters.network import refuse_inside_transaction
from shop.adapters.payments import (
    BadWebhook,
    Concern,
    DisputeState,
    PayLine,
    ProviderRefused,
    ProviderUnavailable,
    RefundRequest,
    RefundState,
    SessionRequest,
    SessionState,
    WebhookEvent,
)

if TYPE_CHECKING:
    from stripe import Dispute, PaymentIntent, Refund, StripeClient
    from stripe.checkout import Session
    from stripe.params import EventListParams, RefundCreateParams
    from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItem, SessionListParams

# A buyer waits for these calls, and on Lambda a second spent waiting is paid for.
TIMEOUT_SECONDS = 8
NETWORK_RETRIES = 1
WEBHOOK_TOLERANCE_SECONDS = 300
STRIPE_HOST = "api.stripe.com"
# Statuses after which nobody can say whether the request was carried out.
UNCERTAIN = frozenset({409, 429})
# What Stripe counts in whole units; everything else has two decimals, or three.
# https://docs.stripe.com/currencies#zero-decimal
ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
# Minor units; of other currencies Stripe names no least amount.
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
LOWEST = {
    **dict.fromkeys(["AUD", "BRL", "CAD", "CHF", "EUR", "INR", "JPY", "NZD", "SGD", "USD"], 50),
    **{"AED": 200, "BGN": 100, "CZK": 1500, "DKK": 250, "GBP": 30, "HKD": 400, "HUF": 17500, "MXN": 1000},
    **{"MYR": 200, "NOK": 300, "PLN": 200, "RON": 200, "SEK": 300, "THB": 1000},
}
# The most that a list gives at once, and the messages worth asking for when they did not come.
PAGE = 100
MONEY_EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "radar.early_fraud_warning.created",
    "review.opened",
    "review.closed",
)
# https://docs.stripe.com/api/disputes/object: a closed warning never took money; what was prevented neither.
DISPUTE_OUTCOME = {"won": "won", "warning_closed": "won", "prevented": "won", "lost": "lost"}
# How a review may end with the payment found good. Other ends (refunded as fraud, disputed ...) keep the order here.
REVIEW_PASSED = frozenset({"approved", "acknowledged", "redacted"})
# "requires_action" waits for the buyer's bank details; a canceled refund gave nothing back.
REFUND_STATUS = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


class StripeProvider:
    """The `stripe` entry of settings.PAYMENT_PROVIDERS."""

    name = "stripe"
    captures = False

    def takes(self, currency: str) -> bool:
        return True

    def lowest(self, currency: str) -> int:
        return LOWEST.get(currency, 1)

    def freeze(self, request: SessionRequest) -> dict[str, Any]:
        """SessionCreateParams as JSON. Prices are made up on the spot: the shop's catalogue is not Stripe's."""
        metadata = {"attempt": str(request.attempt_id), "order": request.reference}
        params: SessionCreateParams = {
            "mode": "payment",
            "client_reference_id": request.reference,
            "customer_email": request.email,
            "line_items": [_line(line, request.currency) for line in request.lines],
            "metadata": metadata,
            # On the intent too, so that its own events and the dashboard lead back to the attempt.
            "payment_intent_data": {"metadata": metadata, "description": f"Order {request.reference}"},
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
            "expires_at": int(request.expires_at.timestamp()),
        }
        return cast("dict[str, Any]", params)

    def create_session(self, params: Mapping[str, Any], *, idempotency_key: str) -> SessionState:
        with _calling() as client:
            session = client.v1.checkout.sessions.create(
                params=cast("SessionCreateParams", {**params, "expand": ["payment_intent"]}),
                options={"idempotency_key": idempotency_key},
            )
        return _state(session)

    def retrieve_session(self, session_id: str) -> SessionState:
        with _calling() as client:
            session = client.v1.checkout.sessions.retrieve(session_id, params={"expand": ["payment_intent"]})
        return _state(session)

    def expire_session(self, session_id: str) -> SessionState:
        with _calling() as client:
            session = client.v1.checkout.sessions.expire(session_id, params={"expand": ["payment_intent"]})
        return _state(session)

    def capture(self, session_id: str, *, idempotency_key: str) -> SessionState:
        raise ProviderRefused("Stripe's page takes the money itself")

    def list_sessions(self, *, limit: int = 100, since: datetime | None = None) -> list[SessionState]:
        params: SessionListParams = {"limit": min(limit, PAGE), "expand": ["data.payment_intent"]}
        if since:
            params["created"] = {"gte": int(since.timestamp())}
        with _calling() as client:
            page = client.v1.checkout.sessions.list(params=params)
            return [_state(session) for session in islice(page.auto_paging_iter(), limit)]

    def list_events(self, *, since: datetime, limit: int = 100) -> list[WebhookEvent]:
        params: EventListParams = {
            "limit": min(limit, PAGE),
            "types": list(MONEY_EVENTS),
            "created": {"gte": int(since.timestamp())},
        }
        with _calling() as client:
            page = client.v1.events.list(params=params)
            return [_webhook_event(event.to_dict()) for event in islice(page.auto_paging_iter(), limit)]

    def refund(self, request: RefundRequest, *, idempotency_key: str) -> RefundState:
        params: RefundCreateParams = {
            "payment_intent": request.intent_id,
            "amount": request.amount * _scale(request.currency),
            "metadata": {"refund": request.reference, "attempt": request.attempt_id},
        }
        with _calling() as client:
            made = client.v1.refunds.create(params=params, options={"idempotency_key": idempotency_key})
        return _refund_state(made)

    def list_refunds(self, intent_id: str) -> list[RefundState]:
        with _calling() as client:
            page = client.v1.refunds.list(params={"payment_intent": intent_id, "limit": 100})
            return [_refund_state(found) for found in page.auto_paging_iter()]

    def retrieve_dispute(self, dispute_id: str) -> DisputeState:
        with _calling() as client:
            return _dispute_state(client.v1.disputes.retrieve(dispute_id))

    def list_disputes(self, intent_id: str) -> list[str]:
        with _calling() as client:
            page = client.v1.disputes.list(params={"payment_intent": intent_id, "limit": PAGE})
            return [found.id for found in page.auto_paging_iter()]

    def retrieve_review(self, review_id: str) -> Concern:
        with _calling() as client:
            review = client.v1.reviews.retrieve(review_id)
        stands = review.open or review.closed_reason not in REVIEW_PASSED
        return Concern(review.id, _id(review.payment_intent), review.closed_reason or review.reason, stands)

    def retrieve_fraud_warning(self, warning_id: str) -> Concern:
        with _calling() as client:
            warning = client.v1.radar.early_fraud_warnings.retrieve(warning_id)
        return Concern(warning.id, _id(warning.payment_intent), warning.fraud_type, stands=True)

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        import stripe  # noqa: PLC0415 - heavy: only processes that talk to Stripe load it

        signature = headers.get("Stripe-Signature", "")
        try:
            stripe.WebhookSignature.verify_header(
                body, signature, settings.STRIPE_WEBHOOK_SECRET, tolerance=WEBHOOK_TOLERANCE_SECONDS
            )
            return _webhook_event(json.loads(body))
        except stripe.SignatureVerificationError as error:
            raise BadWebhook(error.user_message or "the signature does not verify") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadWebhook("the body is not an event") from error


def unsafe_settings() -> str:
    """Why the settings must not be used to take money; empty when they may."""
    base, key = settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY
    if not base or urlsplit(base).hostname == STRIPE_HOST:
        return ""
    if key.startswith(("sk_live_", "rk_live_")):
        return "a live Stripe key must not be sent to another address than Stripe's (STRIPE_API_BASE)"
    if not settings.DEBUG and not getattr(settings, "SANDBOX_ALLOWED_WITHOUT_DEBUG", False):
        return "with DEBUG off STRIPE_API_BASE must be empty: payments go to Stripe itself"
    return ""


@lru_cache
def _client(key: str, base: str) -> "StripeClient":
    """One client per process and address: it keeps its connections open."""
    import stripe  # noqa: PLC0415 - heavy: only processes that talk to Stripe load it

    if problem := unsafe_settings():
        raise ImproperlyConfigured(problem)
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else None,
        max_network_retries=NETWORK_RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


@contextmanager
def _calling() -> Iterator["StripeClient"]:
    """The client, with its errors told in the port's terms."""
    import stripe  # noqa: PLC0415 - heavy: only processes that talk to Stripe load it

    refuse_inside_transaction()
    try:
        yield _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)
    except stripe.IdempotencyError as error:
        # Another request was made under this key, so something does exist.
        raise ProviderUnavailable(str(error)) from error
    except stripe.StripeError as error:
        status = error.http_status or 0
        definite = 400 <= status < 500 and status not in UNCERTAIN
        raise (ProviderRefused if definite else ProviderUnavailable)(str(error)) from error


def _line(line: PayLine, currency: str) -> "SessionCreateParamsLineItem":
    product = {"name": line.name} | ({"description": line.description} if line.description else {})
    return cast(
        "SessionCreateParamsLineItem",
        {
            "quantity": line.quantity,
            "price_data": {
                "currency": currency.lower(),
                "unit_amount": line.unit_amount * _scale(currency),
                "product_data": product,
            },
        },
    )


def _scale(currency: str) -> int:
    """How many of Stripe's units make one of ours: 1, except where Stripe keeps decimals that the currency lost."""
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    return int(10 ** max(0, decimals - get_currency_precision(currency)))


def _state(session: "Session") -> SessionState:
    currency = (session.currency or "").upper()
    intent = session.payment_intent
    # The client's objects are not dicts: no .get().
    metadata = session.metadata.to_dict() if session.metadata else {}
    expanded = intent if intent is not None and not isinstance(intent, str) else None
    return SessionState(
        session_id=session.id,
        status=session.status or "",
        payment_status=session.payment_status,
        # A total that is not whole in our units stays unequal to every amount of ours, and is then reviewed.
        amount_total=_amount(session.amount_total or 0, currency),
        currency=currency,
        attempt_id=str(metadata.get("attempt", "")),
        intent_id=expanded.id if expanded else (intent if isinstance(intent, str) else ""),
        intent_status=expanded.status if expanded else "",
        url=session.url or "",
        expires_at=datetime.fromtimestamp(session.expires_at, UTC),
    )


def _refund_state(refund: "Refund") -> RefundState:
    currency = refund.currency.upper()
    metadata = refund.metadata.to_dict() if refund.metadata else {}
    return RefundState(
        refund_id=refund.id,
        status=REFUND_STATUS.get(refund.status or "", "pending"),
        amount=_amount(refund.amount, currency),
        currency=currency,
        intent_id=_id(refund.payment_intent),
        reference=str(metadata.get("refund", "")),
        failure=getattr(refund, "failure_reason", None) or "",
    )


def _dispute_state(dispute: "Dispute") -> DisputeState:
    currency = dispute.currency.upper()
    # In the currency that is paid out, which need not be the buyer's: only whether something is gone is read from it.
    gone = sum(change.amount for change in dispute.balance_transactions) < 0
    amount = _amount(dispute.amount, currency)
    return DisputeState(
        dispute_id=dispute.id,
        intent_id=_id(dispute.payment_intent),
        status=dispute.status,
        outcome=DISPUTE_OUTCOME.get(dispute.status, "open"),
        reason=dispute.reason,
        amount=amount,
        currency=currency,
        withdrawn=amount if gone else 0,
    )


def _id(intent: "str | PaymentIntent | None") -> str:
    """The id of something that Stripe gives as its id or whole."""
    return intent if isinstance(intent, str) else (intent.id if intent else "")


def _amount(stripe_amount: int, currency: str) -> int:
    whole, rest = divmod(stripe_amount, _scale(currency)) if currency else (0, 0)
    return whole if not rest else -stripe_amount


def _webhook_event(payload: dict[str, Any]) -> WebhookEvent:
    subject = payload["data"]["object"]
    is_session = subject.get("object") == "checkout.session"
    return WebhookEvent(
        event_id=str(payload["id"]),
        type=str(payload["type"]),
        payload=payload,
        session_id=str(subject["id"]) if is_session else "",
        attempt_id=str((subject.get("metadata") or {}).get("attempt", "")),
    )
