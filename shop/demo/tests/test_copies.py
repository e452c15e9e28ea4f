"""Copies for load tests: many products, no further pictures."""

from dataclasses import replace
from io import StringIO

import pytest

from shop.catalog.models import Product, ProductImage, ProductListing, ProductVariant
from shop.demo.build import Plan, build
from shop.demo.pictures import TINY
from shop.warehouse.ledger import differences

SMALL = Plan(products=2, orders=5, views=TINY)


@pytest.mark.django_db
def test_scale_multiplies_products_and_shares_their_pictures() -> None:
    build(replace(SMALL, scale=8), StringIO())
    assert Product.objects.count() == ProductListing.objects.count() == 16
    assert ProductVariant.objects.count() == 8 * 45
    copy = Product.objects.get(slug="breton-tee-x8")
    assert copy.name == "Breton Tee 8"
    original = ProductImage.objects.filter(product__slug="breton-tee").values_list("renditions", flat=True)
    assert list(copy.images.values_list("renditions", flat=True)) == list(original)
    variant = copy.variants.get(sku="BRET-TEE-CHALK-NAVY-M-X8")
    assert variant.price == 3800 + 100
    assert differences() == []


@pytest.mark.django_db
def test_a_larger_scale_adds_what_is_missing_and_the_same_adds_nothing() -> None:
    build(SMALL, StringIO())
    assert build(replace(SMALL, scale=2), StringIO())
    assert build(replace(SMALL, scale=4), StringIO())
    slugs = list(Product.objects.filter(slug__startswith="breton").order_by("slug").values_list("slug", flat=True))
    assert slugs == ["breton-tee", "breton-tee-x2", "breton-tee-x3", "breton-tee-x4"]
    assert not build(replace(SMALL, scale=4), StringIO())
    assert Product.objects.count() == 8
