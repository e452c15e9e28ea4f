"""What the product page shows for an address."""

import pytest

from shop.catalog.choice import Choice, choose
from shop.catalog.models import Colour, Product, ProductImage, ProductVariant
from shop.tests.builders import make_colour, make_product, make_size, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def shirt() -> Product:
    """Sky in S (10), M (2) and XL (none); oat in M (5) and L (none), dearer in L."""
    product = make_product()
    sky, oat = make_colour("Sky"), make_colour("Oat", Colour.Family.NEUTRAL, "#d9cbb3")
    for colour, size, stock, price in [
        (sky, "XL", 0, 7800),
        (sky, "S", 10, 7800),
        (sky, "M", 2, 7800),
        (oat, "M", 5, 7800),
        (oat, "L", 0, 8200),
    ]:
        make_variant(product, colour=colour, size=make_size(size), stock=stock, price=price)
    return product


def choice_of(product: Product, colour: str = "", size: str = "") -> Choice:
    variants = list(
        ProductVariant.objects.filter(product=product).select_related("colour", "size__system").with_available()
    )
    return choose(product, variants, list(product.images.all()), colour=colour, size=size)


def test_without_a_choice_the_first_colour_is_shown_and_no_size_is_taken(shirt: Product) -> None:
    choice = choice_of(shirt)
    assert choice.colour and choice.colour.slug == "sky"
    assert choice.variant is None
    assert [(size.name, size.available) for size in choice.sizes] == [("S", 10), ("M", 2), ("XL", 0)]
    assert choice.system == "UK / regular"
    assert choice.in_stock and choice.few_left == 0


@pytest.mark.parametrize(("colour", "size"), [("mauve", "XXXL"), ("'", "<b>"), ("sky" * 2000, "\0")])
def test_a_colour_or_size_that_does_not_exist_is_as_if_not_named(shirt: Product, colour: str, size: str) -> None:
    choice = choice_of(shirt, colour, size)
    assert choice.colour and choice.colour.slug == "sky"
    assert choice.variant is None


def test_how_many_are_left_is_said_only_of_the_chosen_size_and_only_when_few(shirt: Product) -> None:
    assert choice_of(shirt, "sky", "M").few_left == 2
    assert choice_of(shirt, "sky", "m").few_left == 2
    assert choice_of(shirt, "sky", "S").few_left == 0
    assert choice_of(shirt, "sky", "XL").few_left == 0


def test_a_sold_out_size_can_be_chosen_and_other_colours_are_offered_only_where_they_have_it(shirt: Product) -> None:
    choice = choice_of(shirt, "sky", "XL")
    assert choice.variant and choice.variant.size.name == "XL"
    assert not choice.in_stock
    assert choice.purchasable
    assert choice.elsewhere == []
    medium = choice_of(shirt, "oat", "M")
    assert [option.colour.slug for option in medium.elsewhere] == ["sky"]


def test_the_price_follows_the_size_and_says_from_while_none_is_chosen(shirt: Product) -> None:
    oat = choice_of(shirt, "oat")
    assert oat.priced and (oat.priced.price, oat.from_price) == (7800, True)
    large = choice_of(shirt, "oat", "L")
    assert large.priced and (large.priced.price, large.from_price) == (8200, False)


def test_a_colour_link_keeps_the_size_where_the_colour_comes_in_it(shirt: Product) -> None:
    address = shirt.get_absolute_url()
    links = {option.colour.slug: option.url for option in choice_of(shirt, "sky", "M").colours}
    assert links == {"sky": f"{address}?colour=sky&size=M", "oat": f"{address}?colour=oat&size=M"}
    assert choice_of(shirt, "sky", "S").colours[1].url == f"{address}?colour=oat"


def test_a_colour_that_is_sold_out_stands_last_and_stays_visible() -> None:
    knit = make_product("Harbour Crew")
    make_variant(knit, colour=make_colour("Rust"), stock=0)
    make_variant(knit, colour=make_colour("Ecru"), stock=1)
    choice = choice_of(knit)
    assert [(option.colour.slug, option.in_stock) for option in choice.colours] == [("ecru", True), ("rust", False)]
    assert not choice_of(knit, "rust").purchasable
    assert choice_of(knit, "rust").colours[1].chosen


def test_a_single_size_is_chosen_by_itself() -> None:
    scarf = make_product("Wide Scarf")
    make_variant(scarf, size=make_size("One size"))
    choice = choice_of(scarf)
    assert choice.variant and choice.variant.size.name == "One size"


def test_pictures_are_those_of_the_colour_then_those_of_all(shirt: Product) -> None:
    for position, (colour, alt) in enumerate([("oat", "Oat front"), (None, "Collar"), ("sky", "Sky front")]):
        row = Colour.objects.get(slug=colour) if colour else None
        ProductImage.objects.create(product=shirt, colour=row, alt=alt, position=position, width=4, height=5)
    assert [image.alt for image in choice_of(shirt, "sky").pictures] == ["Sky front", "Collar"]
    assert [image.alt for image in choice_of(shirt, "oat").pictures] == ["Oat front", "Collar"]


def test_a_product_without_variants_offers_nothing() -> None:
    choice = choice_of(make_product())
    assert (choice.colour, choice.priced, choice.in_stock, choice.purchasable) == (None, None, False, False)
