import re
from collections.abc import Sequence

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.catalog import listings
from shop.catalog.models import Category, Colour, Product, Size, SizeSystem
from shop.tests.builders import make_category, make_colour, make_product, make_size, make_variant

pytestmark = pytest.mark.django_db


def list_product(name: str, *, variants: Sequence[dict[str, object]] = ({},), **fields: object) -> Product:
    """A listed product with these variants."""
    product = make_product(name, **fields)
    for variant in variants:
        make_variant(product, **variant)  # type: ignore[arg-type]
    listings.refresh([product.pk])
    return product


def names(client: Client, address: str) -> list[str]:
    """The names on the cards, in their order."""
    response = client.get(address)
    assert response.status_code == 200, address
    return re.findall(r'<h3><a href="[^"]+">([^<]+)</a></h3>', response.text)


def test_listing_shows_products_newest_first(client: Client) -> None:
    list_product("Older Shirt")
    list_product("Newer Shirt")
    assert names(client, "/shop/") == ["Newer Shirt", "Older Shirt"]


def test_category_shows_what_lies_below_it(client: Client) -> None:
    tops = make_category("Tops", "tops")
    list_product("Tee", category=make_category("Tees", "tees", parent=tops))
    list_product("Skirt", category=make_category("Skirts", "skirts"))
    assert names(client, "/shop/tops/") == ["Tee"]
    assert '<a href="/shop/tops/">Tops</a>' in client.get("/shop/tees/").text


def test_department_shows_its_own_and_what_is_for_everybody(client: Client) -> None:
    for department in ("women", "men", "unisex"):
        list_product(department.title(), department=department)
    assert names(client, "/shop/women/") == ["Unisex", "Women"]
    assert names(client, "/shop/men/") == ["Unisex", "Men"]


def test_unknown_category_is_not_found(client: Client) -> None:
    assert client.get("/shop/hats/").status_code == 404


def test_empty_category_is_a_page_that_says_so(client: Client) -> None:
    Category.objects.create(name="Hats", slug="hats")
    list_product("Tee")
    response = client.get("/shop/hats/")
    assert (response.status_code, "0 products" in response.text) == (200, True)


def test_filters_join_on_one_variant(client: Client) -> None:
    blue, green, small, medium = make_colour("Sky"), make_colour("Moss", "green"), make_size("S"), make_size("M")
    list_product("Split", variants=[{"colour": blue, "size": small}, {"colour": green, "size": medium}])
    list_product("Right", variants=[{"colour": green}, {"colour": blue, "size": medium}])
    list_product("Gone", variants=[{"colour": blue, "size": medium, "stock": 0}])
    assert names(client, "/shop/?colour=blue&size=M&stock=1") == ["Right"]
    assert names(client, "/shop/?colour=blue&size=m") == ["Right", "Gone"]
    assert sorted(names(client, "/shop/?colour=blue&colour=green&size=m")) == ["Gone", "Right", "Split"]


def test_card_shows_the_colour_that_was_asked_for(client: Client) -> None:
    product = list_product(
        "Tee", variants=[{"colour": make_colour("Sky")}, {"colour": make_colour("Moss", Colour.Family.GREEN)}]
    )
    assert f'href="/product/{product.slug}/"' in client.get("/shop/").text
    page = client.get("/shop/?colour=green").text
    assert f'href="/product/{product.slug}/?colour=moss"' in page
    assert '<input type="hidden" name="colour" value="moss">' in page


def test_sale_and_price_and_new(client: Client) -> None:
    list_product("Reduced", variants=[{"price": 3000, "compare_at_price": 4000}])
    list_product("Dear", variants=[{"price": 12000}])
    assert names(client, "/shop/?sale=1") == ["Reduced"]
    assert names(client, "/shop/?price=100-") == ["Dear"]
    assert names(client, "/shop/?price=0-50&price=100-&sort=price") == ["Reduced", "Dear"]
    assert '<h1 class="h2">Sale</h1>' in client.get("/shop/?sale=1").text
    assert '<h1 class="h2">New in</h1>' in client.get("/shop/?new=1").text


def test_choice_without_results_is_disabled_and_stays_visible(client: Client) -> None:
    list_product("Tee", variants=[{"colour": make_colour("Sky"), "size": make_size("S")}])
    list_product("Top", variants=[{"colour": make_colour("Moss", "green"), "size": make_size("M")}])
    page = client.get("/shop/?size=s").text
    assert re.search(r'name="colour" value="green" disabled>', page)
    assert re.search(r'name="colour" value="blue">', page)
    assert re.search(r'name="size" value="m">', page), "another size would widen"
    assert re.search(r'name="size" value="s" checked>', page)


def test_same_size_name_in_two_systems_gets_two_addresses(client: Client) -> None:
    make_size("M")
    waist = SizeSystem.objects.create(name="Waist", label="Inches")
    list_product("Jeans", variants=[{"size": Size.objects.create(system=waist, name="M", position=1)}])
    list_product("Tee", variants=[{"size": make_size("M")}])
    assert names(client, "/shop/?size=m") == ["Tee"]
    assert names(client, "/shop/?size=waist-m") == ["Jeans"]


def test_chips_lead_to_the_same_list_without_one_choice(client: Client) -> None:
    list_product("Tee", variants=[{"colour": make_colour("Sky"), "size": make_size("S")}])
    page = client.get("/shop/?size=s&colour=blue&sort=price").text
    assert '<a href="/shop/?colour=blue&amp;sort=price" aria-label="Remove filter: Size S"' in page
    assert '<a href="/shop/?size=s&amp;sort=price" aria-label="Remove filter: Blue"' in page
    assert '<a href="/shop/?sort=price" data-swap="#listing">Clear all</a>' in page


def test_pages_have_addresses_of_their_own(client: Client) -> None:
    products = [make_variant(make_product(f"Tee {number:02}")).product_id for number in range(50)]
    listings.refresh(products)
    first, second, third = (names(client, f"/shop/?page={page}") for page in (1, 2, 3))
    assert (len(first), len(second), len(third)) == (24, 24, 2)
    assert len({*first, *second, *third}) == 50
    page = client.get("/shop/?page=2&sort=name").text
    assert '<link rel="prev" href="http://127.0.0.1:8000/shop/?sort=name">' in page
    assert '<link rel="next" href="http://127.0.0.1:8000/shop/?sort=name&amp;page=3">' in page


@pytest.mark.parametrize(
    ("address", "canonical", "indexed"),
    [
        ("/shop/", "/shop/", True),
        ("/shop/?page=1&page=2&utm_source=mail", "/shop/?page=2", True),
        ("/shop/?sale=1", "/shop/?sale=1", True),
        ("/shop/?colour=blue&page=2", "/shop/", False),
        ("/shop/?sort=price", "/shop/", False),
    ],
)
def test_search_engines_are_told_which_address_counts(
    client: Client, address: str, canonical: str, indexed: bool
) -> None:
    variant = {"price": 500, "compare_at_price": 900}
    listings.refresh([make_variant(make_product(f"Tee {n}"), **variant).product_id for n in range(30)])
    page = client.get(address).text
    assert f'<link rel="canonical" href="http://127.0.0.1:8000{canonical}">' in page
    assert ("noindex" not in page) is indexed


@pytest.mark.parametrize("page", ["0", "-1", "abc", "2", "999999", "9" * 5000, "²", "1.5", "", "%00"])
def test_page_that_is_not_there_is_not_found(client: Client, page: str) -> None:
    list_product("Tee")
    assert client.get(f"/shop/?page={page}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "colour=octarine",
        "size=%00",
        "size=" + "x" * 5000,
        "price=-5",
        "price=50-",
        "stock=yes",
        "sale=0",
        "sort=drop",
        "category=hats",
        "category=&colour=&size=",
        "colour[]=blue",
        "&&&=&",
        "colour=%F0%9F%91%97&q=%D8%AB%D9%88%D8%A8",
        "size=M&size=M&size=M&colour=blue&colour=BLUE",
    ],
)
def test_broken_filters_are_left_out(client: Client, query: str) -> None:
    list_product("Tee")
    assert names(client, f"/shop/?{query}") == ["Tee"]


def test_listing_takes_the_same_queries_for_few_and_for_many(client: Client) -> None:
    counts = []
    for number in (3, 60):
        listings.refresh([make_variant(make_product(f"Tee {n}")).product_id for n in range(number)])
        client.get("/shop/")  # the index is built once a version
        with CaptureQueriesContext(connection) as queries:
            client.get("/shop/?colour=blue&size=m&stock=1")
        counts.append(len(queries))
    assert counts == [2, 2]


def test_first_page_after_a_change_keeps_within_the_budget(client: Client) -> None:
    list_product("Tee")
    with CaptureQueriesContext(connection) as queries:
        client.get("/shop/")
    assert len(queries) <= 8


@pytest.mark.parametrize(
    "address", ["/shop/", "/shop/shirts/?colour=blue", "/search/?q=tee", "/search/suggest/?q=te", "/colours.css"]
)
def test_public_pages_are_ready_for_an_edge(client: Client, address: str) -> None:
    list_product("Tee")
    client.cookies["sessionid"] = "anything"
    response = client.get(address)
    assert response.status_code == 200
    assert "public" in response["Cache-Control"]
    assert "s-maxage" in response["Cache-Control"]
    assert not response.cookies
    assert "cookie" not in response.get("Vary", "").lower()
    assert response["ETag"]
    assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert client.post(address).status_code == 405


def test_stylesheet_has_a_dot_for_every_colour_and_stays_css(client: Client) -> None:
    make_colour("Sky", hex="#a9bccd")
    Colour.objects.create(name="Two", slug="two", hex="#111111", accent_hex="#eeeeee", family="black")
    Colour.objects.create(name="</style>", slug="x}body{", hex="#000000", family="black")
    Colour.objects.create(name="Wrong", slug="wrong", hex="red;}x", family="black")
    list_product("Tee")
    response = client.get("/colours.css")
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert ".c-sky { --c: #a9bccd; }" in response.text
    assert ".c-two { --c: linear-gradient(135deg, #111111 50%, #eeeeee 50%); }" in response.text
    assert ".f-blue { --c: #29334a; }" in response.text
    assert all(re.fullmatch(r"\.[cf]-[\w-]+ \{ --c: [^;{}]+; \}", line) for line in response.text.splitlines())


def test_stylesheet_of_the_present_colours_is_kept_for_a_year(client: Client) -> None:
    list_product("Tee")
    address = re.search(r"/colours\.css\?v=\w+", client.get("/shop/").text)
    assert address
    assert "immutable" in client.get(address.group())["Cache-Control"]
    assert "immutable" not in client.get("/colours.css?v=old")["Cache-Control"]
