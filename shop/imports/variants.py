"""Variants and their prices as a table. The SKU says which; a new one is made of a known product, colour and size."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from shop.catalog import listings
from shop.catalog.models import Colour, Product, ProductVariant, Size
from shop.core import clock
from shop.core.money import shop_currency
from shop.events.services import emit
from shop.imports import plans
from shop.imports.plans import Author, CellRefused, Difference, Plan, Problem, written
from shop.imports.reading import Row

SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
BATCH = 500
# Column -> field of the variant. The weight is its product's.
FIELDS = {
    "price": "price",
    "compare at price": "compare_at_price",
    "active": "is_active",
    "barcode": "barcode",
    "sold ahead": "sold_ahead",
    "expected on": "expected_on",
}
MONEY = ("price", "compare at price")
WEIGHT = "weight in grams"
PLACE = ("product", "colour", "size system", "size")


@dataclass
class VariantPlan(Plan):
    """With the rows to be written; `fields`: those of any variant that change."""

    new: list[ProductVariant] = field(default_factory=list)
    edited: list[ProductVariant] = field(default_factory=list)
    weighed: dict[int, Product] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)


class Shelves:
    """What the rows speak of, read at once: existing variants by SKU, products, colours, sizes, barcodes."""

    def __init__(self, rows: Sequence[Row], *, lock: bool) -> None:
        skus = {row.cells["sku"] for row in rows}
        found = ProductVariant.objects.filter(sku__in=skus)
        if lock:
            found = found.order_by("pk").select_for_update(of=("self",))
        self.variants = {variant.sku: variant for variant in found}
        self.colours = _by_names(Colour.objects.all())
        self.colour_by_id = {colour.pk: colour for colour in self.colours.values()}
        self.sizes = list(Size.objects.select_related("system"))
        self.size_by_id = {size.pk: size for size in self.sizes}
        self._read_products(rows)
        codes = {row.cells.get("barcode", "") for row in rows} - {""}
        taken = ProductVariant.objects.filter(barcode__in=codes).exclude(sku__in=skus)
        self.barcodes: dict[str, str] = dict(taken.values_list("barcode", "sku"))

    def _read_products(self, rows: Sequence[Row]) -> None:
        """Those of the variants, those that new rows name by their address, and which places of these are taken."""
        owners = {variant.product_id for variant in self.variants.values()}
        slugs = {row.cells.get("product", "").lower() for row in rows if row.cells["sku"] not in self.variants}
        self.products = Product.objects.in_bulk(owners)
        named = [*Product.objects.filter(slug__in=slugs)]
        # One row, one object: the weight that one line of the file sets is seen by the next.
        self.by_slug = {product.slug: self.products.setdefault(product.pk, product) for product in named}
        self.places: dict[tuple[int, int, int], str] = {}
        self.systems: dict[int, set[int]] = defaultdict(set)
        taken = ProductVariant.objects.filter(product__in=named)
        for owner, colour_id, size_id, sku in taken.values_list("product_id", "colour_id", "size_id", "sku"):
            self.places[owner, colour_id, size_id] = sku
            self.systems[owner].add(self.size_by_id[size_id].system_id)

    def size(self, product: Product, system: str, name: str) -> Size:
        """The size of that name: of the system named, else of the one that the product has. Raises CellRefused."""
        found = [size for size in self.sizes if size.name.lower() == name.lower()]
        if system:
            found = [size for size in found if size.system.name.lower() == system.lower()]
        if len(found) > 1:
            found = [size for size in found if size.system_id in self.systems[product.pk]]
        if len(found) == 1:
            return found[0]
        known = [size for size in self.sizes if size.name.lower() == name.lower()]
        of_several = "is the name of several sizes: fill in size system, such as " + str(
            known[0].system if known else ""
        )
        say = "is no size of the shop" if not known else "is no size of this system" if system else of_several
        raise CellRefused("size", f"{plans.shown(name)} {say}.")


class Variants:
    columns = ("sku", "product", "colour", "size system", "size", *FIELDS, WEIGHT)
    needed = ("sku",)

    def plan(self, rows: Sequence[Row]) -> VariantPlan:
        return self._plan(rows, lock=False)

    def write(self, rows: Sequence[Row], author: Author) -> VariantPlan:
        plan = self._plan(rows, lock=True)
        if plan.edited:
            fields = sorted(plan.fields | {"updated_at"})
            bulk_update_with_history(plan.edited, ProductVariant, fields, batch_size=BATCH, **author.in_history)
        if plan.new:
            bulk_create_with_history(plan.new, ProductVariant, batch_size=BATCH, **author.in_history)
        if plan.weighed:
            weighed = list(plan.weighed.values())
            bulk_update_with_history(
                weighed, Product, ["weight_grams", "updated_at"], batch_size=BATCH, **author.in_history
            )
        touched = {variant.product_id for variant in [*plan.edited, *plan.new]} | set(plan.weighed)
        tell(touched)
        return plan

    def export(self) -> Iterator[list[str]]:
        """Every variant, product by product; the heading first."""
        yield list(self.columns)
        variants = ProductVariant.objects.select_related("product", "colour", "size__system")
        variants = variants.defer("product__description", "product__fit").order_by("product__slug", "pk")
        for variant in variants.iterator(chunk_size=2000):
            size = variant.size
            yield [
                *(variant.sku, variant.product.slug, variant.colour.name, size.system.name, size.name),
                *(shown(variant, column) for column in FIELDS),
                str(variant.product.weight_grams),
            ]

    def _plan(self, rows: Sequence[Row], *, lock: bool) -> VariantPlan:
        plan = VariantPlan()
        rows = plans.refuse_twice(rows, ["sku"], plan)
        shelves = Shelves(rows, lock=lock)
        codes: dict[str, int] = {}
        for row in rows:
            variant = shelves.variants.get(row.cells["sku"])
            before = len(plan.problems)
            _check_barcode(row, shelves, codes, plan)
            read = plans.values(row, readers(variant.currency if variant else shop_currency()), plan)
            if len(plan.problems) > before or read is None:
                continue
            try:
                if variant:
                    _edit(row, variant, read, shelves, plan)
                else:
                    _make(row, read, shelves, plan)
            except CellRefused as refusal:
                plan.problems.append(Problem(row.number, refusal.column, str(refusal)))
        return plan


def readers(currency: str) -> dict[str, Any]:
    return {
        "price": plans.money(currency),
        "compare at price": plans.money(currency, required=False),
        "active": plans.yes_no,
        "barcode": plans.words(40),
        "sold ahead": plans.whole(empty=0),
        "expected on": plans.day,
        WEIGHT: plans.whole(1, required=True),
    }


def shown(variant: ProductVariant, column: str) -> str:
    """The variant's cell of that column."""
    return written(getattr(variant, FIELDS[column]), variant.currency if column in MONEY else "")


def tell(product_ids: set[int], reason: str = "prices") -> None:
    """Bring the public pages of these products up to date."""
    for pk, slug in Product.objects.filter(pk__in=product_ids).order_by("pk").values_list("pk", "slug"):
        emit("ProductChanged", {"product_id": pk, "slug": slug, "reason": reason})
    if product_ids:
        listings.refresh(product_ids)


def _edit(row: Row, variant: ProductVariant, read: Mapping[str, Any], shelves: Shelves, plan: VariantPlan) -> None:
    """Bring the variant to what the row says. Raises CellRefused where it says that it is another one."""
    product = shelves.products[variant.product_id]
    _check_same(row, variant, product, shelves)
    found: list[Difference] = []
    fields = set()
    for column, name in FIELDS.items():
        if column in read and getattr(variant, name) != read[column]:
            before = shown(variant, column)
            setattr(variant, name, read[column])
            fields.add(name)
            found.append(Difference(variant.sku, column, before, shown(variant, column)))
    _check_reduction(variant)
    weight = _weigh(row, product, read, plan)
    plan.groups[row.number] = product.pk
    if plan.count([*found, *weight]) and found:
        variant.updated_at = clock.now()
        plan.fields |= fields
        plan.edited.append(variant)


def _make(row: Row, read: Mapping[str, Any], shelves: Shelves, plan: VariantPlan) -> None:
    """A new variant of a known product. Raises CellRefused where something is missing or the place is taken."""
    if not SKU.fullmatch(row.cells["sku"]):
        raise CellRefused("sku", f"{plans.shown(row.cells['sku'])}: use up to 40 letters, digits and - . _ / only.")
    for column in ("product", "colour", "size", "price"):
        if not row.cells.get(column):
            raise CellRefused(column, "No variant has this SKU; a new one needs product, colour, size and price.")
    product = shelves.by_slug.get(row.cells["product"].lower())
    if product is None:
        raise CellRefused("product", f"No product has the address {plans.shown(row.cells['product'])}.")
    colour = shelves.colours.get(row.cells["colour"].lower())
    if colour is None:
        raise CellRefused("colour", f"{plans.shown(row.cells['colour'])} is no colour of the shop.")
    size = shelves.size(product, row.cells.get("size system", ""), row.cells["size"])
    place = (product.pk, colour.pk, size.pk)
    if place in shelves.places:
        raise CellRefused("size", f"{product}, {colour}, {size} is {shelves.places[place]} already.")
    given = {FIELDS[column]: value for column, value in read.items() if column in FIELDS}
    variant = ProductVariant(product=product, colour=colour, size=size, sku=row.cells["sku"], **given)
    _check_reduction(variant)
    _weigh(row, product, read, plan)
    shelves.places[place] = variant.sku
    plan.groups[row.number] = product.pk
    plan.added += 1
    plan.new.append(variant)


def _check_same(row: Row, variant: ProductVariant, product: Product, shelves: Shelves) -> None:
    """An SKU stays with its product, colour and size: what was sold under it must not become something else."""
    colour, size = shelves.colour_by_id[variant.colour_id], shelves.size_by_id[variant.size_id]
    is_so = {
        "product": (product.slug,),
        "colour": (colour.name.lower(), colour.slug),
        "size system": (size.system.name.lower(),),
        "size": (size.name.lower(),),
    }
    for column in PLACE:
        said = row.cells.get(column, "").lower()
        if said and said not in is_so[column]:
            raise CellRefused(column, f"{variant.sku} is {product.slug}, {colour}, {size}; an SKU cannot be moved.")


def _check_reduction(variant: ProductVariant) -> None:
    if variant.compare_at_price is not None and variant.compare_at_price <= variant.price:
        raise CellRefused("compare at price", "The price before the reduction must be above the price.")


def _check_barcode(row: Row, shelves: Shelves, codes: dict[str, int], plan: Plan) -> None:
    """A scanner reads one code: it must lead to one variant."""
    code = row.cells.get("barcode", "")
    if not code:
        return
    if code in codes:
        plan.problems.append(Problem(row.number, "barcode", f"Row {codes[code]} has the same barcode."))
    elif code in shelves.barcodes:
        plan.problems.append(Problem(row.number, "barcode", f"{shelves.barcodes[code]} has this barcode."))
    codes.setdefault(code, row.number)


def _weigh(row: Row, product: Product, read: Mapping[str, Any], plan: VariantPlan) -> list[Difference]:
    """The weight is the product's: all its rows must agree. Raises CellRefused where they do not."""
    wanted = read.get(WEIGHT)
    if wanted is None:
        return []
    said = plan.weighed.get(product.pk)
    if said is not None and said.weight_grams != wanted:
        raise CellRefused(WEIGHT, f"Another row of {product.slug} says {said.weight_grams}.")
    if said is not None or product.weight_grams == wanted:
        return []
    before, product.weight_grams, product.updated_at = str(product.weight_grams), wanted, clock.now()
    plan.weighed[product.pk] = product
    return [Difference(row.cells["sku"], WEIGHT, before, str(wanted))]


def _by_names(colours: Any) -> dict[str, Colour]:
    """By name and by address, in small letters."""
    found: dict[str, Colour] = {}
    for colour in colours:
        found[colour.name.lower()] = found[colour.slug] = colour
    return found
