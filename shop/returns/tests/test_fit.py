"""Figures of fit, counted from what came back."""

import pytest
from django.test import Client

from shop.catalog.fit import Fit
from shop.catalog.models import Product
from shop.checkout.tests.paying_builders import FakeProvider
from shop.orders.models import Order
from shop.returns import handlers
from shop.returns.fit import fits, refresh_fits
from shop.returns.tests.builders import came, delivered, event, sent_back
from shop.tests.builders import make_product, make_variant

pytestmark = pytest.mark.django_db


def test_what_came_back_changes_what_the_page_says(fake: FakeProvider, client: Client) -> None:
    product = make_product()
    order = delivered(fake, make_variant(product, stock=30, price=1000), quantity=20)
    assert "Fit and size" not in client.get(product.get_absolute_url()).content.decode()
    parent = came(sent_back(order, 6), fit=4, damaged=1)
    handlers.refresh_fit(event("ReturnReceived", return_id=parent.pk))
    page = client.get(product.get_absolute_url()).content.decode()
    assert "May come out small: 5 of 20 pieces were sent back as too small. Consider a size up." in page
    assert refresh_fits() == 0


def test_only_what_was_delivered_and_came_is_counted(fake: FakeProvider) -> None:
    product = make_product()
    order = delivered(fake, make_variant(product, stock=30, price=1000), quantity=3)
    sent_back(order, 1)
    assert fits() == {product.pk: Fit(3, 0, 0)}
    came(sent_back(order, 1))
    assert (refresh_fits(), Product.objects.get().sent_back) == (1, Fit(3, 1, 0))
    Order.objects.update(fulfilment_state=Order.FulfilmentState.SHIPPED)
    assert fits() == {}
