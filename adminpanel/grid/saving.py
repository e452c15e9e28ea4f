"""Saves a whole grid or nothing of it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from shop.accounts.models import User
from shop.catalog import listings
from shop.catalog.models import Colour, Product, ProductVariant, Size
from shop.core.errors import ShopError
from shop.events.services import emit
from shop.warehouse import services as warehouse
from shop.warehouse.models import StockLevel, StockLocation

REASON = "Size and colour grid"
SKU_LENGTH = 40


@dataclass(frozen=True)
class Wanted:
    """One cell as it shall be. Prices in minor units; stock None leaves it alone, sku empty makes one."""

    key: str
    colour: Colour
    size: Size
    variant_id: int | None
    price: int
    was: int | None
    stock: int | None
    seen: int | None
    sku: str
    active: bool


@dataclass
class Summary:
    """What a save did."""

    created: int = 0
    changed: int = 0
    counted: int = 0

    def __str__(self) -> str:
        parts = [(self.created, "new"), (self.changed, "changed"), (self.counted, "stock corrected")]
        return ", ".join(f"{number} {word}" for number, word in parts if number) or "nothing changed"


class GridRefused(ShopError):
    """Some cells cannot be saved, so none was: `errors` maps a cell's key to (field, message)."""

    def __init__(self, errors: dict[str, tuple[str, str]]) -> None:
        self.errors = errors
        super().__init__("Nothing was saved.")


def save_grid(*, product: Product, cells: Sequence[Wanted], location: StockLocation | None, actor: User) -> Summary:
    """Create and change variants and their stock in one transaction. Raises GridRefused with nothing changed."""
    try:
        with transaction.atomic():
            return _save(product, cells, location, actor)
    except IntegrityError as error:
        # Another product took a SKU between the check and the write.
        raise GridRefused({}) from error


def _save(product: Product, cells: Sequence[Wanted], location: StockLocation | None, actor: User) -> Summary:
    Product.objects.select_for_update().get(pk=product.pk)
    variants = {variant.pk: variant for variant in product.variants.all()}
    errors = clashes(product, cells, list(variants.values()))
    if errors:
        raise GridRefused(errors)
    summary, taken = Summary(), {cell.sku for cell in cells if cell.sku}
    pairs: list[tuple[Wanted, ProductVariant]] = []
    for cell in cells:
        variant = variants.get(cell.variant_id or 0) or ProductVariant(
            product=product, colour=cell.colour, size=cell.size
        )
        write(cell, variant, product, taken, summary)
        pairs.append((cell, variant))
    if location:
        errors = count_stock(pairs, location, actor, summary)
    if errors:
        raise GridRefused(errors)
    if summary != Summary():
        emit("ProductChanged", {"product_id": product.pk, "slug": product.slug, "reason": "variants"})
        listings.refresh([product.pk])
    return summary


def clashes(
    product: Product, cells: Sequence[Wanted], variants: Sequence[ProductVariant]
) -> dict[str, tuple[str, str]]:
    """SKUs used twice or by another product, and cells that somebody else filled meanwhile."""
    typed = Counter(cell.sku for cell in cells if cell.sku)
    owners = dict(ProductVariant.objects.filter(sku__in=typed).values_list("sku", "pk"))
    places = {(variant.colour_id, variant.size_id): variant.pk for variant in variants}
    errors: dict[str, tuple[str, str]] = {}
    for cell in cells:
        if places.get((cell.colour.pk, cell.size.pk)) != cell.variant_id:
            errors[cell.key] = ("price", "Somebody else changed this variant meanwhile. Load the page again.")
        elif cell.sku and typed[cell.sku] > 1:
            errors[cell.key] = ("sku", "This SKU stands twice on this page.")
        elif cell.sku and owners.get(cell.sku, cell.variant_id) != cell.variant_id:
            errors[cell.key] = ("sku", "Another variant has this SKU.")
    return errors


def write(cell: Wanted, variant: ProductVariant, product: Product, taken: set[str], summary: Summary) -> None:
    """Bring the variant's row to what the cell says; a row that is so already gets no line in its history."""
    new = variant.pk is None
    sku = cell.sku or variant.sku or make_sku(product, cell.colour, cell.size, taken)
    wanted: dict[str, Any] = {
        "price": cell.price,
        "compare_at_price": cell.was,
        "sku": sku,
        "is_active": cell.active,
    }
    if not new and all(getattr(variant, name) == value for name, value in wanted.items()):
        return
    for name, value in wanted.items():
        setattr(variant, name, value)
    if new:
        variant.currency = settings.SHOP_CURRENCY
        summary.created += 1
    else:
        summary.changed += 1
    variant.save()


def count_stock(
    pairs: Sequence[tuple[Wanted, ProductVariant]], location: StockLocation, actor: User, summary: Summary
) -> dict[str, tuple[str, str]]:
    """Correct the levels through the ledger, in primary-key order like every writer. Returns what was refused."""
    found = StockLevel.objects.filter(location=location, variant__in=[variant for _, variant in pairs])
    levels = {level.variant_id: level for level in found}
    for _, variant in pairs:
        if variant.pk not in levels:
            levels[variant.pk] = StockLevel.objects.create(variant=variant, location=location)
    errors: dict[str, tuple[str, str]] = {}
    for cell, variant in sorted(pairs, key=lambda pair: levels[pair[1].pk].pk):
        level = levels[variant.pk]
        if cell.stock is None or cell.stock == (cell.seen or 0):
            continue
        if level.on_hand != (cell.seen or 0):
            errors[cell.key] = ("stock", f"Somebody changed this to {level.on_hand} meanwhile.")
            continue
        try:
            put_stock(level, cell.stock, actor)
            summary.counted += 1
        except ShopError as refusal:
            errors[cell.key] = ("stock", str(refusal))
    return errors


def put_stock(level: StockLevel, units: int, actor: User) -> None:
    """The first units of a level are a receipt, a different number later is a correction."""
    if level.on_hand == 0:
        warehouse.receive(level=level, quantity=units, reason=REASON, actor=actor)
    else:
        warehouse.set_on_hand(level=level, on_hand=units, reason=REASON, actor=actor)


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
