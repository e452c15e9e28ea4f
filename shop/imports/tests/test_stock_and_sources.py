"""Stock and suppliers' prices by file."""

import pytest

from shop.imports.models import DataImport
from shop.imports.services import EXCHANGES
from shop.imports.sheets import csv_lines
from shop.imports.tests.builders import load, run
from shop.suppliers.models import Supplier, SupplierProduct
from shop.tests.builders import make_location, make_variant
from shop.warehouse.models import StockLevel, StockMovement

pytestmark = pytest.mark.django_db
Kind = StockMovement.Kind


def words(row: DataImport) -> list[str]:
    return list(row.problems.values_list("message", flat=True))


def test_units_change_through_the_ledger_and_the_rest_of_the_level_with_them() -> None:
    variant = make_variant(sku="A-1", stock=10)
    make_location("shop")
    row = load("sku,location,on hand,bin,reorder at\nA-1,main,7,B-1,5\nA-1,shop,2,,\n", "stock")
    assert (row.added, row.changed) == (1, 1)
    assert ["A-1", "on hand", "10", "7"] in row.sample
    run(row)
    main, shop = StockLevel.objects.order_by("location__code").filter(variant=variant)
    assert (main.on_hand, main.bin, main.reorder_point, shop.on_hand) == (7, "B-1", 5, 2)
    moves = StockMovement.objects.filter(document=row.document).order_by("level__location__code")
    assert list(moves.values_list("kind", "on_hand_change", "actor")) == [
        (Kind.ADJUSTMENT, -3, row.created_by_id),
        (Kind.RECEIPT, 2, row.created_by_id),
    ]


def test_stock_that_is_exported_reads_back_without_a_change_and_undoes_no_sale() -> None:
    variant = make_variant(sku="A-1", stock=10)
    text = "".join(csv_lines(EXCHANGES["stock"].export()))
    StockLevel.objects.filter(variant=variant).update(on_hand=8)
    row = load(text.replace(",3,,", ",4,,"), "stock")
    assert (row.state, row.sample) == ("checked", [["A-1", "low stock at", "3", "4"]])
    run(row)
    assert StockLevel.objects.get().on_hand == 8


def test_a_number_that_moved_since_the_file_was_made_is_refused() -> None:
    make_variant(sku="A-1", stock=8)
    row = load("sku,location,on hand,on hand before\nA-1,main,12,10\n", "stock")
    assert words(row) == ["It was 10 when the file was made and is 8 now."]


def test_less_than_orders_hold_and_unknown_places_are_refused() -> None:
    variant = make_variant(sku="A-1", stock=8)
    StockLevel.objects.update(reserved=3)
    lines = "A-1,main,2\nA-1,nowhere,2\nB,main,1\nA-1,MAIN,x\n"
    told = words(load(f"sku,location,on hand\n{lines}", "stock"))
    assert told[0] == "Orders hold 3 of these, so there cannot be only 2."
    assert "is no location. There are: main" in told[1]
    assert "No variant has the SKU" in told[2]
    assert "Row 2 has the same sku and location" in told[3]
    assert variant.stock_levels.get().on_hand == 8


def make_supplier(code: str) -> Supplier:
    return Supplier.objects.create(
        name=code.title(), code=code, email=f"{code}@example.org", country="PT", currency="EUR"
    )


def test_costs_come_in_the_suppliers_currency_and_one_supplier_is_preferred() -> None:
    variant = make_variant(sku="A-1")
    mill, other = make_supplier("mill"), make_supplier("other")
    old = SupplierProduct.objects.create(supplier=mill, variant=variant, supplier_sku="M1", cost=900)
    row = load(
        "supplier,sku,their sku,cost,pack size,preferred\nmill,A-1,M1,9.50,6,\n".replace(",6,", ",6,no"), "sources"
    )
    assert ["A-1", "cost", "9.00", "9.50"] in row.sample
    run(row)
    run(load("supplier,sku,their sku,cost,preferred\nother,A-1,O1,8,yes\n", "sources"))
    old.refresh_from_db()
    assert (old.cost, old.pack_size, old.is_preferred) == (950, 6, False)
    assert SupplierProduct.objects.get(is_preferred=True).supplier == other
    run(load("supplier,sku,preferred\nmill,A-1,yes\n", "sources"))
    assert SupplierProduct.objects.get(is_preferred=True).supplier == mill
    assert old.history.first().history_change_reason.startswith("Import ")


def test_two_preferred_suppliers_unknown_ones_and_half_a_new_price_are_refused() -> None:
    make_variant(sku="A-1")
    make_supplier("mill")
    make_supplier("other")
    told = words(load("supplier,sku,their sku,cost,preferred\nmill,A-1,M,1,yes\nother,A-1,O,1,yes\n", "sources"))
    assert told == ["Row 2 prefers another supplier for this SKU."]
    assert "No supplier has the code" in words(load("supplier,sku,cost\nnobody,A-1,1\n", "sources"))[0]
    assert "needs their sku and cost" in words(load("supplier,sku,cost\nmill,A-1,1\n", "sources"))[0]
    assert not SupplierProduct.objects.exists()
