"""The demo, two small articles of it: complete, true to the ledger, and changed by nothing but what is missing."""

from io import StringIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Model

from shop import models
from shop.accounts.models import User
from shop.catalog.models import Product, ProductImage, ProductListing, ProductVariant
from shop.core.errors import ShopError
from shop.delivery.models import ShippingRate
from shop.demo.build import Plan, build
from shop.demo.pictures import TINY
from shop.models import __all__ as MODELS
from shop.tests.builders import make_product
from shop.warehouse.ledger import differences
from shop.warehouse.models import StockLevel

SMALL = Plan(products=2, orders=12, views=TINY)


def counts() -> dict[str, int]:
    classes: list[type[Model]] = [getattr(models, name) for name in MODELS]
    return {model.__name__: model._default_manager.count() for model in classes}


def picture_files() -> dict[str, Any]:
    files = [name for image in ProductImage.objects.all() for name in image.renditions.values()]
    return {name: default_storage.get_modified_time(name) for name in files}


@pytest.mark.django_db
def test_products_variants_and_pictures_are_there() -> None:
    build(SMALL, StringIO())
    tee = Product.objects.get(slug="everyday-heavy-tee")
    assert tee.category.parent is not None
    assert tee.category.parent.name == "Tops"
    assert ProductVariant.objects.count() == 5 * 5 + 4 * 5
    assert ProductListing.objects.count() == 2
    assert ProductImage.objects.count() == (5 + 4) * 3
    image = ProductImage.objects.get(product=tee, colour__slug="ink", position=0)
    assert image.alt == "Everyday Heavy Tee in ink"
    assert image.renditions == {
        "32": "products/demo/everyday-heavy-tee/ink-whole-32.webp",
        "64": "products/demo/everyday-heavy-tee/ink-whole-64.webp",
    }
    assert (image.width, image.height) == (64, 80)
    assert all(default_storage.exists(name) for name in picture_files())


@pytest.mark.django_db
def test_the_ledger_explains_the_stock() -> None:
    build(SMALL, StringIO())
    assert StockLevel.objects.count() >= 45
    assert differences() == []


@pytest.mark.django_db
def test_each_role_has_an_account_that_can_sign_in() -> None:
    build(SMALL, StringIO())
    roles = {user.email: user.groups.get().name for user in User.objects.filter(is_staff=True)}
    assert roles["care@aspireclothes.example"] == "customer care"
    assert sorted(roles.values()) == ["analyst", "catalogue", "customer care", "marketing", "owner", "warehouse"]
    owner = User.objects.get(email="owner@aspireclothes.example")
    assert owner.is_superuser
    assert owner.check_password("aspire-demo")


@pytest.mark.django_db
def test_delivery_is_free_from_its_threshold() -> None:
    build(SMALL, StringIO())
    standard = ShippingRate.objects.offered_in("GB").get(method__code="standard")
    assert (standard.price_for(7499), standard.price_for(7500)) == (395, 0)
    # On the Continent two more: parcel post, by weight.
    for country, rates in {"IE": 2, "DE": 4, "US": 2, "JP": 2}.items():
        assert ShippingRate.objects.offered_in(country).count() == rates


@pytest.mark.django_db
def test_a_second_run_changes_nothing() -> None:
    build(SMALL, StringIO())
    rows, files = counts(), picture_files()
    assert not build(SMALL, StringIO())
    assert counts() == rows
    assert picture_files() == files


@pytest.mark.django_db
def test_an_interrupted_run_is_completed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("shop.demo.build.make_pictures", interrupt)
        build(SMALL, StringIO())
    assert ProductListing.objects.count() == 0
    build(SMALL, StringIO())
    assert ProductListing.objects.count() == 2
    assert ProductImage.objects.count() == 27


@pytest.mark.django_db
def test_lost_picture_files_are_drawn_again_without_new_rows() -> None:
    build(SMALL, StringIO())
    lost = str(ProductImage.objects.first().file.name)  # type: ignore[union-attr]
    default_storage.delete(lost)
    rows = counts()
    build(SMALL, StringIO())
    assert default_storage.exists(lost)
    assert counts() == rows


@pytest.mark.django_db
def test_a_shop_with_products_of_its_own_is_left_alone() -> None:
    make_product()
    with pytest.raises(ShopError, match="products or orders of its own"):
        build(SMALL, StringIO())
    assert Product.objects.count() == 1
    assert User.objects.count() == 0


@pytest.mark.django_db
def test_the_command_does_not_run_with_debug_off_unasked() -> None:
    with pytest.raises(CommandError, match="--outside-development"):
        call_command("demo")
    assert Product.objects.count() == 0


@pytest.mark.django_db
def test_what_staff_deleted_from_a_complete_demo_stays_deleted() -> None:
    build(SMALL, StringIO())
    User.objects.get(email="analyst@aspireclothes.example").delete()
    ProductImage.objects.filter(position=2).delete()
    rows = counts()
    assert not build(SMALL, StringIO())
    assert counts() == rows
