from collections.abc import Iterator

import pytest
from pytest_django import Settings

from shop.adapters import payments, paypal_client
from shop.checkout.tests import paying_builders
from shop.checkout.tests.paying_builders import FakePayPal, FakeProvider


@pytest.fixture
def fake(settings: Settings) -> Iterator[FakeProvider]:
    """A provider in memory in place of Stripe."""
    settings.PAYMENT_PROVIDERS = {"stripe": f"{paying_builders.__name__}.FakeProvider"}
    payments.provider.cache_clear()
    adapter = payments.provider("stripe")
    assert isinstance(adapter, FakeProvider)
    yield adapter
    payments.provider.cache_clear()


@pytest.fixture
def paypal(settings: Settings) -> Iterator[FakePayPal]:
    """Providers in memory in place of both; this is the one in place of PayPal."""
    module = paying_builders.__name__
    settings.PAYMENT_PROVIDERS = {"stripe": f"{module}.FakeProvider", "paypal": f"{module}.FakePayPal"}
    payments.provider.cache_clear()
    adapter = payments.provider("paypal")
    assert isinstance(adapter, FakePayPal)
    yield adapter
    payments.provider.cache_clear()


@pytest.fixture
def no_token(shop_site: str) -> None:
    """The sandbox over HTTP, whose tokens of the tests before are forgotten."""
    paypal_client._tokens.clear()
