"""The size and colour grid: everything in one go, or nothing."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from adminpanel.grid.forms import MOST_CELLS
from adminpanel.tests.builders import make_staff, signed_in
from shop.catalog.models import Colour, Product, ProductListing, ProductVariant, Size
from shop.events.models import OutboxEvent
from shop.tests.builders import make_colour, make_location, make_product, make_size, make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse.models import StockLevel, StockMovement


def address(product: Product) -> str:
    return reverse("admin:shop_product_grid", args=[product.pk])


def cell(colour: Colour, size: Size, **values: Any) -> dict[str, str]:
    """The posted fields of one cell; active unless said otherwise."""
    values = {"active": "on"} | values
    if "seen" in values:
        values["seen"] = json.dumps({"on_hand": values["seen"]})
    return {f"c{colour.pk}s{size.pk}-{name}": str(value) for name, value in values.items() if value is not None}


def post(client: Client, product: Product, *cells: dict[str, str], **more: Any) -> HttpResponse:
    data: dict[str, Any] = {"save": "1", **more}
    for one in cells:
        data |= one
    response = client.post(address(product), data)
    assert isinstance(response, HttpResponse)
    return response


def counts() -> tuple[int, int, int, int]:
    return (
        ProductVariant.objects.count(),
        StockMovement.objects.count(),
        OutboxEvent.objects.count(),
        ProductVariant.history.count(),
    )


@pytest.mark.django_db
def test_new_cells_become_variants_with_stock_ledger_history_event_and_listing() -> None:
    product, sky, clay = make_product(slug="quarry-shirt"), make_colour("Sky"), make_colour("Clay", Colour.Family.RED)
    small, medium = make_size("S"), make_size("M")
    make_location()
    owner = make_staff("owner")
    response = post(
        signed_in(owner),
        product,
        cell(sky, small, price="12.50", was="20", stock="4"),
        cell(sky, medium, price="12.50", stock="0", active=None),
        cell(clay, small, price="13", sku="MY-SKU"),
        cell(clay, medium),
        colour=[sky.pk, clay.pk],
        size=[small.pk, medium.pk],
    )
    assert response.status_code == 302
    rows = product.variants.order_by("pk").values_list("sku", "price", "compare_at_price", "is_active", "currency")
    assert set(rows) == {
        ("QUARRY-SHIRT-SKY-S", 1250, 2000, True, "GBP"),
        ("QUARRY-SHIRT-SKY-M", 1250, None, False, "GBP"),
        ("MY-SKU", 1300, None, True, "GBP"),
    }
    movement = StockMovement.objects.get()
    assert (movement.level.variant.sku, movement.on_hand_change, movement.actor) == ("QUARRY-SHIRT-SKY-S", 4, owner)
    assert StockLevel.objects.filter(variant__product=product).count() == 3
    assert ProductListing.objects.get(pk=product.pk).price == 1250
    event = OutboxEvent.objects.filter(name="ProductChanged", detail__reason="variants").get()
    assert event.detail["product_id"] == product.pk
    assert ProductVariant.history.filter(history_user=owner).count() == 3


@pytest.mark.django_db
def test_one_bad_cell_saves_nothing_and_keeps_what_was_typed() -> None:
    product, sky, small, medium = make_product(), make_colour("Sky"), make_size("S"), make_size("M")
    before = counts()
    response = post(
        signed_in(make_staff("owner")),
        product,
        cell(sky, small, price="12.50", stock="4"),
        cell(sky, medium, price="twelve 💷"),
        colour=sky.pk,
        size=[small.pk, medium.pk],
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "Write an amount such as 12.50" in page
    assert "twelve 💷" in page
    assert 'value="12.50"' in page
    assert counts() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"price": "-1"}, "Write an amount such as"),
        ({"price": "0"}, "above zero"),
        ({"price": "9" * 5000}, "Write an amount such as"),
        ({"price": "10", "was": "10"}, "Must be above the price."),
        ({"price": "10", "stock": "-1"}, "greater than or equal to 0"),
        ({"price": "10", "stock": "9" * 30}, "less than or equal to 100000"),
        ({"price": "10", "stock": "🧦"}, "Enter a whole number."),
        ({"price": "10", "sku": "a b"}, "Use letters, digits"),
        ({"price": "10", "sku": "x" * 5000}, "at most 40 characters"),
        ({"price": "10", "sku": "nul\0"}, "Null characters"),
        ({"stock": "5"}, "Write a price as well."),
        ({"price": "10", "sku": "TAKEN"}, "Another variant has this SKU."),
    ],
)
def test_bad_input_gets_a_message_beside_its_field(values: dict[str, str], message: str) -> None:
    make_variant(sku="TAKEN")
    product, sky, small = make_product(), make_colour("Sky"), make_size("S")
    before = counts()
    response = post(signed_in(make_staff("owner")), product, cell(sky, small, **values), colour=sky.pk, size=small.pk)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert counts() == before


@pytest.mark.django_db
def test_the_same_sku_twice_on_the_page_is_refused() -> None:
    product, sky, small, medium = make_product(), make_colour("Sky"), make_size("S"), make_size("M")
    cells = [cell(sky, size, price="10", sku="TWIN") for size in (small, medium)]
    response = post(signed_in(make_staff("owner")), product, *cells, colour=sky.pk, size=[small.pk, medium.pk])
    assert response.status_code == 422
    assert "stands twice" in response.content.decode()
    assert not product.variants.exists()


@pytest.mark.django_db
def test_stock_below_what_orders_hold_is_refused_and_other_cells_are_not_saved() -> None:
    variant = make_variant(stock=10)
    level = variant.stock_levels.get()
    StockLevel.objects.filter(pk=level.pk).update(reserved=6)
    other, size = make_colour("Clay", Colour.Family.RED), variant.size
    before = counts()
    response = post(
        signed_in(make_staff("owner")),
        variant.product,
        cell(variant.colour, size, price="99", stock="5", seen=10, sku=variant.sku),
        cell(other, size, price="10"),
        colour=other.pk,
    )
    assert response.status_code == 422
    assert "Orders hold 6 of these" in response.content.decode()
    variant.refresh_from_db()
    assert variant.price == 7800
    assert counts() == before


@pytest.mark.django_db
def test_stock_that_changed_since_the_page_was_loaded_is_not_overwritten() -> None:
    variant = make_variant(stock=10)
    response = post(
        signed_in(make_staff("owner")),
        variant.product,
        cell(variant.colour, variant.size, price="78", stock="12", seen=11, sku=variant.sku),
    )
    assert response.status_code == 422
    assert "On hand is 10 now; it was 11. Somebody changed it meanwhile." in response.content.decode()
    assert variant.stock_levels.get().on_hand == 10


@pytest.mark.django_db
def test_a_changed_stock_is_a_correction_and_an_untouched_cell_writes_nothing() -> None:
    variant = make_variant(stock=10)
    client = signed_in(make_staff("owner"))
    same = cell(variant.colour, variant.size, price="78.00", stock="10", seen=10, sku=variant.sku)
    before = counts()
    assert post(client, variant.product, same).status_code == 302
    assert counts() == before
    changed = same | cell(variant.colour, variant.size, stock="7")
    assert post(client, variant.product, changed).status_code == 302
    movement = StockMovement.objects.first()
    assert movement is not None
    assert (movement.kind, movement.on_hand_change) == ("adjustment", -3)
    assert variant.stock_levels.get().on_hand == 7


@pytest.mark.django_db
def test_the_catalogue_role_sets_prices_but_not_stock() -> None:
    variant = make_variant(stock=10)
    typed = cell(variant.colour, variant.size, price="50", stock="99", seen=10, sku=variant.sku)
    assert post(signed_in(make_staff("catalogue")), variant.product, typed).status_code == 302
    variant.refresh_from_db()
    assert variant.price == 5000
    assert variant.stock_levels.get().on_hand == 10


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["warehouse", "customer care", "marketing", "analyst"])
def test_other_roles_get_no_grid(role: str) -> None:
    variant = make_variant()
    client = signed_in(make_staff(role))
    assert client.get(address(variant.product)).status_code == 403
    assert post(client, variant.product, cell(variant.colour, variant.size, price="1")).status_code == 403
    variant.refresh_from_db()
    assert variant.price == 7800


@pytest.mark.django_db
def test_filling_writes_into_empty_cells_only_and_saves_nothing() -> None:
    variant = make_variant(stock=3)
    clay = make_colour("Clay", Colour.Family.RED)
    response = signed_in(make_staff("owner")).post(
        address(variant.product),
        {"fill": "1", "fill_price": "55", "fill_stock": "8", "colour": clay.pk}
        | cell(variant.colour, variant.size, price="78", stock="3", seen=3, sku=variant.sku),
    )
    page = response.content.decode()
    name = f"c{clay.pk}s{variant.size.pk}"
    assert response.status_code == 200
    assert f'name="{name}-price" value="55"' in page
    assert f'name="{name}-stock" value="8"' in page
    assert 'value="78"' in page
    assert ProductVariant.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["colour=999999", "colour=abc&size=-1", "size=" + "9" * 40, "colour=%00", "size=٣"])
def test_unknown_colours_and_sizes_in_the_address_are_ignored(query: str) -> None:
    variant = make_variant()
    response = signed_in(make_staff("owner")).get(f"{address(variant.product)}?{query}")
    assert response.status_code == 200
    assert variant.sku in response.content.decode()


@pytest.mark.django_db
def test_more_cells_than_one_page_takes_are_refused_in_words() -> None:
    product, size = make_product(), make_size("M")
    colours = [make_colour(f"Tint {number}") for number in range(MOST_CELLS + 1)]
    query = "&".join(f"colour={colour.pk}" for colour in colours)
    response = signed_in(make_staff("owner")).get(f"{address(product)}?{query}&size={size.pk}")
    assert response.status_code == 200
    assert f"{MOST_CELLS} fit." in response.content.decode()


@pytest.mark.django_db
def test_generated_skus_are_free_and_short_enough() -> None:
    sky, small = make_colour("Sky"), make_size("S")
    first = make_product(slug="a-very-long-address-of-a-product-that-never-seems-to-end")
    second = make_product(slug="a-very-long-address-of-a-product-that-never-seems-to-end-2")
    client = signed_in(make_staff("owner"))
    for product in (first, second):
        assert post(client, product, cell(sky, small, price="5"), colour=sky.pk, size=small.pk).status_code == 302
    skus = [product.variants.get().sku for product in (first, second)]
    assert skus[1] == f"{skus[0]}-2"
    assert all(len(sku) <= 40 for sku in skus)


@pytest.mark.django_db(transaction=True)
def test_two_saves_of_the_same_new_cell_make_one_variant() -> None:
    product, sky, small = make_product(), make_colour("Sky"), make_size("S")
    owner = make_staff("owner")
    statuses: list[int] = []
    clients = [signed_in(owner), signed_in(owner)]

    def save() -> None:
        said = post(clients.pop(), product, cell(sky, small, price="5"), colour=sky.pk, size=small.pk)
        statuses.append(said.status_code)

    assert in_parallel(save, 2) == []
    assert product.variants.count() == 1
    assert set(statuses) <= {302, 422}
    assert 302 in statuses
