"""The grid and spreadsheets: rows pasted in, a look at what would change, and numbers that moved meanwhile."""

import json
from typing import Any

import pytest
from django.http import HttpResponse

from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.test_grid import address, cell, counts, post
from shop.bulk.models import BulkChange
from shop.catalog.models import Colour, ProductVariant
from shop.tests.builders import make_colour, make_location, make_product, make_size, make_stock, make_variant
from shop.warehouse.models import StockLevel, StockMovement

pytestmark = pytest.mark.django_db


def board() -> list[ProductVariant]:
    """Clay and Sky, S and M, each at 78.00 with ten on hand: in the grid's order, row by row."""
    product = make_product()
    colours = [make_colour("Clay", Colour.Family.RED), make_colour("Sky")]
    sizes = [make_size(name) for name in ("S", "M")]
    return [make_variant(product, sku=f"{c.name}-{s.name}", colour=c, size=s) for s in sizes for c in colours]


def sheet(variants: list[ProductVariant], *changed: dict[str, str]) -> dict[str, str]:
    """All cells as the page had them, but for these."""
    data: dict[str, str] = {}
    for one in [*map(as_shown, variants), *changed]:
        data |= one
    return data


def paste(variants: list[ProductVariant], rows: str, field: str = "price") -> HttpResponse:
    data = {"paste": "1", "paste_field": field, "rows": rows} | sheet(variants)
    response = signed_in(make_staff("owner")).post(address(variants[0].product), data)
    assert isinstance(response, HttpResponse)
    return response


def as_shown(variant: ProductVariant, **typed: Any) -> dict[str, str]:
    """A cell as the page had it when it was opened, but for what was typed."""
    seen = {"price": 7800, "compare_at_price": None, "sku": variant.sku, "is_active": True, "on_hand": 10}
    fields = {"price": "78.00", "stock": "10", "sku": variant.sku} | typed
    posted = cell(variant.colour, variant.size, **fields)
    return posted | {f"c{variant.colour_id}s{variant.size_id}-seen": json.dumps(seen)}


def value(page: str, variant: ProductVariant, field: str) -> str:
    name = f'name="c{variant.colour_id}s{variant.size_id}-{field}" value="'
    return page.split(name, 1)[1].split('"', 1)[0]


@pytest.mark.parametrize(
    "rows",
    [
        "1\t2\n3\t4\n",
        "1\t2\r\n3\t4\r\n\r\n",
        "S\t1\t2\nM\t3\t4",
        "M\t3\t4\nS\t1\t2",
        "Size\tClay\tSky\nS\t1\t2\nM\t3\t4",
        "\tsky\tclay\nm\t4\t3\ns\t2\t1",
        "Sky\tClay\n2\t1\n4\t3",
    ],
)
def test_rows_find_their_cells_by_place_or_by_heading_and_nothing_is_saved(rows: str) -> None:
    variants = board()
    before = counts()
    response = paste(variants, rows)
    page = response.content.decode()
    assert response.status_code == 200
    assert [value(page, variant, "price") for variant in variants] == ["1", "2", "3", "4"]
    assert "4 cells filled." in page
    assert counts() == before


def test_empty_cells_leave_what_is_there() -> None:
    variants = board()
    page = paste(variants, "\t5\n6\t", "stock").content.decode()
    assert [value(page, variant, "stock") for variant in variants] == ["10", "5", "6", "10"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "Paste some rows first."),
        ("1\t2\n" * 5000, "These are 5000 rows; there is room for 2."),
        ("1\t2\t3\t4", "A row has 4 values; there is room for 2."),
        ("Size\tClay\tSky\nXXM\t1\t2", "“XXM” is no size of this page. There are: S, M."),
        ("S\t1\t2\nXXM\t3\t4", "“XXM” is no size of this page."),
        ("Size\tClay\tSkye\nS\t1\t2", "“Skye” is no colour of this page. There are: Clay, Sky."),
        ("Size\tClay\tClay\nS\t1\t2", "A colour stands there twice."),
        ("S\t1\t2\nS\t3\t4", "A size stands there twice."),
        ("Size\t" + "<script>" * 900 + "\tSky\nS\t1\t2", "is no colour of this page"),
    ],
)
def test_rows_that_are_no_block_of_the_grid_are_refused_in_words(rows: str, message: str) -> None:
    variants = board()
    before = counts()
    response = paste(variants, rows)
    page = response.content.decode()
    assert response.status_code == 422
    assert message in page
    assert "<script><script>" not in page
    assert value(page, variants[0], "price") == "78.00"
    assert counts() == before


@pytest.mark.parametrize(
    ("field", "bad", "message"),
    [
        ("price", "=A1*2", "Write an amount such as 12.50"),
        ("price", "-5", "Write an amount such as 12.50"),
        ("price", "1000000000000", "Write an amount such as 12.50"),
        ("price", "0", "above zero"),
        ("stock", "=SUM(A1)", "Enter a whole number."),
        ("stock", "-1", "greater than or equal to 0"),
        ("stock", "1000000000000", "less than or equal to 100000"),
        ("was", "50", "Must be above the price."),
    ],
)
def test_a_pasted_value_that_cannot_be_is_told_in_its_cell_and_kept(field: str, bad: str, message: str) -> None:
    variants = board()
    before = counts()
    response = paste(variants, f"{bad}\t90", field)
    page = response.content.decode()
    assert response.status_code == 422
    assert message in page
    assert value(page, variants[0], field) == bad
    assert counts() == before


def test_a_look_writes_nothing_and_says_from_what_to_what() -> None:
    variants = board()
    before = counts()
    typed = sheet(variants, as_shown(variants[0], price="60"), as_shown(variants[1], stock="7"))
    response = signed_in(make_staff("owner")).post(address(variants[0].product), {"look": "1"} | typed)
    page = response.content.decode()
    assert '<td>Price</td><td class="n">£78.00</td><td class="n">£60.00</td>' in page
    assert '<td>On hand</td><td class="n">10</td><td class="n">7</td>' in page
    assert (counts(), BulkChange.objects.count()) == (before, 0)


def test_what_was_looked_at_is_saved_as_one_change_with_its_reason_and_can_be_undone() -> None:
    variants = board()
    owner = make_staff("owner")
    client = signed_in(owner)
    told = sheet(variants, as_shown(variants[0], price="60", stock="7"))
    assert post(client, variants[0].product, told, reason="Recount\0").status_code == 302
    row = BulkChange.objects.get()
    assert (row.created_by, row.reason, row.rows) == (owner, "Recount", 2)
    move = StockMovement.objects.first()
    assert move is not None
    assert (move.kind, move.on_hand_change, move.actor) == ("adjustment", -3, owner)
    assert move.reason == "Sizes and colours of Quarry Linen Shirt: Recount"
    client.post(f"/admin/shop/bulkchange/{row.pk}/undo/")
    variants[0].refresh_from_db()
    assert (variants[0].price, variants[0].stock_levels.get().on_hand) == (7800, 10)


def test_a_number_that_moved_is_refused_in_its_cell_with_the_new_one_and_saved_once_it_was_seen() -> None:
    variants = board()
    first, second, *_ = variants
    ProductVariant.objects.filter(pk=first.pk).update(price=6500)
    client = signed_in(make_staff("owner"))
    told = sheet(variants, as_shown(first, price="60"), as_shown(second, price="55"))
    response = post(client, first.product, told)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Price is £65.00 now; it was £78.00. Somebody changed it meanwhile." in page
    assert set(ProductVariant.objects.values_list("price", flat=True)) == {6500, 7800}
    seen = value(page, first, "seen").replace("&quot;", '"')
    assert json.loads(seen)["price"] == 6500
    again = told | {f"c{first.colour_id}s{first.size_id}-seen": seen}
    assert post(client, first.product, again).status_code == 302
    assert ProductVariant.objects.get(pk=first.pk).price == 6000


def test_a_cell_that_was_left_alone_does_not_undo_what_somebody_else_did() -> None:
    variants = board()
    first, second, *_ = variants
    ProductVariant.objects.filter(pk=first.pk).update(price=6500)
    StockLevel.objects.filter(variant=first).update(on_hand=4)
    told = sheet(variants, as_shown(second, price="55"))
    assert post(signed_in(make_staff("owner")), first.product, told).status_code == 302
    first.refresh_from_db()
    assert (first.price, first.stock_levels.get().on_hand) == (6500, 4)


def test_stock_is_that_of_the_location_chosen() -> None:
    variants = board()
    first = variants[0]
    far = make_location("far", 5)
    make_stock(first, 3, far)
    client = signed_in(make_staff("owner"))
    page = client.get(f"{address(first.product)}?location={far.pk}").content.decode()
    assert value(page, first, "stock") == "3"
    zero = [cell(each.colour, each.size, price="78", stock="0", seen=0) for each in variants[1:]]
    told = cell(first.colour, first.size, price="78", sku=first.sku, stock="8", seen=3)
    post(client, first.product, told, *zero, location=far.pk)
    assert set(first.stock_levels.values_list("location__code", "on_hand")) == {("main", 10), ("far", 8)}


@pytest.mark.parametrize("seen", ["{", "[1]", '"x"', '{"price": [1]}', '{"price": 1e400}', "9" * 300, "\0"])
def test_a_forged_memory_of_the_page_is_no_failure(seen: str) -> None:
    variants = board()
    first = variants[0]
    told = sheet(variants, as_shown(first, price="60")) | {f"c{first.colour_id}s{first.size_id}-seen": seen}
    assert post(signed_in(make_staff("owner")), first.product, told).status_code in (302, 422)


def test_the_way_back_from_the_look_keeps_what_was_typed() -> None:
    first = board()[0]
    data = {"back": "1"} | as_shown(first, price="60,10")
    page = signed_in(make_staff("owner")).post(address(first.product), data).content.decode()
    assert value(page, first, "price") == "60,10"
