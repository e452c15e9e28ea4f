"""The demo, two small articles of it: complete, true to the ledger, and changed by nothing but what is missing."""

from io import StringIO
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Model

from shop import models
from shop.accounts.models import User
from shop.catalog.models import Product, ProductImage, ProductListing, ProductVariant
from shop.delivery.models import ShippingRate
from shop.demo.build import build
from shop.demo.tests.plans import SMALL
from shop.models import __all__ as MODELS
from shop.warehouse.ledger import differences
from shop.warehouse.models import StockLevel


def counts() -> dict[str, int]:
    classes: list[type[Model]] = [getattr(models, name) for name in MODELS]
    return {model.__name__: model._default_manager.count() for model in classes}


def picture_files() -> dict[str, Any]:
    files = [name for image in ProductImage.objects.all() for name in image.renditions.values()]
    return {name: default_storage.get_modified_time(name) for name in files}


def test_products_variants_and_pictures_are_there() -> None:
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


def test_the_ledger_explains_the_stock() -> None:
    assert StockLevel.objects.count() >= 45
    assert differences() == []


def test_each_role_has_an_account_that_can_sign_in() -> None:
    roles = {user.email: user.groups.get().name for user in User.objects.filter(is_staff=True)}
    assert roles["care@aspireclothes.example"] == "customer care"
    assert sorted(roles.values()) == ["analyst", "catalogue", "customer care", "marketing", "owner", "warehouse"]
    owner = User.objects.get(email="owner@aspireclothes.example")
    assert owner.is_superuser
    assert owner.check_password("aspire-demo")


def test_delivery_is_free_from_its_threshold() -> None:
    standard = ShippingRate.objects.offered_in("GB").get(method__code="standard")
    assert (standard.price_for(7499), standard.price_for(7500)) == (395, 0)
    # On the Continent two more: parcel post, by weight.
    for country, rates in {"IE": 2, "DE": 4, "US": 2, "JP": 2}.items():
        assert ShippingRate.objects.offered_in(country).count() == rates


def test_a_second_run_changes_nothing() -> None:
    rows, files = counts(), picture_files()
    assert not build(SMALL, StringIO())
    assert counts() == rows
    assert picture_files() == files


def test_lost_picture_files_are_drawn_again_without_new_rows() -> None:
    lost = str(ProductImage.objects.first().file.name)  # type: ignore[union-attr]
    default_storage.delete(lost)
    rows = counts()
    build(SMALL, StringIO())
    assert default_storage.exists(lost)
    assert counts() == rows


def test_what_staff_deleted_from_a_complete_demo_stays_deleted() -> None:
    User.objects.get(email="analyst@aspireclothes.example").delete()
    ProductImage.objects.filter(position=2).delete()
    rows = counts()
    assert not build(SMALL, StringIO())
    assert counts() == rows
