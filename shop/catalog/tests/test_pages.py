"""Home, pages of words, and what machines read."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from shop.catalog import listings, snapshot
from shop.catalog.models import Product, ProductListing, SizeChart, SizeChartEntry
from shop.catalog.views import machines
from shop.catalog.views.home import best_sellers
from shop.catalog.views.pages import PAGES
from shop.core import clock
from shop.tests.builders import make_category, make_product, make_rate, make_size, make_variant

pytestmark = pytest.mark.django_db
G = "{http://base.google.com/ns/1.0}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(autouse=True)
def fresh() -> None:
    best_sellers.cache_clear()


def listed(name: str = "Quarry Linen Shirt", *, stock: int = 5, category: str = "shirts", **price: int) -> Product:
    product = make_product(name, category=make_category(category.title(), category))
    make_variant(product, stock=stock, **price)
    listings.refresh([product.pk])
    return product


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return b"".join(response).decode()  # also reads an answer that is streamed


def test_home_shows_what_is_new_and_what_is_reduced(client: Client) -> None:
    listed("Fresh Shirt")
    listed("Old Coat", category="coats", price=4000, compare_at_price=9000)
    Product.objects.filter(name="Old Coat").update(published_at=clock.now() - timedelta(days=400))
    listings.refresh(Product.objects.values_list("pk", flat=True))
    html = text(client, "/")
    assert "Fresh Shirt" in html.split("New this season")[1].split("Reduced")[0]
    assert "Old Coat" in html.split("Reduced, while they last")[1]
    assert '<h2 class="vh" id="cat">Shop by category</h2>' in html
    assert 'href="/shop/shirts/"' in html


def test_home_leaves_out_what_was_unlisted_since_its_snapshot(client: Client) -> None:
    gone = listed("Gone Shirt", price=4000, compare_at_price=9000)
    listed("Fresh Shirt")
    snapshot.current()
    ProductListing.objects.filter(product=gone).delete()
    html = text(client, "/")
    assert "Fresh Shirt" in html
    assert "Gone Shirt" not in html


def test_home_of_an_empty_shop_stands(client: Client) -> None:
    html = text(client, "/")
    assert "to be" in html
    assert "New this season" not in html


def test_home_asks_few_questions_however_many_products(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        listed(f"Shirt {number}")
    text(client, "/")
    with django_assert_num_queries(2):
        text(client, "/")
    for number in range(12):
        listed(f"Reduced {number}", price=4000, compare_at_price=9000)
    client.get("/shop/")
    with django_assert_num_queries(2):
        text(client, "/")


@pytest.mark.parametrize("slug", PAGES)
def test_every_page_of_words_stands_and_names_itself(client: Client, slug: str) -> None:
    html = text(client, f"/pages/{slug}/")
    assert f"<h1>{PAGES[slug].title}</h1>" in html
    assert f"<title>{PAGES[slug].title} · AspireClothes</title>" in html


def test_an_unknown_page_is_not_found_and_helps_on(client: Client) -> None:
    response = client.get("/pages/nothing/")
    assert response.status_code == 404
    assert "not on the rail" in response.content.decode()


def test_delivery_names_every_rate_by_country(client: Client) -> None:
    make_rate("standard", 395, 7500, countries=["GB"])
    make_rate("express", 600, None, countries=["GB"], min_days=1, max_days=1)
    make_rate("europe", 1250, None, countries=["FR", "IE", "DE"], min_days=4, max_days=8)
    html = text(client, "/pages/delivery/")
    assert html.index("<h2>United Kingdom</h2>") < html.index("<h2>France, Germany, Ireland</h2>")
    assert '<td>4 to 8 working days</td><td class="n">£12.50</td><td class="n">–</td>' in html
    assert "<td>1 working day</td>" in html
    assert '<td>2 to 4 working days</td><td class="n">£3.95</td><td class="n">£75</td>' in html


def test_the_size_guide_shows_every_chart_under_its_own_id(client: Client) -> None:
    for name in ("Shirts", "Coats"):
        chart = SizeChart.objects.create(name=name, garment=name.lower())
        SizeChartEntry.objects.create(chart=chart, size=make_size("M"), measurement="Chest", millimetres=1080)
    html = text(client, "/pages/size-guide/")
    assert 'id="shirts"' in html and 'id="coats"' in html
    assert 'id="size-chart"' not in html


def test_the_site_map_names_every_public_page_once(client: Client) -> None:
    product = listed()
    make_product("Draft", slug="draft", published_at=None)
    root = ElementTree.fromstring(text(client, "/sitemap.xml"))
    addresses = [entry.text for entry in root.iter(f"{MAP}loc")]
    assert len(addresses) == len(set(addresses))
    assert f"http://127.0.0.1:8000{product.get_absolute_url()}" in addresses
    assert "http://127.0.0.1:8000/pages/delivery/" in addresses
    assert "http://127.0.0.1:8000/shop/shirts/" in addresses
    assert not [address for address in addresses if address and "draft" in address]


def test_a_large_site_map_is_an_index_of_files(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "PER_MAP", 2)
    products = [listed(f"Shirt {number}") for number in range(3)]
    index = text(client, "/sitemap.xml")
    assert index.count("<sitemap>") == 2
    assert products[2].slug not in text(client, "/sitemap.xml?page=1")
    assert products[2].slug in text(client, "/sitemap.xml?page=2")
    for wrong in ("0", "3", "x", "-1", "9" * 5000, "²"):
        assert client.get("/sitemap.xml", {"page": wrong}).status_code == 404


def test_robots_keep_out_of_what_is_personal(client: Client) -> None:
    words = text(client, "/robots.txt")
    assert "Disallow: /checkout/" in words
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in words


def test_the_feed_names_every_variant_with_price_and_stock(client: Client) -> None:
    coat = make_product("Coat & <hat>", slug="coat")
    make_variant(coat, sku="COAT-S", size=make_size("S"), price=9000, stock=3)
    make_variant(coat, sku="COAT-M", size=make_size("M"), price=6000, compare_at_price=9000, stock=0)
    make_variant(coat, sku="COAT-L", size=make_size("L"), is_active=False)
    items = list(ElementTree.fromstring(text(client, "/feeds/products.xml")).iter("item"))
    told = {item.findtext(f"{G}id"): item for item in items}
    assert set(told) == {"COAT-S", "COAT-M"}
    small, medium = told["COAT-S"], told["COAT-M"]
    assert small.findtext("title") == "Coat & <hat>, Sky, S"
    assert (small.findtext(f"{G}price"), small.findtext(f"{G}sale_price")) == ("90.00 GBP", None)
    assert (medium.findtext(f"{G}price"), medium.findtext(f"{G}sale_price")) == ("90.00 GBP", "60.00 GBP")
    assert (small.findtext(f"{G}availability"), medium.findtext(f"{G}availability")) == ("in_stock", "out_of_stock")
    assert small.findtext("link") == "http://127.0.0.1:8000/product/coat/?colour=sky&size=S"


def test_the_feed_asks_a_fixed_number_of_questions(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        listed(f"Shirt {number}")
    snapshot.current()
    with django_assert_num_queries(3):
        text(client, reverse("product-feed"))


def test_who_has_this_version_of_the_feed_gets_no_new_one(client: Client) -> None:
    product = listed()
    first = client.get("/feeds/products.xml")
    tag = first.headers["ETag"]
    assert client.get("/feeds/products.xml", headers={"if-none-match": tag}).status_code == 304
    listings.refresh([product.pk])
    assert client.get("/feeds/products.xml", headers={"if-none-match": tag}).status_code == 200
