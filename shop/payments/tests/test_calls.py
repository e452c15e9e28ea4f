"""Every call to a provider leaves a row that says how it ended, and no secret."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from shop.adapters import payments
from shop.adapters.payments import ProviderUnavailable, RefundState, SessionState
from shop.core import clock
from shop.payments.calls import forget_old_calls, provider_named, provider_of
from shop.payments.models import PaymentAttempt, ProviderCall
from shop.tests.builders import make_order

pytestmark = pytest.mark.django_db
PAGE = SessionState("cs_1", "open", "unpaid", 8195, "GBP", "", "", "", "https://pay.example/1", clock.now())


class Answering:
    """An adapter that answers, or fails with `error`."""

    name = "stripe"
    error: BaseException | None = None

    def freeze(self, request: object) -> dict[str, Any]:
        return {}

    def create_session(self, params: object, *, idempotency_key: str) -> SessionState:
        if self.error:
            raise self.error
        return replace(PAGE, status="complete", payment_status="paid")

    def list_sessions(self) -> list[SessionState]:
        return [PAGE, PAGE]

    def capture(self, session_id: str, *, idempotency_key: str) -> RefundState:
        return RefundState("re_1", "pending", 1, "GBP", "pi_1", "")


@pytest.fixture
def adapter(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings.PAYMENT_PROVIDERS = {"stripe": f"{__name__}.Answering"}
    payments.provider.cache_clear()
    yield payments.provider("stripe")
    payments.provider.cache_clear()


@pytest.fixture
def attempt() -> PaymentAttempt:
    order = make_order()
    return PaymentAttempt.objects.create(
        order=order, provider="stripe", amount=order.grand_total, currency="GBP", expires_at=clock.now()
    )


def row() -> tuple[Any, ...]:
    call = ProviderCall.objects.get()
    return (call.attempt, call.operation, call.key, call.outcome, call.error)


def test_an_answer_is_kept_in_the_ports_words(adapter: Answering, attempt: PaymentAttempt) -> None:
    provider_of(attempt).create_session({"secret": "4242"}, idempotency_key="k:session")
    assert row() == (attempt, "create_session", "k:session", "complete, paid", "")
    assert ProviderCall.objects.get().milliseconds is not None


def test_what_the_port_gains_later_is_recorded_too(adapter: Answering, attempt: PaymentAttempt) -> None:
    answer: Any = provider_of(attempt)
    answer.capture("cs_1", idempotency_key="k:capture")
    assert row() == (attempt, "capture", "k:capture", "pending", "")


def test_a_call_about_no_attempt_is_recorded_beside_none(adapter: Answering) -> None:
    assert len(provider_named("stripe").list_sessions()) == 2
    assert row() == (None, "list_sessions", "", "2 found", "")


def test_what_asks_nobody_leaves_no_row(adapter: Answering, attempt: PaymentAttempt) -> None:
    assert provider_of(attempt).freeze(None) == {}  # type: ignore[arg-type]
    assert provider_of(attempt).name == "stripe"
    assert not ProviderCall.objects.exists()


def test_a_failure_is_kept_without_keys_or_card_numbers_and_goes_on(
    adapter: Answering, attempt: PaymentAttempt
) -> None:
    adapter.error = ProviderUnavailable("sk_test_abc refused 4242 4242 4242 4242, ask again " + "x" * 500)
    with pytest.raises(ProviderUnavailable):
        provider_of(attempt).create_session({}, idempotency_key="k")
    _, _, _, outcome, error = row()
    assert (outcome, len(error)) == ("ProviderUnavailable", 300)
    assert error.startswith("(hidden) refused (hidden), ask again")


def test_a_call_that_was_cut_off_has_no_outcome(adapter: Answering, attempt: PaymentAttempt) -> None:
    adapter.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        provider_of(attempt).create_session({}, idempotency_key="k")
    assert row() == (attempt, "create_session", "k", "", "")
    assert str(ProviderCall.objects.get()) == "create_session: no answer"


@pytest.mark.django_db(transaction=True)
def test_a_call_inside_a_transaction_is_refused_unasked(adapter: Answering, attempt: PaymentAttempt) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        provider_of(attempt).list_sessions()
    assert not ProviderCall.objects.exists()


def test_old_rows_are_forgotten(adapter: Answering) -> None:
    for days in (91, 89):
        ProviderCall.objects.create(
            provider="stripe", operation="refund", started_at=clock.now() - timedelta(days=days)
        )
    assert (forget_old_calls(), ProviderCall.objects.count()) == (1, 1)
