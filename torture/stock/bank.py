"""A payment provider that remembers nothing: a page is paid, expired or open as the deed of this process has it.

So a process that was killed takes no money with it, and any process can go on with any order.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from shop.adapters.network import refuse_inside_transaction
from shop.adapters.payments import RefundRequest, RefundState, SessionState, WebhookEvent
from shop.adapters.payments_stripe import StripeProvider
from shop.core import clock
from shop.payments.models import PaymentAttempt

PATH = "torture.stock.bank.Bank"
OPEN = {"status": "open", "payment_status": "unpaid", "intent_status": ""}
PAID = {"status": "complete", "payment_status": "paid", "intent_status": "succeeded"}
EXPIRED = {"status": "expired", "payment_status": "unpaid", "intent_status": ""}
_verdicts = [OPEN]


@contextmanager
def says(verdict: dict[str, str]) -> Iterator[None]:
    """Every page that is read in the block is like that."""
    _verdicts.append(verdict)
    try:
        yield
    finally:
        _verdicts.pop()


class Bank(StripeProvider):
    """Answers from the attempt's own row."""

    def __init__(self) -> None:
        """No key and no address are needed."""

    def create_session(self, params: Mapping[str, Any], *, idempotency_key: str) -> SessionState:
        return page(str(params["metadata"]["attempt"]), OPEN)

    def retrieve_session(self, session_id: str) -> SessionState:
        return page(session_id.removeprefix("cs_"), _verdicts[-1])

    def expire_session(self, session_id: str) -> SessionState:
        return page(session_id.removeprefix("cs_"), EXPIRED)

    def list_sessions(self, *, limit: int = 100, since: datetime | None = None) -> list[SessionState]:
        return []

    def list_events(self, *, since: datetime, limit: int = 100) -> list[WebhookEvent]:
        return []

    def list_refunds(self, intent_id: str) -> list[RefundState]:
        return []

    def refund(self, request: RefundRequest, *, idempotency_key: str) -> RefundState:
        refuse_inside_transaction()
        return RefundState(
            refund_id=f"re_{request.reference}",
            status="succeeded",
            amount=request.amount,
            currency=request.currency,
            intent_id=request.intent_id,
            reference=request.reference,
        )


def page(attempt_id: str, verdict: dict[str, str]) -> SessionState:
    refuse_inside_transaction()
    attempt = PaymentAttempt.objects.get(pk=attempt_id)
    return SessionState(
        session_id=f"cs_{attempt_id}",
        amount_total=attempt.amount,
        currency=attempt.currency,
        attempt_id=attempt_id,
        intent_id=f"pi_{attempt_id}",
        url=f"https://pay.example/{attempt_id}",
        expires_at=clock.now() + timedelta(hours=1),
        **verdict,
    )
