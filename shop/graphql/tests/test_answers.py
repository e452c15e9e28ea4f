"""What is answered: the same as the pages show, in as few queries."""

import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.catalog import listings
from shop.catalog.models import Product, ProductVariant
from shop.graphql.tests.shop import ask, codes, data, fill, fill_more

pytestmark = pytest.mark.django_db

PRODUCT = """query($slug: String!) { product(slug: $slug) {
  id slug name url department publishedAt description fabrics care fit category { slug name url }
  pictures { colour picture { alt width height renditions { width url } } }
  variants { sku colour { slug name hex family } size sizeSystem price { amount currency }
             compareAtPrice { amount currency } lowestBefore { amount } stock { state left } } } }"""
PAGE = """{ total page pages meant items { slug url price { amount currency } compareAtPrice { amount }
  hasPriceRange onSale inStock colours { colour { slug } inStock picture { alt renditions { width url } }
  sizes { name inStock } } } facets { label options { field value label count chosen } } }"""


def test_a_product_with_the_stock_of_each_variant() -> None:
    shirt = fill()
    found = data(PRODUCT, slug="quarry")["product"]
    assert found["id"] == str(shirt.pk)
    assert (found["name"], found["department"], found["fabrics"]) == ("Quarry Linen Shirt", "men", ["Linen"])
    assert found["url"] == f"{settings.SITE_URL}/product/quarry/"
    assert found["category"] == {"slug": "shirts", "name": "Shirts", "url": f"{settings.SITE_URL}/shop/shirts/"}
    assert {each["sku"]: each["stock"] for each in found["variants"]} == {
        "Q-SKY-M": {"state": "IN_STOCK", "left": None},
        "Q-SKY-L": {"state": "FEW_LEFT", "left": 2},
        "Q-RUST-M": {"state": "IN_STOCK", "left": None},
    }
    first = next(each for each in found["variants"] if each["sku"] == "Q-SKY-M")
    assert first["price"] == {"amount": 7800, "currency": "GBP"}
    assert first["compareAtPrice"] == {"amount": 9800, "currency": "GBP"}
    assert first["colour"] == {"slug": "sky", "name": "Sky", "hex": "#a9bccd", "family": "blue"}
    (picture,) = found["pictures"]
    assert picture["colour"] == "sky"
    assert [each["width"] for each in picture["picture"]["renditions"]] == [320, 600]
    assert picture["picture"]["renditions"][0]["url"] == f"{settings.SITE_URL}/media/products/1/a-320.webp"


def test_a_piece_that_is_sold_before_it_is_here_says_so() -> None:
    fill()
    ProductVariant.objects.filter(sku="C-M").update(sold_ahead=5)
    found = data('{ stock(skus: ["C-M", "Q-SKY-L", "nothing", "C-M"]) { sku state left } }')["stock"]
    assert found == [
        {"sku": "C-M", "state": "SOLD_AHEAD", "left": None},
        {"sku": "Q-SKY-L", "state": "FEW_LEFT", "left": 2},
    ]


def test_what_the_public_may_not_see_is_not_there() -> None:
    shirt = fill()
    Product.objects.filter(pk=shirt.pk).update(published_at=None)
    assert data(PRODUCT, slug="quarry")["product"] is None
    assert data('{ stock(skus: ["Q-SKY-M"]) { sku } }')["stock"] == []
    assert data(PRODUCT, slug="no-such")["product"] is None


def test_a_page_of_products_is_what_the_listing_shows() -> None:
    fill()
    found = data("query { products(sort: PRICE_DESCENDING) " + PAGE + " }")["products"]
    assert (found["total"], found["page"], found["pages"]) == (2, 1, 1)
    # What is sold out comes last, whatever it costs.
    assert [item["slug"] for item in found["items"]] == ["quarry", "chalk"]
    shirt = found["items"][0]
    assert shirt["price"] == {"amount": 7800, "currency": "GBP"} and shirt["hasPriceRange"] and shirt["onSale"]
    assert [each["colour"]["slug"] for each in shirt["colours"]] == ["sky", "rust"]
    assert shirt["colours"][0]["sizes"] == [{"name": "M", "inStock": True}, {"name": "L", "inStock": True}]
    assert shirt["colours"][1]["picture"] is None
    colours = next(facet for facet in found["facets"] if facet["label"] == "Colour")["options"]
    assert {each["value"]: each["count"] for each in colours} == {"blue": 2, "red": 1}


@pytest.mark.parametrize(
    ("wanted", "slugs"),
    [
        ({"colour": ["red"]}, ["quarry"]),
        ({"colour": ["red"], "size": ["l"]}, []),
        ({"category": ["mens"]}, ["chalk"]),
        ({"inStock": True}, ["quarry"]),
        ({"inStock": False}, ["quarry", "chalk"]),
        ({"onSale": True, "department": ["men"], "price": ["50-100"]}, ["quarry"]),
        ({"department": ["women"]}, ["chalk"]),
        ({"isNew": True}, ["quarry", "chalk"]),
        ({}, ["quarry", "chalk"]),
    ],
)
def test_filters_are_those_of_the_pages(wanted: dict[str, object], slugs: list[str]) -> None:
    fill()
    query = "query($wanted: ProductFilter) { products(filter: $wanted, sort: PRICE) { total items { slug } } }"
    found = data(query, wanted=wanted)["products"]
    assert ([item["slug"] for item in found["items"]], found["total"]) == (slugs, len(slugs))


def test_every_value_that_a_facet_names_can_be_asked_for() -> None:
    fill()
    found = data("{ products { facets { options { field value count } } } }")["products"]["facets"]
    options = [option for facet in found for option in facet["options"]]
    assert {option["field"] for option in options} >= {"colour", "size", "inStock", "onSale"}
    for option in options:
        value = True if option["value"] == "true" else [option["value"]]
        query = "query($wanted: ProductFilter) { products(filter: $wanted) { total } }"
        assert data(query, wanted={option["field"]: value})["products"]["total"] == option["count"]


def test_words_find_and_a_slip_is_told() -> None:
    fill()
    query = "query($words: String!) { search(words: $words) { total meant items { slug } } }"
    assert data(query, words="quarry")["search"] == {"total": 1, "meant": "", "items": [{"slug": "quarry"}]}
    assert data(query, words="quary")["search"] == {"total": 0, "meant": "quarry", "items": []}
    assert data(query, words="?!")["search"] == {"total": 0, "meant": "", "items": []}


def test_categories_are_the_navigation() -> None:
    fill()
    found = data("{ categories { slug products children { slug products children { slug } } } }")["categories"]
    below = [{"slug": "trousers", "products": 1, "children": []}]
    assert found == [
        {"slug": "mens", "products": 1, "children": below},
        {"slug": "shirts", "products": 1, "children": []},
    ]


def test_pages_end_where_the_list_ends() -> None:
    fill_more(30)
    query = "query($page: Int) { products(page: $page) { page pages items { slug } } }"
    assert len(data(query, page=2)["products"]["items"]) == 6
    said = ask(query, page=3)
    assert codes(said) == ["NOT_FOUND"] and said["data"] == {"products": None}


@pytest.mark.parametrize("products", [2, 30])
def test_queries_do_not_grow_with_the_shop(products: int) -> None:
    fill_more(products)
    asked = {
        "query { products " + PAGE + " }": 2,
        'query { search(words: "linen") ' + PAGE + " }": 3,
        'query { search(words: "linnen") ' + PAGE + " }": 3,
        "{ categories { slug children { slug } } }": 1,
        PRODUCT.replace("query($slug: String!)", "").replace("$slug", '"piece-0"'): 3,
        '{ product(slug: "piece-0") { name category { name } } }': 1,
        '{ stock(skus: ["a", "b"]) { state } }': 1,
        "{ products { total } }": 1,
    }
    counted = {}
    for query in asked:
        data("{ categories { slug } }")
        listings.bump_version()
        data("{ categories { slug } }")
        with CaptureQueriesContext(connection) as captured:
            data(query)
        counted[query] = len(captured)
    assert counted == asked


def test_an_answer_to_get_is_kept_nowhere_and_knows_no_cookie() -> None:
    fill()
    client = Client()
    response = client.get(
        "/graphql/", {"query": "{ categories { slug } }"}, headers={"Cookie": f"sessionid={32 * 'a'}; bag=y"}
    )
    assert response.status_code == 200 and response.json()["data"]["categories"]
    # The edge's template has no path for it (infra/tests/test_edge.py), so that tags would reach whoever asked.
    assert response.headers["Cache-Control"] == "no-store" and "Page-Tags" not in response.headers
    assert "cookie" not in response.headers.get("Vary", "").lower() and not response.cookies
    variables = {"query": PRODUCT, "variables": '{"slug": "quarry"}', "operationName": ""}
    assert client.get("/graphql/", variables).json()["data"]["product"]["slug"] == "quarry"
    broken = client.get("/graphql/", {"query": "{ products(page: 9) { total } }"})
    assert broken.status_code == 200 and broken.headers["Cache-Control"] == "no-store"


def test_no_page_loads_the_library() -> None:
    code = (
        "import django, sys; django.setup(); import storefront.urls; from django.urls import resolve;"
        "resolve('/graphql/'); import shop.graphql.appsync; sys.exit('graphql' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, check=False)
    assert run.returncode == 0
