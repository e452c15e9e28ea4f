import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.catalog import listings
from shop.catalog.search import corrected
from shop.catalog.tests.test_listing_page import list_product, names
from shop.tests.builders import make_category, make_colour, make_product, make_size, make_variant

pytestmark = pytest.mark.django_db


def nothing(client: Client, address: str) -> bool:
    return "Nothing found" in client.get(address).text


def test_search_reads_name_description_category_and_colour(client: Client) -> None:
    list_product("Quarry Shirt", description="Washed linen.", variants=[{"colour": make_colour("Marigold", "yellow")}])
    list_product("Wren Dress", category=make_category("Dresses", "dresses"), description="Silk.")
    assert names(client, "/search/?q=quarry") == ["Quarry Shirt"]
    assert names(client, "/search/?q=linen") == ["Quarry Shirt"]
    assert names(client, "/search/?q=dress") == ["Wren Dress"]
    assert names(client, "/search/?q=marigold shirts") == ["Quarry Shirt"]
    assert nothing(client, "/search/?q=shirt dress")


def test_name_ranks_before_category_and_description(client: Client) -> None:
    list_product("Tee", description="Goes with linen.")
    list_product("Linen Tee", description="Light.")
    list_product("Coat", category=make_category("Linen", "linen"), description="Heavy.")
    assert names(client, "/search/?q=linen") == ["Linen Tee", "Coat", "Tee"]


def test_in_stock_comes_first_among_equals(client: Client) -> None:
    list_product("Linen Tee", slug="a")
    list_product("Linen Tee", slug="b", variants=[{"stock": 0}])
    page = client.get("/search/?q=linen").text
    assert page.index("/product/a/") < page.index("/product/b/")


def test_last_word_may_be_unfinished(client: Client) -> None:
    list_product("Harbour Stitch Crew")
    assert names(client, "/search/?q=harb") == ["Harbour Stitch Crew"]
    assert names(client, "/search/?q=harbour sti") == ["Harbour Stitch Crew"]
    assert nothing(client, "/search/?q=harb stitch")


def test_quotes_and_minus_work_as_people_expect(client: Client) -> None:
    list_product("Heavy Linen Tee")
    list_product("Linen Heavy Jacket")
    assert names(client, '/search/?q="heavy linen"') == ["Heavy Linen Tee"]
    assert names(client, "/search/?q=linen -jacket") == ["Heavy Linen Tee"]


def test_results_take_filters_and_sort(client: Client) -> None:
    list_product("Linen Tee", variants=[{"price": 3000, "size": make_size("S")}])
    list_product("Linen Shirt", variants=[{"price": 2000, "size": make_size("M")}])
    assert names(client, "/search/?q=linen&size=m") == ["Linen Shirt"]
    assert names(client, "/search/?q=linen&sort=-price") == ["Linen Tee", "Linen Shirt"]
    page = client.get("/search/?q=linen&size=m").text
    assert '<a href="/search/?q=linen" data-swap="#listing">Clear all</a>' in page
    assert '<input type="hidden" name="q" value="linen">' in page
    assert "noindex" in page


def test_nothing_found_offers_a_spelling_and_ways_on(client: Client) -> None:
    list_product("Linen Shirt", category=make_category("Shirts", "shirts"))
    page = client.get("/search/?q=linnen shrit").text
    assert "Nothing found for “linnen shrit”" in page
    assert '<a href="/search/?q=linen+shirt">linen shirt</a>' in page
    assert '<a href="/shop/shirts/">Shirts</a>' in page


def test_spelling_that_finds_nothing_is_not_offered(client: Client) -> None:
    list_product("Linen Shirt")
    list_product("Wool Dress", description="Warm.")
    assert "Did you mean" not in client.get("/search/?q=linnen dres").text


@pytest.mark.parametrize(
    ("words", "meant"), [("linnen", "linen"), ("shrit", "shirt"), ("linen", ""), ("zzzz", ""), ("ab", ""), ("", "")]
)
def test_only_misspelt_words_are_corrected(words: str, meant: str) -> None:
    assert corrected(words, ["linen", "shirt", "short"]) == meant


@pytest.mark.parametrize(
    "q",
    [
        "",
        " ",
        "%00",
        "a%00b",
        "x" * 5000,
        "linen " * 1000,
        "'",
        '"',
        "'; DROP TABLE",
        ":*",
        "&|!()<->",
        "-",
        "or",
        "the",
        "\\",
        "%F0%9F%91%97",
        "%D8%AB%D9%88%D8%A8",
        "l%C3%ADnen",
        "%ff",
        "'':*'",
        "a:A*",
        "linen\u2019s",
        "o'neill",
    ],
)
@pytest.mark.parametrize("address", ["/search/", "/search/suggest/"])
def test_odd_words_are_answered(client: Client, address: str, q: str) -> None:
    list_product("Linen Tee")
    assert client.get(f"{address}?q={q}").status_code == 200


def test_long_words_are_cut_and_said_so(client: Client) -> None:
    list_product("Linen Tee")
    page = client.get("/search/?q=" + "linen " * 1000).text
    assert "first 100 characters" in page
    assert "Linen Tee" in page


def test_what_was_searched_for_is_escaped(client: Client) -> None:
    list_product("Linen Tee")
    assert "<script>alert" not in client.get("/search/?q=<script>alert(1)</script>").text


@pytest.mark.parametrize("page", ["0", "2", "abc"])
def test_page_of_results_that_is_not_there_is_not_found(client: Client, page: str) -> None:
    list_product("Linen Tee")
    assert client.get(f"/search/?q=linen&page={page}").status_code == 404


def test_search_takes_the_same_queries_for_few_and_for_many(client: Client) -> None:
    counts = []
    for number in (3, 60):
        listings.refresh([make_variant(make_product(f"Linen Tee {n}")).product_id for n in range(number)])
        client.get("/shop/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/search/?q=linen&colour=blue")
        counts.append(len(queries))
    assert counts == [3, 3]


@pytest.mark.parametrize("address", ["/search/?q=linen", "/search/?q=linnen", "/search/suggest/?q=li"])
def test_first_search_after_a_change_keeps_within_the_budget(client: Client, address: str) -> None:
    list_product("Linen Tee", variants=[{"colour": make_colour("Lime", "green")}])
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    assert len(queries) <= 8


def test_suggestions_name_pieces_categories_and_colours(client: Client) -> None:
    lime = make_colour("Lime", "green")
    make_colour("Linden", "green")  # in no product
    product = list_product("Old Linen Tee", category=make_category("Linings", "linings"), variants=[{"colour": lime}])
    fragment = client.get("/search/suggest/?q=li").text
    assert re.findall(r'class="name" id="og\d">(\w+)<', fragment) == ["Pieces", "Categories", "Colours"]
    assert f'href="/product/{product.slug}/"' in fragment
    assert "Old <mark>Li</mark>nen Tee" in fragment
    assert '<span class="price">£78</span>' in fragment
    assert 'href="/shop/linings/"' in fragment
    assert re.findall(r"/search/\?q=(\w+)", fragment) == ["Lime"]


def test_suggestions_are_eight_at_most(client: Client) -> None:
    for number in range(9):
        category = make_category(f"Linen {number}", f"linen-{number}")
        list_product(f"Linen {number}", category=category, variants=[{"colour": make_colour(f"Linen {number}")}])
    assert client.get("/search/suggest/?q=linen").text.count('role="option"') == 8


@pytest.mark.parametrize("q", ["", "l", "%20l%20"])
def test_fewer_than_two_letters_suggest_nothing(client: Client, q: str) -> None:
    list_product("Linen Tee")
    assert client.get(f"/search/suggest/?q={q}").text.strip() == ""
