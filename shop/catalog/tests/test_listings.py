from datetime import datetime, timedelta

import pytest
from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shop.catalog import listings
from shop.catalog.models import Product, ProductImage, ProductListing, ProductVariant
from shop.core import clock
from shop.tests.builders import make_category, make_colour, make_product, make_size, make_variant

pytestmark = pytest.mark.django_db


def listed(product: Product) -> ProductListing:
    listings.refresh([product.pk])
    return ProductListing.objects.get(product=product)


def test_row_holds_what_a_card_shows() -> None:
    clothes = make_category("Clothes", "clothes")
    shirts = make_category("Shirts", "shirts", parent=clothes)
    product = make_product("Quarry Linen Shirt", category=shirts, department="men")
    sky, moss = make_colour("Sky"), make_colour("Moss", "green", "#5f6a4c")
    make_variant(product, colour=sky, size=make_size("M"), price=7800)
    make_variant(product, colour=sky, size=make_size("S"), price=7800, stock=0)
    make_variant(product, colour=moss, size=make_size("M"), price=6000, compare_at_price=7500)
    ProductImage.objects.create(
        product=product, colour=sky, alt="Sky shirt", file="a.webp", width=1200, height=1500, renditions={"320": "a"}
    )
    row = listed(product)
    assert (row.name, row.slug, row.department) == (product.name, product.slug, "men")
    assert row.category_id_path == [shirts.pk, clothes.pk]
    assert (row.price, row.compare_at_price, row.currency) == (6000, 7500, "GBP")
    assert (row.has_price_range, row.on_sale, row.in_stock) == (True, True, True)
    assert [colour["slug"] for colour in row.colours] == ["sky", "moss"]
    first = row.colours[0]
    assert (first["alt"], first["image"], first["family"], first["in_stock"]) == (
        "Sky shirt",
        {"320": "a"},
        "blue",
        True,
    )
    assert [(size["name"], size["in_stock"]) for size in first["sizes"]] == [("S", False), ("M", True)]


def test_facet_keys_join_family_size_and_stock_of_each_variant() -> None:
    product = make_product()
    small, medium = make_size("S"), make_size("M")
    make_variant(product, size=small, stock=0)
    make_variant(product, size=medium)
    make_variant(product, size=medium, colour=make_colour("Navy", "blue"))
    make_variant(product, size=small, colour=make_colour("Moss", "green"), is_active=False)
    assert listed(product).facet_keys == sorted([f"blue|{small.pk}|0", f"blue|{medium.pk}|1"])


def test_sold_out_colour_comes_last() -> None:
    product = make_product()
    make_variant(product, colour=make_colour("Sky"), stock=0)
    make_variant(product, colour=make_colour("Moss", "green"))
    row = listed(product)
    assert [colour["slug"] for colour in row.colours] == ["moss", "sky"]
    assert row.in_stock


def test_picture_without_colour_stands_for_all() -> None:
    product = make_product()
    make_variant(product)
    ProductImage.objects.create(product=product, alt="Any", file="a.webp", width=4, height=5)
    assert listed(product).colours[0]["alt"] == "Any"


@pytest.mark.parametrize("published_at", [None, clock.now() + timedelta(days=1)])
def test_unpublished_product_leaves_the_listing(published_at: datetime | None) -> None:
    product = make_variant().product
    assert listed(product)
    Product.objects.filter(pk=product.pk).update(published_at=published_at)
    listings.refresh([product.pk])
    assert not ProductListing.objects.exists()


def test_product_without_active_variants_leaves_the_listing() -> None:
    variant = make_variant()
    assert listed(variant.product)
    ProductVariant.objects.update(is_active=False)
    listings.refresh([variant.product_id])
    assert not ProductListing.objects.exists()


def test_words_weigh_by_where_they_stand() -> None:
    named = make_variant(make_product("Linen Shirt", description="Cool.")).product
    told = make_variant(make_product("Cool Shirt", description="Made of linen.")).product
    coloured = make_variant(make_product("Tee", description="-"), colour=make_colour("Linen white", "white")).product
    listings.refresh([named.pk, told.pk, coloured.pk])
    for weight, product in {"A": named, "B": coloured, "C": told}.items():
        query = SearchQuery(f"linen:{weight}", search_type="raw", config="english")
        assert list(ProductListing.objects.filter(search=query).values_list("pk", flat=True)) == [product.pk]


def test_refresh_takes_the_same_queries_for_one_and_for_many() -> None:
    products = [make_variant().product_id for _ in range(12)]
    listings.refresh([])  # makes the version row
    counts = []
    for ids in (products[:1], products):
        with CaptureQueriesContext(connection) as queries:
            listings.refresh(ids)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert ProductListing.objects.count() == 12


def test_every_refresh_gives_a_higher_version() -> None:
    product = make_variant().product
    assert listings.version() == 0
    listings.refresh([product.pk])
    first = listings.version()
    listings.refresh([product.pk])
    assert 0 < first < listings.version()


def test_due_products_are_published_once() -> None:
    due = make_variant().product
    make_variant(make_product(published_at=None))
    make_product("Without variants")
    assert listings.publish_due() == 1
    assert list(ProductListing.objects.values_list("pk", flat=True)) == [due.pk]
    assert listings.publish_due() == 0
