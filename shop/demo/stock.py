"""The demo's stock: every unit came in by a receipt, so the ledger explains each number."""

import random
from datetime import timedelta

from django.db import transaction

from shop.catalog.models import ProductVariant
from shop.warehouse.models import StockLevel, StockLocation, StockMovement

# code: name, in the order that orders are served from.
LOCATIONS = {"main": "Bristol warehouse", "store": "Store, Redchurch Street"}
DOCUMENT = "opening-stock"

SOLD_OUT_PRODUCTS = {"picnic-short"}
SOLD_OUT_COLOURS = {("wren-midi-dress", "brick"), ("ribbed-beanie", "rust"), ("long-wool-coat", "oxblood"),
                    ("garment-dyed-tee", "petrol"), ("easy-jean", "chalk"), ("chore-jacket", "indigo")}  # fmt: skip
# Shares of all other variants.
SOLD_OUT, LOW = 0.07, 0.08
# What the middle sizes have more of.
POPULAR = {"S": 1.2, "M": 1.7, "L": 1.4, "8": 1.2, "10": 1.6, "12": 1.5, "30": 1.3, "32": 1.7, "34": 1.3}


def make_stock(variants: list[ProductVariant]) -> None:
    """Opening stock for those of the variants that no location has. Wants product, colour and size loaded."""
    stocked = set(StockLevel.objects.filter(variant__in=variants).values_list("variant_id", flat=True))
    stock_variants([variant for variant in variants if variant.pk not in stocked])


@transaction.atomic
def stock_variants(variants: list[ProductVariant]) -> None:
    """Levels and their receipts, three days before each variant came out. None of the variants has a level yet."""
    locations = make_locations()
    levels = [level for variant in variants for level in levels_of(variant, locations)]
    StockLevel.objects.bulk_create(levels, batch_size=5000)
    StockMovement.objects.bulk_create((receipt(level) for level in levels if level.on_hand), batch_size=5000)


def make_locations() -> list[StockLocation]:
    return [
        StockLocation.objects.get_or_create(code=code, defaults={"name": name, "position": position})[0]
        for position, (code, name) in enumerate(LOCATIONS.items())
    ]


def levels_of(variant: ProductVariant, locations: list[StockLocation]) -> list[StockLevel]:
    """How much of it lies where: always the same for the same SKU. A fifth lies in the store as well."""
    luck = random.Random(variant.sku)  # noqa: S311 - not a secret: the demo must be repeatable
    units = opening(variant, luck)
    in_store = min(units // 4, luck.randint(1, 4)) if luck.random() < 0.2 else 0
    level = StockLevel(variant=variant, location=locations[0], on_hand=units - in_store, bin=bin_of(variant))
    return [level, StockLevel(variant=variant, location=locations[1], on_hand=in_store)] if in_store else [level]


def opening(variant: ProductVariant, luck: random.Random) -> int:
    """Units that can be sold of it: none, few, or plenty."""
    slug = variant.product.slug
    chance = luck.random()
    if slug in SOLD_OUT_PRODUCTS or (slug, variant.colour.slug) in SOLD_OUT_COLOURS or chance < SOLD_OUT:
        return 0
    if chance < SOLD_OUT + LOW:
        return luck.randint(1, 3)
    return round(luck.randint(8, 32) * POPULAR.get(variant.size.name, 1.0))


def bin_of(variant: ProductVariant) -> str:
    """Aisle, rack and shelf, such as B-04-2: sizes and colours of a product lie together."""
    luck = random.Random(variant.product.slug)  # noqa: S311 - as above
    return f"{luck.choice('ABCDEF')}-{luck.randint(1, 24):02d}-{1 + variant.size.position % 4}"


def receipt(level: StockLevel) -> StockMovement:
    return StockMovement(
        level=level,
        kind=StockMovement.Kind.RECEIPT,
        on_hand_change=level.on_hand,
        document=DOCUMENT,
        reason="Opening stock",
        created_at=level.variant.created_at - timedelta(days=3),
    )
