import pytest
from pytest_django import Settings

from shop.payments.checks import payment_settings

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
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = base, key
    settings.DEBUG, settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = debug, allowed
    messages = [error.msg for error in payment_settings(None)]
    assert len(messages) == (1 if says else 0)
    assert not says or messages[0].startswith(says)
