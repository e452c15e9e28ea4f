"""How many queries a page takes, whatever the size of the shop: at most eight, also for the first request of a process
after the catalogue has changed. The figures are exact, so that whoever spends one more sees it here."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.catalog import listings
from shop.catalog.models import Product, ProductImage, ProductVariant, SizeChart, SizeChartEntry
from shop.catalog.views.home import best_sellers
from shop.tests.builders import (
    make_category,
    make_colour,
    make_product,
    make_promotion,
    make_rate,
    make_size,
    make_variant,
    make_voucher,
)

pytestmark = pytest.mark.django_db
BUDGET = 8
# address: (queries once the process knows the catalogue, and for the first request after a change)
PAGES = {
    "/": (2, 5),
    "/shop/": (2, 4),
    "/shop/shirts/?colour=sky&size=m&stock=1": (2, 4),
    "/search/?q=linen": (2, 5),
    "/search/?q=linnen": (2, 6),
    "/search/suggest/?q=li": (2, 5),
    "/product/piece-0/?colour=sky&size=M": (5, 7),
    "/cart/": (5, 7),
}


def stock_shop(products: int) -> None:
    """Pieces in three colours and three sizes, with pictures and a size chart."""
    make_rate()
    make_rate("express", 795, None)
    chart = SizeChart.objects.create(name="Shirts", garment="shirt")
    for size in ("S", "M", "L"):
        SizeChartEntry.objects.create(chart=chart, size=make_size(size), measurement="Chest", millimetres=1080)
    for number in range(products):
        category = make_category(*(("Shirts", "shirts") if number % 2 else (f"C{number}", f"c{number}")))
        product = make_product(f"Linen {number}", slug=f"piece-{number}", category=category, size_chart=chart)
        for colour in (make_colour("Sky"), make_colour("Rust"), make_colour(f"Colour {number}")):
            ProductImage.objects.create(product=product, colour=colour, renditions={"600": "p.webp"}, alt="It")
            for size in ("S", "M", "L"):
                make_variant(product, colour=colour, size=make_size(size))
    listings.refresh(Product.objects.values_list("pk", flat=True))


def fill_bag(client: Client) -> None:
    """One of every piece."""
    for variant in ProductVariant.objects.filter(colour__slug="sky", size__name="M"):
        client.post("/cart/add/", {"variant": variant.pk}, headers={"sec-fetch-site": "same-origin"})


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("products", [2, 30])
def test_a_page_takes_the_same_few_queries_warm_and_cold_however_large_the_shop(products: int) -> None:
    stock_shop(products)
    client = Client()
    fill_bag(client)
    counted = {}
    for address in PAGES:
        listings.bump_version()
        best_sellers.cache_clear()
        cold = queries(client, address)
        counted[address] = (queries(client, address), cold)
    assert counted == PAGES
    assert max(cold for _, cold in counted.values()) < BUDGET


@pytest.mark.parametrize("products", [2, 30])
def test_promotions_cost_the_bag_one_query_and_an_order_with_a_code_no_more(products: int) -> None:
    stock_shop(products)
    make_promotion(needs_code=False, categories=[make_category()])
    make_voucher("TEN", make_promotion(categories=[make_category()]))
    client = Client()
    fill_bag(client)
    listings.bump_version()
    assert (queries(client, "/cart/"), queries(client, "/cart/")) == (8, 6)
    client.post("/cart/code/", {"code": "TEN"})
    assert "Spring offer (TEN)" in client.get("/cart/").content.decode()
    listings.bump_version()
    assert (queries(client, "/cart/"), queries(client, "/cart/")) == (8, 6)
    assert queries(client, "/checkout/") == 12


@pytest.mark.parametrize("products", [2, 30])
def test_a_bag_whose_prices_all_changed_notes_so_within_the_budget(products: int) -> None:
    stock_shop(products)
    client = Client()
    fill_bag(client)
    ProductVariant.objects.update(price=4900)
    listings.bump_version()
    assert queries(client, "/cart/") <= BUDGET
    assert queries(client, "/cart/") == 5
