"""A placed order waiting for its payment, and a provider that says what a test tells it to say."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from shop.adapters import payments_stripe
from shop.adapters.network import refuse_inside_transaction
from shop.adapters.payments import (
    Concern,
    DisputeState,
    ProviderRefused,
    RefundRequest,
    RefundState,
    SessionRequest,
    SessionState,
    WebhookEvent,
)
from shop.catalog.models import ProductVariant
from shop.checkout.paying import HOLD_MARGIN, open_attempt, start_payment
from shop.checkout.sync import sync
from shop.core import clock
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from shop.tests.builders import make_order, make_variant
from shop.warehouse import services as warehouse

_numbers = count(1)


@contextmanager
def power_cut(monkeypatch: pytest.MonkeyPatch, module: ModuleType, point: str) -> Iterator[None]:
    """The process dies in the block, at that crash point of the module."""

    def crash(name: str) -> None:
        if name == point:
            raise RuntimeError("power cut")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="power cut"):
        patch.setattr(module, "crash_point", crash)
        yield


class FakeProvider(payments_stripe.StripeProvider):
    """Keeps pages in memory; a test changes them with says() or makes the next calls fail."""

    def __init__(self) -> None:
        self.sessions: dict[str, SessionState] = {}
        self.by_key: dict[str, str] = {}
        # By idempotency key, oldest first, and what becomes of new ones.
        self.refunds: dict[str, RefundState] = {}
        self.refund_status = "succeeded"
        # Disputes, reviews and warnings by id.
        self.disputes: dict[str, DisputeState] = {}
        self.concerns: dict[str, Concern] = {}
        self.errors: list[Exception | None] = []
        self.calls: list[str] = []
        # What the lists show: nothing, unless a test puts something there.
        self.listed: list[SessionState] = []
        self.announced: list[WebhookEvent] = []

    def says(self, attempt: PaymentAttempt, **fields: Any) -> None:
        """From now on the attempt's page looks like that (status="complete", payment_status="paid", …)."""
        session_id = self.by_key[f"{attempt.pk}:session"]
        self.sessions[session_id] = replace(self.sessions[session_id], **fields)

    def freeze(self, request: SessionRequest) -> dict[str, Any]:
        return super().freeze(request)

    def create_session(self, params: Mapping[str, Any], *, idempotency_key: str) -> SessionState:
        self._called(f"create {idempotency_key}")
        if idempotency_key not in self.by_key:
            self.by_key[idempotency_key] = self._page(params).session_id
        return self.sessions[self.by_key[idempotency_key]]

    def retrieve_session(self, session_id: str) -> SessionState:
        self._called("retrieve")
        return self.sessions[session_id]

    def expire_session(self, session_id: str) -> SessionState:
        self._called("expire")
        if self.sessions[session_id].status != "open":
            raise ProviderRefused("only open sessions can be expired")
        self.sessions[session_id] = replace(self.sessions[session_id], status="expired")
        return self.sessions[session_id]

    def list_sessions(self, *, limit: int = 100, since: datetime | None = None) -> list[SessionState]:
        return self.listed

    def list_events(self, *, since: datetime, limit: int = 100) -> list[WebhookEvent]:
        return self.announced

    def refund(self, request: RefundRequest, *, idempotency_key: str) -> RefundState:
        self._called(f"refund {idempotency_key}")
        if idempotency_key not in self.refunds:
            self.refunds[idempotency_key] = RefundState(
                refund_id=f"re_fake_{next(_numbers)}",
                status=self.refund_status,
                amount=request.amount,
                currency=request.currency,
                intent_id=request.intent_id,
                reference=request.reference,
            )
        return self.refunds[idempotency_key]

    def list_refunds(self, intent_id: str) -> list[RefundState]:
        self._called("list refunds")
        return [made for made in reversed(self.refunds.values()) if made.intent_id == intent_id]

    def retrieve_dispute(self, dispute_id: str) -> DisputeState:
        self._called("retrieve dispute")
        return self.disputes[dispute_id]

    def list_disputes(self, intent_id: str) -> list[str]:
        self._called("list disputes")
        return [dispute.dispute_id for dispute in self.disputes.values() if dispute.intent_id == intent_id]

    def retrieve_review(self, review_id: str) -> Concern:
        self._called("retrieve review")
        return self.concerns[review_id]

    def retrieve_fraud_warning(self, warning_id: str) -> Concern:
        self._called("retrieve warning")
        return self.concerns[warning_id]

    def _page(self, params: Mapping[str, Any]) -> SessionState:
        session_id = f"cs_fake_{next(_numbers)}"
        lines = params["line_items"]
        self.sessions[session_id] = SessionState(
            session_id=session_id,
            status="open",
            payment_status="unpaid",
            amount_total=sum(line["quantity"] * line["price_data"]["unit_amount"] for line in lines),
            currency=lines[0]["price_data"]["currency"].upper(),
            attempt_id=params["metadata"]["attempt"],
            intent_id="",
            intent_status="",
            url=f"https://pay.example/{session_id}",
            expires_at=clock.now(),
        )
        return self.sessions[session_id]

    def _called(self, what: str) -> None:
        refuse_inside_transaction()
        self.calls.append(what)
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error


class FakePayPal(FakeProvider):
    """A provider whose pages are approved by their buyers and captured by the shop."""

    name = "paypal"
    captures = True

    def __init__(self) -> None:
        super().__init__()
        # Idempotency key -> what the capture under it gave; what the next ones give, by default the money.
        self.captured: dict[str, SessionState] = {}
        self.outcome: dict[str, Any] = dict(PAID)

    def lowest(self, currency: str) -> int:
        return 1

    def expire_session(self, session_id: str) -> SessionState:
        raise AssertionError("PayPal has no call that closes a page")

    def capture(self, session_id: str, *, idempotency_key: str) -> SessionState:
        self._called(f"capture {idempotency_key}")
        if idempotency_key not in self.captured:
            if self.sessions[session_id].status != "approved":
                raise ProviderRefused("ORDER_NOT_APPROVED")
            self.sessions[session_id] = replace(self.sessions[session_id], **self.outcome)
            self.captured[idempotency_key] = self.sessions[session_id]
        return self.sessions[session_id]


PAID = {"status": "complete", "payment_status": "paid", "intent_id": "CAP1", "intent_status": "succeeded"}


def place(variant: ProductVariant | None = None, *, quantity: int = 2, provider: str = "stripe") -> Order:
    """An order PENDING with its stock held and its attempt CREATED, as T1 leaves it."""
    variant = variant or make_variant(stock=10)
    with transaction.atomic():
        order = make_order(variant, quantity=quantity)
        attempt = open_attempt(order, provider)
        order.hold_until = attempt.expires_at + HOLD_MARGIN
        order.save(update_fields=["hold_until"])
        demands = [warehouse.Demand(line.pk, variant.pk, line.quantity) for line in order.lines.all()]
        warehouse.reserve(demands=demands, document=order.number, expires_at=order.hold_until)
    return order


def pay(fake: FakeProvider, order: Order) -> PaymentAttempt:
    """Have a placed order's newest attempt paid at the provider, and synced; the attempt as it is then."""
    attempt = attempt_of(order)
    if attempt.state == PaymentAttempt.State.CREATED:
        start_payment(attempt.pk)
    intent = f"pi_{attempt.pk}"
    fake.says(attempt, status="complete", payment_status="paid", intent_id=intent, intent_status="succeeded")
    return sync(attempt.pk)


def attempt_of(order: Order) -> PaymentAttempt:
    """The order's newest attempt, read anew."""
    return PaymentAttempt.objects.filter(order=order).order_by("-created_at")[0]


def states(order: Order, attempt_id: UUID | None = None) -> tuple[str, str]:
    """(attempt's state, order's state), read anew."""
    attempt = PaymentAttempt.objects.get(pk=attempt_id) if attempt_id else attempt_of(order)
    return str(attempt.state), str(Order.objects.get(pk=order.pk).state)
