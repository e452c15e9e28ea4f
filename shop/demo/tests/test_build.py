"""Where the demo begins, and goes on after it was interrupted."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from shop.accounts.models import User
from shop.catalog.models import Product, ProductImage, ProductListing
from shop.core.errors import ShopError
from shop.demo.build import build, interrupted
from shop.demo.tests.plans import FEWER, SMALL
from shop.orders.models import Order
from shop.tests.builders import make_product

pytestmark = pytest.mark.django_db


def test_an_interrupted_run_is_completed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("shop.demo.build.make_pictures", interrupt)
        build(FEWER, StringIO())
    assert ProductListing.objects.count() == 0
    build(FEWER, StringIO())
    assert ProductListing.objects.count() == 2
    assert ProductImage.objects.count() == 27


def test_a_shop_with_products_of_its_own_is_left_alone() -> None:
    make_product()
    with pytest.raises(ShopError, match="products or orders of its own"):
        build(SMALL, StringIO())
    assert Product.objects.count() == 1
    assert User.objects.count() == 0


def test_the_command_does_not_run_with_debug_off_unasked() -> None:
    with pytest.raises(CommandError, match="--outside-development"):
        call_command("demo")
    assert Product.objects.count() == 0


def test_an_interruption_while_orders_are_written_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("shop.demo.build.listings.refresh", interrupt)
        build(FEWER, StringIO())
    assert Order.objects.count() == 0
    assert interrupted()
    build(FEWER, StringIO())
    assert Order.objects.filter(replaces=None).count() == 12
    assert not interrupted()
