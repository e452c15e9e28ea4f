"""The product page."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from shop.catalog import listings
from shop.catalog.models import Colour, Product, ProductImage, SizeChart, SizeChartEntry
from shop.core import clock
from shop.tests.builders import make_category, make_colour, make_product, make_rate, make_size, make_variant

pytestmark = pytest.mark.django_db
RENDITIONS = {"320": "p/a-320.webp", "600": "p/a-600.webp", "1200": "p/a-1200.webp"}


@pytest.fixture
def shirt() -> Product:
    """Sky in S (10), M (2) and L (none); oat in S (5)."""
    product = make_product(slug="quarry", fabrics=["100% linen", "185 g/m²"], care=["Wash at 30."], fit="Boxy.")
    sky, oat = make_colour("Sky"), make_colour("Oat", Colour.Family.NEUTRAL)
    for colour, size, stock in [(sky, "S", 10), (sky, "M", 2), (sky, "L", 0), (oat, "S", 5)]:
        make_variant(product, colour=colour, size=make_size(size), stock=stock)
    add_pictures(product, [sky, oat], each=2)
    listings.refresh([product.pk])
    return product


def add_pictures(product: Product, colours: list[Colour], each: int) -> None:
    for colour in colours:
        for number in range(each):
            alt = f"{product.name} in {colour.name.lower()}, {number}"
            ProductImage.objects.create(
                product=product, colour=colour, alt=alt, position=number, renditions=RENDITIONS, width=1200, height=1500
            )


def page(client: Client, query: str = "", slug: str = "quarry") -> str:
    response = client.get(f"/product/{slug}/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_it_works(client: Client, shirt: Product) -> None:
    html = page(client)
    assert "<h1>Quarry Linen Shirt</h1>" in html
    assert '<form action="/cart/add/" method="post"' in html
    assert '<button type="submit" class="btn block">Add to bag · £78</button>' in html
    assert f'name="product" value="{shirt.pk}"' in html
    assert 'name="colour" value="sky"' in html
    assert "100% linen. 185 g/m²." in html
    assert '<link rel="canonical" href="http://127.0.0.1:8000/product/quarry/">' in html


def test_sizes_are_radios_named_by_what_they_are_and_a_sold_out_one_says_so(client: Client, shirt: Product) -> None:
    html = page(client, "?colour=sky&size=M")
    assert 'name="size" value="M" id="size-m" checked>M</label>' in html
    assert '<label class="gone"><input type="radio" name="size" value="L" id="size-l">L' in html
    assert html.count("checked>") == 1 + html.count('value="cm" checked>')


def test_who_comes_back_for_a_sold_out_size_is_told_beside_the_sizes(client: Client, shirt: Product) -> None:
    html = page(client, "?colour=sky&size=L&missing=stock")
    words = "L is sold out in sky, so it is not in your bag. Choose another size."
    assert f'<p class="error" id="size-error" role="alert">{words}</p>' in html
    assert 'id="size" aria-describedby="size-error"' in html


@pytest.mark.parametrize("query", ["?colour=sky&size=M&missing=stock", "?missing=stock", "?size=L&missing=else"])
def test_nothing_is_missing_where_it_can_be_had_after_all(client: Client, shirt: Product, query: str) -> None:
    assert 'id="size-error"' not in page(client, query)


def test_a_category_that_is_empty_as_yet_breaks_no_page(client: Client, shirt: Product) -> None:
    make_category("Coats", "coats")
    listings.bump_version()
    assert "Wear it with" not in page(client)


def test_colours_are_links_with_an_address_each(client: Client, shirt: Product) -> None:
    html = page(client, "?colour=oat")
    assert 'href="/product/quarry/?colour=sky&amp;size=S" id="colour-sky" data-swap="#product">' in html
    assert 'id="colour-oat" data-swap="#product" aria-current="true">' in html
    assert "Quarry Linen Shirt in oat, 0" in html
    assert "Quarry Linen Shirt in sky, 1" not in html


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "In stock. With you Thu 11 to Mon 15 March"),
        ("?size=S", "In stock. With you Thu 11 to Mon 15 March"),
        ("?size=M", "Only 2 left in M"),
        ("?size=L", "Sold out in sky, L"),
    ],
)
def test_what_is_left_is_said_as_it_is(
    client: Client, shirt: Product, query: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_rate()
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 3, 9, 9, tzinfo=UTC))
    assert f'<p class="stock" data-say>{words}</p>' in page(client, query)


def test_the_delivery_words_come_from_the_rates(client: Client, shirt: Product) -> None:
    assert '<p class="stock" data-say>In stock</p>' in page(client)
    make_rate(price=495, free_over=9000, min_days=3, max_days=5)
    listings.bump_version()
    assert "Standard, 3 to 5 working days: £4.95, free from £90." in page(client)


def test_a_missing_size_is_asked_for_beside_the_sizes(client: Client, shirt: Product) -> None:
    html = page(client, "?colour=sky&missing=size")
    assert '<fieldset id="size" aria-describedby="size-error">' in html
    assert '<p class="error" id="size-error" role="alert">Choose a size</p>' in html
    assert "Choose a size" not in page(client, "?colour=sky&size=M&missing=size")


@pytest.mark.parametrize("query", ["?colour=mauve&size=XXXL", "?colour=%00&size=%F0%9F%91%95", "?size=" + "M" * 5000])
def test_an_unknown_choice_shows_the_product_all_the_same(client: Client, shirt: Product, query: str) -> None:
    assert 'name="colour" value="sky"' in page(client, query)


def test_what_is_not_published_is_not_found(client: Client) -> None:
    make_product(slug="draft", published_at=None)
    make_product(slug="tomorrow", published_at=clock.now() + timedelta(days=1))
    for slug in ("draft", "tomorrow", "nothing"):
        assert client.get(f"/product/{slug}/").status_code == 404


def test_only_reading_is_allowed(client: Client, shirt: Product) -> None:
    assert client.post("/product/quarry/").status_code == 405


def test_a_product_without_variants_is_shown_without_a_button(client: Client) -> None:
    make_product(slug="bare")
    html = page(client, slug="bare")
    assert "Not for sale at the moment" in html
    assert "Add to bag" not in html


def test_a_colour_that_is_sold_out_in_all_sizes_gives_way_to_words(client: Client, shirt: Product) -> None:
    make_variant(shirt, colour=make_colour("Moss"), stock=0)
    html = page(client, "?colour=moss")
    assert '<div class="buy out"' in html
    assert "Sold out in moss" in html
    assert 'Still here in <a href="/product/quarry/?colour=sky' in html


def test_data_for_machines_has_the_price_and_stock_that_the_page_shows(client: Client, shirt: Product) -> None:
    data = data_of(page(client, "?colour=sky&size=L"))
    assert data["offers"]["price"] == "78.00"
    assert data["offers"]["availability"] == "https://schema.org/OutOfStock"
    assert (data["color"], data["size"]) == ("Sky", "L")
    assert data["image"] == ["http://127.0.0.1:8000/media/p/a-1200.webp"] * 2
    assert data_of(page(client))["offers"]["availability"] == "https://schema.org/InStock"


def data_of(html: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(html.split('application/ld+json">')[1].split("</script>")[0])
    return found


def test_words_of_the_shop_cannot_break_out_of_the_page(client: Client) -> None:
    evil = "</script><img src=x>"
    product = make_product(evil, slug="evil", description=evil)
    make_variant(product)
    html = page(client, slug="evil")
    assert "<img src=x>" not in html
    assert data_of(html)["description"] == evil


def test_the_size_chart_is_in_centimetres_and_inches(client: Client, shirt: Product) -> None:
    chart = SizeChart.objects.create(name="Shirts", garment="shirt", how_to_measure="Lay it flat.")
    for size, millimetres in [("M", 1080), ("S", 1025)]:
        SizeChartEntry.objects.create(chart=chart, size=make_size(size), measurement="Chest", millimetres=millimetres)
    Product.objects.filter(pk=shirt.pk).update(size_chart=chart)
    html = page(client, "?size=M")
    assert '<th scope="row">S</th><td class="n cm">102.5</td><td class="n in">40.4</td>' in html
    assert '<tr class="on"><th scope="row">M <small>chosen</small></th><td class="n cm">108</td>' in html
    assert html.index(">102.5<") < html.index(">108<")


def test_wear_it_with_shows_other_kinds_of_clothes_in_stock(client: Client, shirt: Product) -> None:
    for name, slug, stock in [("Wide Trouser", "trousers", 3), ("Old Hat", "hats", 0), ("Other Shirt", "shirts", 3)]:
        other = make_product(name, category=make_category(slug.title(), slug))
        make_variant(other, stock=stock)
        listings.refresh([other.pk])
    html = page(client).split("Wear it with")[1]
    assert "Wide Trouser" in html
    assert "Old Hat" not in html
    assert "Other Shirt" not in html


def test_a_product_is_there_from_its_moment_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = clock.now() + timedelta(days=3650)
    make_product(slug="tomorrow", published_at=moment)
    assert client.get("/product/tomorrow/").status_code == 404
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert client.get("/product/tomorrow/").status_code == 200
