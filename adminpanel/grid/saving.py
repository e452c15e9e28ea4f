"""Saves a whole grid or nothing of it."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import IntegrityError, transaction

from shop.accounts.models import User
from shop.bulk.edits import Edit, Value
from shop.bulk.services import Refused, change
from shop.catalog import listings
from shop.catalog.models import Colour, Product, ProductVariant, Size
from shop.core.errors import ShopError
from shop.events.services import emit
from shop.warehouse.models import StockLevel, StockLocation

SKU_LENGTH = 40
# The columns of a variant and its level, and the fields of a cell in which they are typed.
FIELDS = {"price": "price", "compare_at_price": "was", "sku": "sku", "is_active": "active", "on_hand": "stock"}
Pair = tuple[ProductVariant, "Wanted"]
# A cell's key -> the field and why it cannot be.
Errors = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Wanted:
    """One cell as it shall be. Prices in minor units; stock None leaves it alone, sku empty makes one.

    seen: what the page showed, by column. A value that was left as it was seen is not written.
    """

    key: str
    colour: Colour
    size: Size
    variant_id: int | None
    price: int
    was: int | None
    stock: int | None
    sku: str
    active: bool
    seen: Mapping[str, Value] = field(default_factory=dict)


@dataclass
class Summary:
    """What a save did: the variants it made, each with its cell, and every value it changed."""

    created: list[tuple[ProductVariant, Wanted]] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.created or self.edits)

    def __str__(self) -> str:
        variants = len({edit.pk for edit in self.edits if edit.table == "variant"})
        stocks = sum(edit.table == "level" for edit in self.edits)
        parts = [(len(self.created), "new"), (variants, "changed"), (stocks, "stock corrected")]
        return ", ".join(f"{number} {word}" for number, word in parts if number) or "nothing changed"


class GridRefused(ShopError):
    """Some cells cannot be saved, so none was: `errors` maps a cell's key to (field, message)."""

    def __init__(self, errors: Errors) -> None:
        self.errors = errors
        super().__init__("Nothing was saved.")


def save_grid(
    *, product: Product, cells: Sequence[Wanted], location: StockLocation | None, actor: User, reason: str = ""
) -> Summary:
    """Create and change variants and their stock in one transaction. Raises GridRefused with nothing changed."""
    try:
        with transaction.atomic():
            return _save(product, cells, location, actor, reason)
    except IntegrityError as error:
        # Another product took a SKU between the check and the write.
        raise GridRefused({}) from error


def try_grid(*, product: Product, cells: Sequence[Wanted], location: StockLocation | None, actor: User) -> Summary:
    """What save_grid() would do, found by doing it and taking it back. Raises GridRefused as that would."""
    with transaction.atomic():
        summary = save_grid(product=product, cells=cells, location=location, actor=actor)
        transaction.set_rollback(True)
    return summary


def _save(
    product: Product, cells: Sequence[Wanted], location: StockLocation | None, actor: User, reason: str
) -> Summary:
    # Variants before their product: as imports, sales and bulk changes lock them.
    list(product.variants.order_by("pk").select_for_update(of=("self",), no_key=True))
    Product.objects.select_for_update().get(pk=product.pk)
    variants = {variant.pk: variant for variant in product.variants.all()}
    if errors := clashes(cells, list(variants.values())):
        raise GridRefused(errors)
    taken = {cell.sku for cell in cells if cell.sku}
    summary = Summary([(make(cell, product, taken), cell) for cell in cells if cell.variant_id is None])
    old = [(variants[cell.variant_id], cell) for cell in cells if cell.variant_id is not None]
    summary.edits = [edit for variant, cell in old for edit in variant_edits(variant, cell)]
    if location:
        summary.edits += stock_edits([*old, *summary.created], location)
    if summary.edits:
        _write(product, summary, old, actor, reason)
    if summary.created:
        emit("ProductChanged", {"product_id": product.pk, "slug": product.slug, "reason": "variants"})
        listings.refresh([product.pk])
    return summary


def _write(product: Product, summary: Summary, old: Sequence[Pair], actor: User, reason: str) -> None:
    """All edits as one bulk change, which can be undone. Raises GridRefused where a value is not as the page had it."""
    try:
        change(title=f"Sizes and colours of {product}", edits=summary.edits, reason=reason, user=actor)
    except Refused as refused:
        owners = {edit.row: edit.name.split(", ")[0] for edit in summary.edits}
        keys = {variant.sku: cell.key for variant, cell in [*old, *summary.created]}
        told = {keys[owners[each.row]]: (FIELDS[each.column], each.why) for each in refused.refusals}
        raise GridRefused(told) from refused


def clashes(cells: Sequence[Wanted], variants: Sequence[ProductVariant]) -> Errors:
    """SKUs used twice or by another product, and cells that somebody else filled meanwhile."""
    typed = Counter(cell.sku for cell in cells if cell.sku)
    owners = dict(ProductVariant.objects.filter(sku__in=typed).values_list("sku", "pk"))
    places = {(variant.colour_id, variant.size_id): variant.pk for variant in variants}
    errors: Errors = {}
    for cell in cells:
        if places.get((cell.colour.pk, cell.size.pk)) != cell.variant_id:
            errors[cell.key] = ("price", "Somebody else changed this variant meanwhile. Load the page again.")
        elif cell.sku and typed[cell.sku] > 1:
            errors[cell.key] = ("sku", "This SKU stands twice on this page.")
        elif cell.sku and owners.get(cell.sku, cell.variant_id) != cell.variant_id:
            errors[cell.key] = ("sku", "Another variant has this SKU.")
    return errors


def make(cell: Wanted, product: Product, taken: set[str]) -> ProductVariant:
    """The new variant of that cell, with a line in its history."""
    return ProductVariant.objects.create(
        product=product,
        colour=cell.colour,
        size=cell.size,
        price=cell.price,
        compare_at_price=cell.was,
        sku=cell.sku or make_sku(product, cell.colour, cell.size, taken),
        is_active=cell.active,
        currency=settings.SHOP_CURRENCY,
    )


def variant_edits(variant: ProductVariant, cell: Wanted) -> list[Edit]:
    """What the cell changes of its variant: not what was left as it was seen, nor what is so by now."""
    wanted: dict[str, Value] = {
        "price": cell.price,
        "compare_at_price": cell.was,
        "sku": cell.sku or variant.sku,
        "is_active": cell.active,
    }
    edits = []
    for column, after in wanted.items():
        now = getattr(variant, column)
        before = cell.seen.get(column, now)
        if after not in (before, now):
            edits.append(Edit("variant", variant.pk, variant.sku, column, before, after))
    return edits


def stock_edits(pairs: Sequence[Pair], location: StockLocation) -> list[Edit]:
    """The same for their stock there. A variant without a level there gets one."""
    found = StockLevel.objects.filter(location=location, variant__in=[variant for variant, _ in pairs])
    levels = {level.variant_id: level for level in found}
    missing = [variant for variant, _ in pairs if variant.pk not in levels]
    made = StockLevel.objects.bulk_create([StockLevel(variant=variant, location=location) for variant in missing])
    levels |= {level.variant_id: level for level in made}
    edits = []
    for variant, cell in pairs:
        level = levels[variant.pk]
        before = cell.seen.get("on_hand", 0)
        if cell.stock is not None and cell.stock not in (before, level.on_hand):
            name = f"{variant.sku}, {location}"
            edits.append(Edit("level", level.pk, name, "on_hand", before, cell.stock))
    return edits


def make_sku(product: Product, colour: Colour, size: Size, taken: set[str]) -> str:
    """Such as 'QUARRY-LINEN-SHIRT-SKY-M', short enough and free; `taken` grows by it."""
    tail = f"{colour.slug[:14]}-{re.sub(r'[^A-Za-z0-9]+', '', size.name) or size.pk}".upper()
    head = product.slug.upper()[: SKU_LENGTH - 4 - len(tail)].strip("-")
    stem = f"{head}-{tail}"
    used = taken | set(ProductVariant.objects.filter(sku__startswith=stem).values_list("sku", flat=True))
    sku, number = stem, 1
    while sku in used:
        number += 1
        sku = f"{stem}-{number}"
    taken.add(sku)
    return sku
