"""The port to payment providers: what the shop asks of one, in the shop's own terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


class ProviderError(Exception):
    """The provider did not do what was asked; the message is for staff, not for buyers."""


class ProviderRefused(ProviderError):
    """A definite no (4xx): nothing was made or changed."""


class PageGone(ProviderRefused):
    """The provider does not know that payment page, or not any more."""


class ProviderUnavailable(ProviderError):
    """No definite answer (timeout, 5xx, 409, 429): it may have happened. Ask again with the same key and parameters."""


class BadWebhook(ProviderError):
    """A webhook that is not, or not certainly, from the provider."""


@dataclass(frozen=True)
class PayLine:
    """One line on the provider's page; the amount of one unit in minor units."""

    name: str
    unit_amount: int
    quantity: int = 1
    description: str = ""


@dataclass(frozen=True)
class SessionRequest:
    """All that a provider's payment page needs to know."""

    attempt_id: UUID
    reference: str
    currency: str
    lines: tuple[PayLine, ...]
    email: str
    success_url: str
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True)
class SessionState:
    """A payment page as the provider sees it now. Amounts in minor units of `currency` (upper case)."""

    session_id: str
    status: str  # open, approved (the buyer agreed, the money waits for capture), complete, expired
    payment_status: str  # paid, unpaid, no_payment_required
    amount_total: int
    currency: str
    attempt_id: str
    intent_id: str
    intent_status: str
    url: str
    expires_at: datetime
    failure: str = ""  # why the money could not be taken, where the provider says so


@dataclass(frozen=True)
class RefundRequest:
    """Money to give back, in minor units. reference: our own name of the refund, which the provider keeps with it."""

    reference: str
    attempt_id: str
    intent_id: str
    amount: int
    currency: str


@dataclass(frozen=True)
class RefundState:
    """A refund as the provider sees it. reference: ours, empty for one that was made at the provider itself."""

    refund_id: str
    status: str  # pending, succeeded, failed
    amount: int
    currency: str
    intent_id: str
    reference: str
    failure: str = ""


@dataclass(frozen=True)
class DisputeState:
    """A dispute as the provider sees it. Amounts in minor units of `currency` (upper case).

    status and reason: the provider's words. withdrawn: what the bank has taken of our money for it, 0 once it is back.
    """

    dispute_id: str
    intent_id: str
    status: str
    outcome: str  # open, won (the money is ours, or none was at stake), lost
    reason: str
    amount: int
    currency: str
    withdrawn: int


@dataclass(frozen=True)
class Concern:
    """A payment that the provider itself has looked at twice: a review or an early warning of fraud."""

    concern_id: str
    intent_id: str
    reason: str
    stands: bool


@dataclass(frozen=True)
class WebhookEvent:
    """A verified message of the provider; session_id and attempt_id are empty when it is not about a payment page."""

    event_id: str
    type: str
    payload: dict[str, Any]
    session_id: str
    attempt_id: str


class PaymentProvider(Protocol):
    """Every call may raise ProviderRefused or ProviderUnavailable, and refuses to run inside a transaction."""

    name: str
    # The buyer's agreement alone takes no money: the shop calls capture(), and gives a page up by never calling it.
    captures: bool

    def takes(self, currency: str) -> bool:
        """Whether payments in that currency (ISO 4217) can be made. No call."""

    def lowest(self, currency: str) -> int:
        """The least that can be paid in that currency, minor units. No call."""

    def freeze(self, request: SessionRequest) -> dict[str, Any]:
        """The provider's own parameters, as JSON to be stored: a replay has to send exactly the same. No call.

        ProviderRefused for an amount or currency that the provider does not take.
        """

    def create_session(self, params: Mapping[str, Any], *, idempotency_key: str) -> SessionState:
        """Make a payment page; the same key and parameters again give the same page."""

    def retrieve_session(self, session_id: str) -> SessionState:
        """The page as it is now."""

    def expire_session(self, session_id: str) -> SessionState:
        """Close an open page. ProviderRefused when it is not open any more. Where the shop captures, it only reads."""

    def capture(self, session_id: str, *, idempotency_key: str) -> SessionState:
        """Take the money of an approved page; the same key again takes nothing more.

        ProviderRefused only when it is certain that nothing was taken, by this call or by an earlier one.
        """

    def list_sessions(self, *, limit: int = 100, since: datetime | None = None) -> list[SessionState]:
        """The newest pages, newest first; empty from a provider that has no such list."""

    def list_events(self, *, since: datetime, limit: int = 100) -> list[WebhookEvent]:
        """The newest messages about money, sent or not, newest first; empty from a provider that keeps none."""

    def refund(self, request: RefundRequest, *, idempotency_key: str) -> RefundState:
        """Give money back; the same key and request again give the same refund."""

    def list_refunds(self, intent_id: str) -> list[RefundState]:
        """Every refund of that payment, newest first."""

    def retrieve_dispute(self, dispute_id: str) -> DisputeState:
        """The dispute as it is now."""

    def list_disputes(self, intent_id: str) -> list[str]:
        """The ids of all disputes about that payment, newest first."""

    def retrieve_review(self, review_id: str) -> Concern:
        """A review of a payment; it stands until somebody at the provider approves the payment."""

    def retrieve_fraud_warning(self, warning_id: str) -> Concern:
        """A card network's early warning; there is no taking it back."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """The message in a webhook's raw body. Raises BadWebhook unless it is signed, fresh and whole."""


@lru_cache
def provider(name: str = "stripe") -> PaymentProvider:
    """The adapter of that name. KeyError for an unknown name.

    One that is no longer in settings.PAYMENT_PROVIDERS is still asked about the payments that were begun with it.
    """
    path = settings.PAYMENT_PROVIDERS.get(name) or settings.PAYMENT_ADAPTERS[name]
    adapter: PaymentProvider = import_string(path)()
    return adapter


def offered(currency: str, amount: int | None = None) -> list[str]:
    """The names of the providers that buyers may choose for that currency, the usual one first.

    amount: to be paid, minor units; then only those that take so little.
    """
    names = [name for name in settings.PAYMENT_PROVIDERS if provider(name).takes(currency)]
    return [name for name in names if amount is None or amount >= provider(name).lowest(currency)]
