"""Suppliers' prices as a table: a row a supplier and SKU, costs in the supplier's currency."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.imports import plans
from shop.imports.plans import Author, CellRefused, Difference, Plan, Problem, written
from shop.imports.reading import Row
from shop.suppliers.models import Supplier, SupplierProduct

FIELDS = {
    "their sku": "supplier_sku",
    "cost": "cost",
    "pack size": "pack_size",
    "lead time in days": "lead_time_days",
    "preferred": "is_preferred",
}


@dataclass
class SourcePlan(Plan):
    new: list[SupplierProduct] = field(default_factory=list)
    edited: dict[int, SupplierProduct] = field(default_factory=dict)
    # SKUs whose preferred source is said by a row, with its number.
    preferred: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Book:
    """What the rows speak of: suppliers by code, variants by SKU, sources by variant and supplier."""

    suppliers: dict[str, Supplier]
    variants: dict[str, int]
    sources: dict[int, dict[int, SupplierProduct]]


class Sources:
    columns = ("supplier", "sku", *FIELDS)
    needed = ("supplier", "sku")

    def plan(self, rows: Sequence[Row]) -> SourcePlan:
        return _plan(rows, lock=False)

    def write(self, rows: Sequence[Row], author: Author) -> SourcePlan:
        plan = _plan(rows, lock=True)
        fields = [*FIELDS.values(), "updated_at"]
        # One source of a variant is preferred: the one that gives it up first.
        for preferred in (False, True):
            part = [source for source in plan.edited.values() if source.is_preferred == preferred]
            if part:
                bulk_update_with_history(part, SupplierProduct, fields, batch_size=500, **author.in_history)
        if plan.new:
            bulk_create_with_history(plan.new, SupplierProduct, batch_size=500, **author.in_history)
        return plan

    def export(self) -> Iterator[list[str]]:
        """Every source, supplier by supplier; the heading first."""
        yield list(self.columns)
        sources = SupplierProduct.objects.select_related("supplier", "variant").order_by(
            "supplier__code", "variant__sku"
        )
        for source in sources.iterator(chunk_size=2000):
            cells = [shown(source, column, source.supplier.currency) for column in FIELDS]
            yield [source.supplier.code, source.variant.sku, *cells]


def readers(currency: str) -> dict[str, Any]:
    return {
        "their sku": plans.words(60),
        "cost": plans.money(currency, free=True),
        "pack size": plans.whole(1, empty=1),
        "lead time in days": plans.whole(0, 365),
        "preferred": plans.yes_no,
    }


def shown(source: SupplierProduct, column: str, currency: str) -> str:
    """The source's cell of that column."""
    return written(getattr(source, FIELDS[column]), currency if column == "cost" else "")


def _plan(rows: Sequence[Row], *, lock: bool) -> SourcePlan:
    plan = SourcePlan()
    skus = {row.cells["sku"] for row in rows}
    variants = dict(ProductVariant.objects.filter(sku__in=skus).values_list("sku", "pk"))
    found = SupplierProduct.objects.filter(variant_id__in=variants.values())
    if lock:
        found = found.order_by("pk").select_for_update(of=("self",))
    suppliers = {supplier.code: supplier for supplier in Supplier.objects.all()}
    book = Book(suppliers, variants, defaultdict(dict))
    for source in found:
        book.sources[source.variant_id][source.supplier_id] = source
    for row in plans.refuse_twice(rows, ["supplier", "sku"], plan):
        try:
            _put(row, book, plan)
        except CellRefused as refusal:
            plan.problems.append(Problem(row.number, refusal.column, str(refusal)))
    return plan


def _put(row: Row, book: Book, plan: SourcePlan) -> None:
    supplier = book.suppliers.get(row.cells["supplier"].lower())
    if supplier is None:
        raise CellRefused("supplier", f"No supplier has the code {plans.shown(row.cells['supplier'])}.")
    if row.cells["sku"] not in book.variants:
        raise CellRefused("sku", f"No variant has the SKU {plans.shown(row.cells['sku'])}.")
    read = plans.values(row, readers(supplier.currency), plan)
    if read is None:
        return
    variant_id = book.variants[row.cells["sku"]]
    sources = book.sources[variant_id]
    source = sources.get(supplier.pk)
    if source is None and not (read.get("their sku") and read.get("cost") is not None):
        raise CellRefused("cost", "This supplier has no price for this SKU yet; a new one needs their sku and cost.")
    _prefer(row, source, [other for other in sources.values() if other is not source], read, plan)
    if source:
        _edit(source, read, supplier.currency, row, plan)
    else:
        given = {FIELDS[column]: value for column, value in read.items()}
        plan.new.append(SupplierProduct(supplier=supplier, variant_id=variant_id, **given))
        plan.added += 1
    plan.groups[row.number] = variant_id


def _prefer(
    row: Row,
    source: SupplierProduct | None,
    others: Sequence[SupplierProduct],
    read: dict[str, Any],
    plan: SourcePlan,
) -> None:
    """The preferred source takes the tick from the one that has it. Raises CellRefused for two in one file."""
    variant = row.cells["sku"]
    if source is None and "preferred" not in read:
        # A second source is not preferred unless somebody says so.
        read["preferred"] = variant not in plan.preferred and not any(other.is_preferred for other in others)
    if not read.get("preferred"):
        return
    if variant in plan.preferred:
        raise CellRefused("preferred", f"Row {plan.preferred[variant]} prefers another supplier for this SKU.")
    plan.preferred[variant] = row.number
    for other in others:
        if other.is_preferred:
            other.is_preferred, other.updated_at = False, clock.now()
            plan.edited[other.pk] = other


def _edit(source: SupplierProduct, read: Mapping[str, Any], currency: str, row: Row, plan: SourcePlan) -> None:
    found = []
    for column, name in FIELDS.items():
        if column in read and getattr(source, name) != read[column]:
            before = shown(source, column, currency)
            setattr(source, name, read[column])
            found.append(Difference(row.cells["sku"], column, before, shown(source, column, currency)))
    if plan.count(found):
        source.updated_at = clock.now()
        plan.edited[source.pk] = source
