import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
import stripe
from botocore.stub import Stubber
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from shop.adapters import accounts_cognito, cognito_client, paypal_client
from shop.adapters.payments import PaymentProvider, SessionState
from shop.adapters.payments_paypal import PayPalProvider
from shop.adapters.payments_stripe import StripeProvider
from shop.adapters.tests.cognito_builders import CLIENT, IDENTITY, MARKED, POOL, SECRET

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

PAYPALS_OWN_SANDBOX = "https://api-m.sandbox.paypal.com"


@dataclass(frozen=True)
class Account:
    """An account at a provider that speaks Stripe's API, and a raw client for what the adapter does not do (yet)."""

    client: stripe.StripeClient
    adapter: StripeProvider


@dataclass(frozen=True)
class Teller:
    """An account at any provider. pay: what its buyer does there, and for PayPal what the shop does then.

    dispute: the buyer of a paid page wants the money back.
    """

    adapter: PaymentProvider
    pay: Callable[[str], SessionState] | None = None
    dispute: Callable[[str], object] | None = None


def account_at(settings: Settings, key: str, base: str) -> Account:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = key, base
    client = stripe.StripeClient(key, base_addresses={"api": base} if base else None)
    return Account(client, StripeProvider())


def paypal_at(settings: Settings, client: str, secret: str, base: str) -> PayPalProvider:
    settings.PAYPAL_CLIENT_ID, settings.PAYPAL_CLIENT_SECRET, settings.PAYPAL_API_BASE = client, secret, base
    paypal_client._tokens.clear()
    return PayPalProvider()


@pytest.fixture
def sandbox(settings: Settings, live_server: LiveServer, transactional_db: None) -> Account:
    """The sandbox over HTTP, in a server of its own."""
    settings.SANDBOX_WEBHOOK_URL = f"{live_server.url}/webhooks/stripe/"
    return account_at(settings, "sk_test_sandbox", f"{live_server.url}/sandbox/stripe")


@pytest.fixture
def paypal(settings: Settings, live_server: LiveServer, transactional_db: None) -> PayPalProvider:
    """The sandbox's PayPal over HTTP, in a server of its own."""
    settings.SANDBOX_PAYPAL_WEBHOOK_URL = f"{live_server.url}/webhooks/paypal/"
    return paypal_at(settings, "sandbox-client", "sandbox-secret", f"{live_server.url}/sandbox/paypal")


@pytest.fixture(params=["sandbox", "stripe"])
def account(request: pytest.FixtureRequest, settings: Settings) -> Account:
    """The same test over the sandbox, and over a real Stripe test account when its key is there."""
    if request.param == "sandbox":
        found: Account = request.getfixturevalue("sandbox")
        return found
    return account_at(settings, stripe_key(request), "")


@pytest.fixture(params=["sandbox-stripe", "sandbox-paypal", "stripe", "paypal"])
def teller(request: pytest.FixtureRequest, settings: Settings) -> Teller:
    """The same test over both halves of the sandbox, and over real test accounts when their keys are there."""
    if request.param == "stripe":
        return Teller(account_at(settings, stripe_key(request), "").adapter)
    if request.param == "paypal":
        request.getfixturevalue("transactional_db")
        client, secret = paypal_keys(request)
        return Teller(paypal_at(settings, client, secret, PAYPALS_OWN_SANDBOX))
    played: Teller = request.getfixturevalue(request.param.replace("-", "_"))
    return played


@pytest.fixture
def sandbox_stripe(sandbox: Account) -> Teller:
    from sandbox.stripe import cards, paying, trouble  # noqa: PLC0415 - keeps the contract free of the sandbox

    def pay(session_id: str) -> SessionState:
        paying.pay_by_card(session_id, cards.find("4242424242424242"))
        return sandbox.adapter.retrieve_session(session_id)

    return Teller(sandbox.adapter, pay, trouble.open_dispute)


@pytest.fixture
def sandbox_paypal(paypal: PayPalProvider) -> Teller:
    from sandbox.paypal import disputes, paying  # noqa: PLC0415 - keeps the contract free of the sandbox

    def pay(session_id: str) -> SessionState:
        paying.approve(session_id, "balance", "http://sandbox/")
        return paypal.capture(session_id, idempotency_key=f"{session_id}:capture")

    return Teller(paypal, pay, lambda session_id: disputes.start(session_id, "http://sandbox/"))


def stripe_key(request: pytest.FixtureRequest) -> str:
    key = os.environ.get("STRIPE_TEST_KEY", "")
    if not key.startswith(("sk_test_", "rk_test_")):
        pytest.skip(f"{request.node.name}: not run against Stripe itself (STRIPE_TEST_KEY is not set)")
    request.getfixturevalue("transactional_db")
    return key


def paypal_keys(request: pytest.FixtureRequest) -> tuple[str, str]:
    keys = os.environ.get("PAYPAL_TEST_CLIENT_ID", ""), os.environ.get("PAYPAL_TEST_CLIENT_SECRET", "")
    if not all(keys):
        pytest.skip(f"{request.node.name}: not run against PayPal itself (PAYPAL_TEST_CLIENT_ID is not set)")
    return keys


@pytest.fixture(scope="session")
def pool_api() -> "CognitoIdentityProviderClient":
    """boto3's client, made once: it takes a while."""
    return boto3.session.Session("key", "secret", region_name="us-east-1").client("cognito-idp")


@pytest.fixture
def stub(
    pool_api: "CognitoIdentityProviderClient", settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stubber]:
    """A user pool that answers what the test told it to, each answer once and in that order."""
    settings.COGNITO_REGION, settings.COGNITO_POOL_ID, settings.COGNITO_ENDPOINT = "us-east-1", POOL, ""
    settings.COGNITO_CLIENT_ID, settings.COGNITO_CLIENT_SECRET = CLIENT, SECRET
    monkeypatch.setattr(cognito_client, "client", lambda address, repeat: pool_api)
    monkeypatch.setattr(accounts_cognito, "identity_of", lambda token: IDENTITY)
    monkeypatch.setattr(accounts_cognito, "is_unproved", lambda token: token == MARKED["IdToken"])
    with Stubber(pool_api) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
