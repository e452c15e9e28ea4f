"""Variants by file: what a row changes, makes and may not do."""

import pytest

from shop.catalog.models import ProductListing, ProductVariant
from shop.events.models import OutboxEvent
from shop.imports import services
from shop.imports.models import DataImport
from shop.imports.services import EXCHANGES
from shop.imports.sheets import csv_lines
from shop.imports.tests.builders import load, run
from shop.tests.builders import make_colour, make_product, make_size, make_variant

pytestmark = pytest.mark.django_db
State = DataImport.State


def problems(row: DataImport) -> list[tuple[int, str]]:
    return list(row.problems.values_list("row", "message"))


def exported() -> str:
    return "".join(csv_lines(EXCHANGES["variants"].export()))


def test_a_file_changes_nothing_before_it_is_written_and_says_from_what_to_what() -> None:
    variant, other = make_variant(sku="A-1"), make_variant(sku="A-2", colour=make_colour("Clay"))
    row = load("sku,price,compare-at price,active,sold ahead\nA-1,12.50,20,no,3\nA-2,78,,yes,\n")
    assert (row.state, row.added, row.changed, row.unchanged) == (State.CHECKED, 0, 1, 1)
    assert row.sample == [
        ["A-1", "price", "78.00", "12.50"],
        ["A-1", "compare at price", "", "20.00"],
        ["A-1", "active", "yes", "no"],
        ["A-1", "sold ahead", "0", "3"],
    ]
    variant.refresh_from_db()
    assert variant.price == 7800
    assert run(row).state == State.DONE
    variant.refresh_from_db()
    other.refresh_from_db()
    assert (variant.price, variant.compare_at_price, variant.is_active, variant.sold_ahead) == (1250, 2000, False, 3)
    assert other.history.count() == 1
    newest = variant.history.first()
    assert (newest.price, newest.history_user, newest.history_change_reason) == (
        1250,
        row.created_by,
        f"Import {row.pk}: table.csv",
    )


def test_a_row_with_a_new_sku_makes_a_variant_of_a_known_product() -> None:
    first = make_variant(sku="A-M")
    make_size("L")
    row = run(load(f"sku,product,colour,size,price\nA-L,{first.product.slug},sky,L,80\n"))
    made = ProductVariant.objects.get(sku="A-L")
    assert (row.added, made.product, made.size.name, made.price, made.currency) == (1, first.product, "L", 8000, "GBP")
    assert made.history.get().history_user == row.created_by
    assert ProductListing.objects.get(product=first.product).facet_keys


def test_what_is_exported_reads_back_without_a_change() -> None:
    make_variant(sku="A-1", barcode="5012345678900", compare_at_price=9000)
    make_variant(sku="A-2", size=make_size("L"))
    row = load(exported())
    assert (row.state, row.unchanged, row.changed, row.added) == (State.CHECKED, 2, 0, 0)


def test_a_product_is_told_of_once_however_many_of_its_variants_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    shirt, knit = make_product("Shirt"), make_product("Knit")
    for name in ("S", "M", "L"):
        for product in (shirt, knit):
            make_variant(product, sku=f"{product.name}-{name}", size=make_size(name), stock=0)
    rows = "".join(f"{product}-{name},10\n" for name in ("S", "M", "L") for product in ("Shirt", "Knit"))
    run(load(f"sku,price\n{rows}"))
    told = OutboxEvent.objects.filter(name="ProductChanged").values_list("detail__product_id", flat=True)
    assert sorted(told) == sorted([shirt.pk, knit.pk])


def test_errors_in_some_rows_name_each_of_them_and_write_nothing() -> None:
    variant = make_variant(sku="A-1")
    bad = "".join(f"X-{number},1\n" for number in range(300))
    row = load(f"sku,price\nA-1,5\n{bad}")
    assert (row.state, bytes(row.content)) == (State.REFUSED, b"")
    assert [number for number, _ in problems(row)] == list(range(3, 303))
    assert problems(row)[0] == (3, "No variant has this SKU; a new one needs product, colour, size and price.")
    with pytest.raises(Exception, match="cannot be written"):
        services.start(import_id=row.pk)
    variant.refresh_from_db()
    assert variant.price == 7800


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("A-1,-5,,,,", "no amount"),
        ("A-1,0,,,,", "above zero"),
        ("A-1,10,5,yes,,", "must be above the price"),
        ("A-1,,,,,", "Empty is no amount"),
        ("A-1,10,,maybe,,", "write yes or no"),
        ("A-1,10,,yes,12.5.26,", "no date"),
        ("A-1,10,,yes,,TAKEN", "A-2 has this barcode"),
        ("A-1,٣,,yes,,", "no amount"),
        ("=1+1,10,,yes,,", "letters, digits"),
        (",10,,yes,,", "The sku is missing"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(line: str, words: str) -> None:
    make_variant(sku="A-1")
    make_variant(sku="A-2", barcode="TAKEN", colour=make_colour("Clay"))
    row = load(f"sku,price,compare at price,active,expected on,barcode\n{line}\n")
    assert row.state == State.REFUSED
    assert words in problems(row)[0][1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("B,no-such,sky,M,1", "No product has the address"),
        ("B,{slug},beige,M,1", "no colour of the shop"),
        ("B,{slug},sky,XXXL,1", "no size of the shop"),
        ("B,{slug},sky,M,1", "is A-1 already"),
        ("B B,{slug},sky,L,1", "letters, digits"),
        ("A-1,{slug},sky,L,1", "an SKU cannot be moved"),
        ("A-1,other,sky,M,1", "an SKU cannot be moved"),
    ],
)
def test_a_variant_is_neither_made_in_a_taken_place_nor_moved(line: str, words: str) -> None:
    variant = make_variant(sku="A-1")
    make_size("L")
    row = load("sku,product,colour,size,price\n" + line.format(slug=variant.product.slug))
    assert words in problems(row)[0][1]
    assert ProductVariant.objects.count() == 1


def test_two_rows_of_one_sku_or_one_barcode_or_two_weights_of_a_product_are_errors() -> None:
    variant = make_variant(sku="A-1")
    make_variant(variant.product, sku="A-2", size=make_size("L"))
    assert problems(load("sku,price\nA-1,5\na-1,6\n"))[0] == (3, "Row 2 has the same sku.")
    assert problems(load("sku,barcode\nA-1,77\nA-2,77\n")) == [(3, "Row 2 has the same barcode.")]
    told = problems(load("sku,weight in grams\nA-1,500\nA-2,600\n"))
    assert told == [(3, f"Another row of {variant.product.slug} says 500.")]


def test_the_weight_is_the_products_and_stands_in_its_history() -> None:
    variant = make_variant(sku="A-1")
    run(load("sku,weight in grams\nA-1,555\n"))
    variant.product.refresh_from_db()
    assert variant.product.weight_grams == 555
    assert variant.product.history.first().weight_grams == 555


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BATCH", 1)
    for number in range(3):
        make_variant(sku=f"A-{number}")
    row = load("sku,price\nA-0,1\nA-1,2\nA-2,3\n")
    services.start(import_id=row.pk)
    services.write_batch(import_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.written) == (State.RUNNING, 1)
    assert services.write_due() == 2
    row.refresh_from_db()
    assert (row.state, row.written, bytes(row.content)) == (State.DONE, 3, b"")
    assert list(ProductVariant.objects.order_by("sku").values_list("price", flat=True)) == [100, 200, 300]
    assert ProductVariant.history.filter(history_type="~").count() == 3


def test_a_row_that_became_impossible_is_named_and_left_out() -> None:
    variant, other = make_variant(sku="A-1"), make_variant(sku="A-2", colour=make_colour("Clay"))
    row = load("sku,price\nA-1,5\nA-2,6\n")
    ProductVariant.objects.filter(pk=variant.pk).update(sku="A-9")
    run(row)
    other.refresh_from_db()
    assert other.price == 600
    assert problems(row)[0][0] == 2
    assert row.state == State.DONE


def test_a_stopped_import_writes_no_more() -> None:
    variant = make_variant(sku="A-1")
    row = load("sku,price\nA-1,5\n")
    services.cancel(import_id=row.pk)
    assert services.write_batch(import_id=row.pk) == 0
    with pytest.raises(Exception, match="cannot be written"):
        services.start(import_id=row.pk)
    variant.refresh_from_db()
    assert variant.price == 7800


def test_a_misspelt_column_is_told() -> None:
    make_variant(sku="A-1")
    with pytest.raises(Exception, match="Nobody knows the column 'prize'"):
        load("sku,prize\nA-1,5\n")
    with pytest.raises(Exception, match="column sku is missing"):
        load("price\n5\n")
    assert not DataImport.objects.exists()
