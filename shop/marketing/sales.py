"""Sales at work: prices reduced when a sale begins and put back when it ends.

The job compares what should be with what is, and brings the variants that differ there, products whole and batch by
batch. So it may be cut off anywhere, run twice or late, and meet sales that were changed or overlap: of several sales
of one variant the highest percent counts, always of the price before any of them.

A price that staff change while a sale has it is theirs: no sale touches it, and it stays when the sale ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from simple_history.utils import bulk_update_with_history

from shop.catalog import listings
from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.core.money import in_steps, shop_currency, smallest_step
from shop.events.services import emit
from shop.marketing.offers import category_tree, with_all_below
from shop.marketing.sale_models import Sale, SalePrice

# Products in one transaction.
BATCH = 50


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a running sale wants of a variant."""

    sale_id: int
    percent: int


def apply_sales() -> int:
    """Bring prices to what the running sales say; how many variants were changed. Two queries when all is as it was."""
    wanted = wanted_reductions()
    differing = differing_from(wanted)
    products = ProductVariant.objects.filter(pk__in=differing).values_list("product_id", flat=True)
    ids = sorted(set(products)) if differing else []
    return sum(apply_to(ids[start : start + BATCH], wanted) for start in range(0, len(ids), BATCH))


def differing_from(wanted: Mapping[int, Reduction]) -> list[int]:
    """The variants whose prices are not what is wanted of them."""
    held = SalePrice.objects.filter(ended_at=None).values_list("variant_id", "sale_id", "percent")
    there = {variant: Reduction(sale, percent) for variant, sale, percent in held}
    return [variant for variant in {*wanted, *there} if wanted.get(variant) != there.get(variant)]


def next_change(now: datetime) -> datetime | None:
    """When apply_sales() will have something to do: now, when the next sale begins or ends, or never."""
    if differing_from(wanted_reductions()):
        return now
    active = Sale.objects.filter(is_active=True)
    ahead = [active.filter(starts_at__gt=now), active.filter(starts_at__lte=now, ends_at__gt=now)]
    times = [ahead[0].aggregate(when=Min("starts_at"))["when"], ahead[1].aggregate(when=Min("ends_at"))["when"]]
    return min((when for when in times if when), default=None)


def wanted_reductions() -> dict[int, Reduction]:
    """For each variant that some running sale is for: the one that counts."""
    running = Sale.objects.running().prefetch_related("categories", "products").order_by("-percent", "pk")
    found: dict[int, Reduction] = {}
    tree: dict[int, int | None] | None = None
    for sale in running:
        tree = category_tree(None) if tree is None else tree
        for variant_id in variants_of(sale, tree).values_list("pk", flat=True):
            found.setdefault(variant_id, Reduction(sale.pk, sale.percent))
    return found


def variants_of(sale: Sale, tree: Mapping[int, int | None]) -> QuerySet[ProductVariant]:
    """The active variants a sale is for; everything where it names no category and no product."""
    categories, products = [row.pk for row in sale.categories.all()], [row.pk for row in sale.products.all()]
    active = ProductVariant.objects.filter(is_active=True)
    if not categories and not products:
        return active
    return active.filter(Q(product__category__in=with_all_below(categories, tree)) | Q(product__in=products))


@transaction.atomic
def apply_to(product_ids: Sequence[int], wanted: Mapping[int, Reduction]) -> int:
    """Bring these products' variants to what is wanted; how many were changed."""
    locked = ProductVariant.objects.filter(product__in=product_ids).order_by("pk").select_for_update(of=("self",))
    variants = {variant.pk: variant for variant in locked.select_related("product")}
    # Read under the locks: another worker may have been faster.
    held = {row.variant_id: row for row in SalePrice.objects.filter(variant__in=variants, ended_at=None)}
    before = {pk: (variant.price, variant.compare_at_price) for pk, variant in variants.items()}
    opened = [row for variant in variants.values() if (row := turn(variant, held, wanted.get(variant.pk)))]
    SalePrice.objects.bulk_create(opened)
    changed = [variant for pk, variant in variants.items() if before[pk] != (variant.price, variant.compare_at_price)]
    write(changed)
    return len(changed)


def turn(variant: ProductVariant, held: Mapping[int, SalePrice], wanted: Reduction | None) -> SalePrice | None:
    """End what does not count any more, set the variant's prices (unsaved), and give the row of what begins now."""
    row = held.get(variant.pk)
    if row and wanted == Reduction(row.sale_id, row.percent):
        return None
    if row:
        SalePrice.objects.filter(pk=row.pk).update(ended_at=clock.now())
        if wanted and variant.price != row.price:
            return let_go(row, wanted)
        put_back(variant, row)
    return reduce(variant, wanted) if wanted else None


def let_go(row: SalePrice, wanted: Reduction) -> SalePrice:
    """The next sale of a variant whose price staff have set: only noted, so that the struck price goes at its end."""
    return SalePrice(
        sale_id=wanted.sale_id,
        variant_id=row.variant_id,
        percent=wanted.percent,
        price_before=row.price_before,
        compare_at_before=row.compare_at_before,
        price=row.price,
        compare_at_price=row.compare_at_price,
    )


def put_back(variant: ProductVariant, row: SalePrice) -> None:
    """The prices before the sale, but for what staff have changed since; a struck price stays above the price."""
    if variant.price == row.price:
        variant.price = row.price_before
    if variant.compare_at_price == row.compare_at_price:
        variant.compare_at_price = row.compare_at_before
    if variant.compare_at_price is not None and variant.compare_at_price <= variant.price:
        variant.compare_at_price = None


def reduce(variant: ProductVariant, wanted: Reduction) -> SalePrice:
    """Take the percent off, rounded half up to what can be paid.

    An earlier struck price stays, since the reduction only grows.
    """
    currency = shop_currency()
    price, struck = variant.price, variant.compare_at_price
    reduced = max(in_steps(price - (price * wanted.percent + 50) // 100, currency), smallest_step(currency))
    if reduced < price:
        variant.price, variant.compare_at_price = reduced, struck or price
    return SalePrice(
        sale_id=wanted.sale_id,
        variant=variant,
        percent=wanted.percent,
        price_before=price,
        compare_at_before=struck,
        price=variant.price,
        compare_at_price=variant.compare_at_price,
    )


def write(variants: Sequence[ProductVariant]) -> None:
    """Save their prices with their history, and tell every page that shows them."""
    if not variants:
        return
    bulk_update_with_history(
        variants, ProductVariant, ["price", "compare_at_price"], default_change_reason="sale", batch_size=BATCH * 10
    )
    products = {variant.product_id: variant.product.slug for variant in variants}
    for product_id, slug in sorted(products.items()):
        emit("ProductChanged", {"product_id": product_id, "slug": slug, "reason": "prices"})
    listings.refresh(products)
