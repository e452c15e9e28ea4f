import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shop.catalog.cards import Card, cards_for
from shop.catalog.listings import refresh
from shop.catalog.models import ProductImage, ProductListing, ProductVariant
from shop.templatetags.cards import product_card
from shop.tests.builders import make_colour, make_product, make_size, make_variant

pytestmark = pytest.mark.django_db


def card_of_listed(product_id: int) -> Card:
    refresh([product_id])
    return cards_for([product_id])[0]


def test_card_shows_price_tag_and_picture() -> None:
    variant = make_variant(price=2400, compare_at_price=3200)
    ProductImage.objects.create(
        product=variant.product,
        alt="Shirt in sky",
        file="a.webp",
        width=1200,
        height=1500,
        renditions={"1200": "p/c.webp", "320": "p/a.webp", "600": "p/b.webp"},
    )
    card = card_of_listed(variant.product_id)
    assert (card.price, card.was, card.tag, card.from_price) == ("£24", "£32", "Sale", False)
    assert card.picture.src == "/media/p/b.webp"
    assert card.picture.srcset == "/media/p/a.webp 320w, /media/p/b.webp 600w, /media/p/c.webp 1200w"
    html = product_card(card, eager=True)
    assert 'width="1200" height="1500" alt="Shirt in sky" fetchpriority="high"' in html
    assert "loading" not in html


def test_card_without_a_picture_has_no_img() -> None:
    assert "<img" not in product_card(card_of_listed(make_variant().product_id))


def test_sold_out_card_says_so_and_offers_nothing_to_add() -> None:
    html = product_card(card_of_listed(make_variant(stock=0).product_id))
    assert '<span class="tag">Sold out</span>' in html
    assert "/cart/add/" not in html


def test_quick_add_offers_the_sizes_of_the_shown_colour() -> None:
    product = make_product()
    sky = make_colour("Sky")
    make_variant(product, colour=sky, size=make_size("M"))
    make_variant(product, colour=sky, size=make_size("S"), stock=0)
    make_variant(product, colour=make_colour("Moss", "green"), size=make_size("L"))
    html = product_card(card_of_listed(product.pk))
    assert 'name="size" value="M">' in html
    assert 'name="size" value="S" disabled>' in html
    assert 'value="L"' not in html


def test_changed_product_is_drawn_anew() -> None:
    variant = make_variant(price=7800)
    assert "£78" in product_card(card_of_listed(variant.product_id))
    ProductVariant.objects.update(price=8100)
    html = product_card(card_of_listed(variant.product_id))
    assert "£81" in html
    assert "£78" not in html


def test_name_is_escaped() -> None:
    product = make_product("<b>Tee & co</b>", slug="tee-co")
    make_variant(product)
    assert "&lt;b&gt;Tee &amp; co&lt;/b&gt;" in product_card(card_of_listed(product.pk))


def test_cards_keep_the_order_and_leave_out_what_is_gone() -> None:
    first, second = make_variant().product_id, make_variant().product_id
    refresh([first, second])
    with CaptureQueriesContext(connection) as queries:
        cards = cards_for([second, first, 0])
    assert [card.product_id for card in cards] == [second, first]
    assert len(queries) == 1
    ProductListing.objects.all().delete()
    assert cards_for([second]) == []
