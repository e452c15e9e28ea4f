"""What the adapter makes of Stripe's answers, and of settings that must not take money."""

from typing import Any

import pytest
import stripe
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from shop.adapters import payments_stripe
from shop.adapters.payments import ProviderError, ProviderRefused, ProviderUnavailable

pytestmark = pytest.mark.django_db
# Two of the client's errors have no types.
InvalidRequest: Any = stripe.InvalidRequestError
NoConnection: Any = stripe.APIConnectionError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InvalidRequest("no", "line_items", http_status=400), ProviderRefused),
        (stripe.AuthenticationError("no", http_status=401), ProviderRefused),
        (InvalidRequest("no", "id", http_status=404), ProviderRefused),
        (stripe.IdempotencyError("no", http_status=400), ProviderUnavailable),
        (stripe.APIError("busy", http_status=409), ProviderUnavailable),
        (stripe.RateLimitError("slow down", http_status=429), ProviderUnavailable),
        (stripe.APIError("oh", http_status=503), ProviderUnavailable),
        (NoConnection("timed out"), ProviderUnavailable),
    ],
)
def test_only_a_definite_no_is_a_refusal(error: stripe.StripeError, told: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as raised, payments_stripe._calling():
        raise error
    assert type(raised.value) is told


def test_unsafe_settings_make_no_client(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_live_x", "http://127.0.0.1:1/sandbox/stripe"
    with pytest.raises(ImproperlyConfigured, match="live Stripe key"):
        payments_stripe.StripeProvider().retrieve_session("cs_1")


def test_a_server_that_does_not_answer_is_unavailable(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payments_stripe, "NETWORK_RETRIES", 0)
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_x", "http://127.0.0.1:9/sandbox/stripe"
    with pytest.raises(ProviderUnavailable):
        payments_stripe.StripeProvider().retrieve_session("cs_1")
