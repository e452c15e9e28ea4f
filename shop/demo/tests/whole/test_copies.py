"""Copies for load tests: many products, no further pictures."""

from dataclasses import replace
from io import StringIO

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.catalog.models import Product, ProductImage, ProductListing, ProductVariant
from shop.demo.build import build
from shop.demo.tests.plans import SMALL
from shop.warehouse.ledger import differences


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


def test_a_larger_scale_adds_what_is_missing_and_the_same_adds_nothing() -> None:
    assert build(replace(SMALL, scale=2), StringIO())
    assert build(replace(SMALL, scale=4), StringIO())
    slugs = list(Product.objects.filter(slug__startswith="breton").order_by("slug").values_list("slug", flat=True))
    assert slugs == ["breton-tee", "breton-tee-x2", "breton-tee-x3", "breton-tee-x4"]
    assert not build(replace(SMALL, scale=4), StringIO())
    assert Product.objects.count() == 8


def test_pages_ask_at_most_eight_questions_and_as_many_in_a_shop_eight_times_the_size(client: Client) -> None:
    few = asked(client)
    build(replace(SMALL, scale=8), StringIO())
    assert asked(client) == few
    assert max(few.values()) <= 8


def asked(client: Client) -> dict[str, int]:
    """How many queries each page takes, once the process knows the catalogue; the bag has two lines."""
    variants = ProductVariant.objects.filter(product__slug="breton-tee").with_available().order_by("pk")
    for variant in [each for each in variants if each.available > 2][:2]:
        client.post("/cart/add/", {"variant": variant.pk}, headers={"Sec-Fetch-Site": "same-origin"})
    counts = {}
    for address in ("/", "/shop/", "/shop/?colour=blue&stock=1", "/product/breton-tee/", "/cart/"):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts[address] = len(queries)
    return counts
