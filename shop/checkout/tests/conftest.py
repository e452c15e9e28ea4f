from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from shop.adapters import payments, paypal_client
from shop.catalog.models import ProductVariant
from shop.checkout.tests import paying_builders
from shop.checkout.tests.form_builders import put
from shop.checkout.tests.paying_builders import FakePayPal, FakeProvider
from shop.tests.builders import make_product, make_rate, make_variant


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


@pytest.fixture
def shirt(client: Client) -> ProductVariant:
    """A shirt of £78, ten in stock, one of them in the bag; delivery by two ways."""
    make_rate("standard", 395, None)
    make_rate("express", 695, None, min_days=1, max_days=1)
    make_rate("standard", 900, None, countries=["FR", "US", "IE"])
    variant = make_variant(make_product("Quarry Linen Shirt"), stock=10, price=7800)
    put(client, variant)
    return variant
