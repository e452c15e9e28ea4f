"""Once a day the providers are asked about days: for what nobody heard of while they, or the shop, were away."""

from datetime import datetime, timedelta

import pytest

from shop.adapters.payments import ProviderUnavailable, RefundState, WebhookEvent
from shop.checkout import lost
from shop.checkout.reconcile import look_back
from shop.checkout.tests.paying_builders import FakePayPal, FakeProvider, pay, place
from shop.core import clock
from shop.payments.models import PaymentAttempt, Refund

pytestmark = pytest.mark.django_db


def paid_with_paypal(paypal: FakePayPal) -> PaymentAttempt:
    return pay(paypal, place(provider="paypal"))


def refund_at_the_dashboard(paypal: FakePayPal, attempt: PaymentAttempt) -> None:
    """Nobody tells the shop of it."""
    paypal.refunds["dashboard"] = RefundState(
        refund_id="REF1",
        status="succeeded",
        amount=500,
        currency="GBP",
        intent_id=attempt.intent_id,
        reference="",
    )


def test_a_refund_made_at_paypal_is_found_although_its_message_was_lost(paypal: FakePayPal) -> None:
    attempt = paid_with_paypal(paypal)
    refund_at_the_dashboard(paypal, attempt)
    for _ in range(2):
        run = look_back()
        assert (run.done["payments asked for refunds"], run.failures) == (1, [])
    found = Refund.objects.get()
    assert (found.provider_id, found.amount, found.state, found.reason) == ("REF1", 500, "succeeded", "provider")
    attempt.refresh_from_db()
    assert attempt.refunded_amount == 500


def test_only_the_newest_payments_of_the_last_weeks_are_asked_for(
    paypal: FakePayPal, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = [paid_with_paypal(paypal) for _ in range(3)]
    PaymentAttempt.objects.filter(pk=attempts[0].pk).update(paid_at=clock.now() - timedelta(days=31))
    assert look_back().done["payments asked for refunds"] == 2
    monkeypatch.setattr(lost, "MOST_READ", 1)
    paypal.calls.clear()
    assert look_back().done["payments asked for refunds"] == 1
    assert paypal.calls == ["list refunds", "list disputes"]


def test_a_payment_that_cannot_be_read_stops_no_other(paypal: FakePayPal) -> None:
    older, newer = paid_with_paypal(paypal), paid_with_paypal(paypal)
    refund_at_the_dashboard(paypal, older)
    paypal.errors.append(ProviderUnavailable("away"))
    run = look_back()
    assert [failure.rpartition(": ")[2] for failure in run.failures] == ["away"]
    assert Refund.objects.get().attempt == older != newer


def test_the_providers_that_list_are_asked_for_three_days(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[datetime]()

    def list_events(*, since: datetime, limit: int = 100) -> list[WebhookEvent]:
        asked.append(since)
        return []

    monkeypatch.setattr(fake, "list_events", list_events)
    look_back()
    assert asked and {round((clock.now() - since) / timedelta(hours=1)) for since in asked} == {72}
