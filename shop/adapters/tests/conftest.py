import os
from dataclasses import dataclass

import pytest
import stripe
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from shop.adapters.payments_stripe import StripeProvider


@dataclass(frozen=True)
class Account:
    """An account at a provider that speaks Stripe's API, and a raw client for what the adapter does not do (yet)."""

    client: stripe.StripeClient
    adapter: StripeProvider


def account_at(settings: Settings, key: str, base: str) -> Account:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = key, base
    client = stripe.StripeClient(key, base_addresses={"api": base} if base else None)
    return Account(client, StripeProvider())


@pytest.fixture
def sandbox(settings: Settings, live_server: LiveServer, transactional_db: None) -> Account:
    """The sandbox over HTTP, in a server of its own."""
    settings.SANDBOX_WEBHOOK_URL = f"{live_server.url}/webhooks/stripe/"
    return account_at(settings, "sk_test_sandbox", f"{live_server.url}/sandbox/stripe")


@pytest.fixture(params=["sandbox", "stripe"])
def account(request: pytest.FixtureRequest, settings: Settings) -> Account:
    """The same test over the sandbox, and over a real Stripe test account when its key is there."""
    if request.param == "sandbox":
        found: Account = request.getfixturevalue("sandbox")
        return found
    key = os.environ.get("STRIPE_TEST_KEY", "")
    if not key.startswith(("sk_test_", "rk_test_")):
        pytest.skip(f"{request.node.name}: not run against Stripe itself (STRIPE_TEST_KEY is not set)")
    return account_at(settings, key, "")
