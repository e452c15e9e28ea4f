import pytest
from pytest_django import Settings

from shop.payments.checks import PAYPAL_SETTINGS, payment_settings

SANDBOX = "http://127.0.0.1:8000/sandbox/stripe"


@pytest.mark.parametrize(
    ("base", "key", "debug", "allowed", "says"),
    [
        ("", "sk_live_1", False, False, ""),
        ("https://api.stripe.com", "sk_live_1", False, False, ""),
        (SANDBOX, "sk_test_1", True, False, ""),
        (SANDBOX, "sk_test_1", False, True, ""),
        (SANDBOX, "sk_test_1", False, False, "with DEBUG off STRIPE_API_BASE must be empty"),
        (SANDBOX, "sk_live_1", True, False, "a live Stripe key must not be sent"),
        ("https://api.stripe.com.example.org", "sk_live_1", True, True, "a live Stripe key must not be sent"),
    ],
)
def test_money_goes_to_stripe_itself_unless_this_is_a_laptop(
    settings: Settings, base: str, key: str, debug: bool, allowed: bool, says: str
) -> None:
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY, settings.PAYPAL_API_BASE = base, key, ""
    settings.DEBUG, settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = debug, allowed
    messages = [error.msg for error in payment_settings(None)]
    assert len(messages) == (1 if says else 0)
    assert not says or messages[0].startswith(says)


LOCAL = "http://127.0.0.1:8000/sandbox/paypal"


@pytest.mark.parametrize(
    ("base", "client", "debug", "allowed", "says"),
    [
        ("", "AeA1", False, False, ""),
        ("https://api-m.paypal.com", "AeA1", False, False, ""),
        ("https://api-m.sandbox.paypal.com", "AeA1", False, False, ""),
        (LOCAL, "sandbox-client", True, False, ""),
        (LOCAL, "sandbox-client", False, True, ""),
        (LOCAL, "sandbox-client", False, False, "with DEBUG off PAYPAL_API_BASE must be empty"),
        (LOCAL, "AeA1", True, False, "PayPal's credentials must not be sent"),
        ("http://api-m.paypal.com", "AeA1", True, True, "PayPal's credentials must not be sent"),
        ("https://api-m.paypal.com.example.org", "AeA1", True, True, "PayPal's credentials must not be sent"),
        ("https://api-m.paypal.com@example.org", "AeA1", True, True, "PayPal's credentials must not be sent"),
    ],
)
def test_money_goes_to_paypal_itself_unless_this_is_a_laptop(
    settings: Settings, base: str, client: str, debug: bool, allowed: bool, says: str
) -> None:
    settings.STRIPE_API_BASE, settings.PAYPAL_API_BASE, settings.PAYPAL_CLIENT_ID = "", base, client
    settings.DEBUG, settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = debug, allowed
    messages = [error.msg for error in payment_settings(None)]
    assert len(messages) == (1 if says else 0)
    assert not says or messages[0].startswith(says)


def test_paypal_is_offered_only_with_all_that_it_needs(settings: Settings) -> None:
    settings.PAYMENT_PROVIDERS = settings.PAYMENT_ADAPTERS
    settings.PAYPAL_CLIENT_ID, settings.PAYPAL_CLIENT_SECRET, settings.PAYPAL_WEBHOOK_ID = "sandbox-client", "", ""
    messages = [error.msg for error in payment_settings(None)]
    assert messages == [f"PayPal is offered, but {name} is empty" for name in PAYPAL_SETTINGS[1:]]
