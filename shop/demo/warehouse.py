"""What goes on in the demo's warehouse: a transfer on its way, a count half done, damaged pieces, pieces sold ahead."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db.models import F
from django.utils import timezone

from shop.catalog.models import ProductVariant
from shop.warehouse import counts, damage, transfers
from shop.warehouse.models import StockLevel, StockLocation
from shop.warehouse.moving_models import StockCount, Transfer, TransferLine

# Pieces of which so many are free can spare some.
PLENTY = 12
SENT, COUNTED = 3, 2
DAMAGED = {"Seam torn in a delivery": 2, "Stain on the front": 1}
PRE_ORDERED, BACK_ORDERED = 20, 10
# A product that comes out is announced for so long ahead.
COMES_IN = timedelta(days=30)


def make_warehouse(variants: Sequence[ProductVariant]) -> None:
    """Everything through the services that the warehouse uses. Wants `available` loaded. The caller's transaction."""
    main, *others = StockLocation.objects.order_by("position", "pk")
    spare = StockLevel.objects.filter(location=main, on_hand__gte=F("reserved") + PLENTY, variant__in=variants)
    levels = list(spare.order_by("pk")[: SENT + len(DAMAGED)])
    send(levels[:SENT], others)
    for level, (reason, units) in zip(levels[SENT:], DAMAGED.items(), strict=False):
        damage.set_aside(level=level, units=units, reason=reason, actor=None)
    count_some(levels)
    sell_ahead(variants)


def send(levels: Sequence[StockLevel], others: Sequence[StockLocation]) -> None:
    """Some of each leave for the first other location, and are expected there in two days."""
    if not levels or not others:
        return
    day = timezone.localdate() + timedelta(days=2)
    transfer = Transfer.objects.create(
        source=levels[0].location, destination=others[0], expected_on=day, note="For the weekend"
    )
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, variant_id=level.variant_id, quantity=4) for level in levels
    )
    transfers.send(transfer=transfer, actor=None)


def count_some(levels: Sequence[StockLevel]) -> None:
    """One shelf is being counted: of the first pieces as many as there should be, and one less."""
    if not levels:
        return
    count = counts.begin(StockCount(location=levels[0].location, bins=levels[0].bin, note="One shelf a week"))
    for missing, line in enumerate(count.lines.select_related("level")[:COUNTED]):
        counts.enter(line=line, counted=counts.expected_on_shelf(line.level) - missing)


def sell_ahead(variants: Sequence[ProductVariant]) -> None:
    """A product of which nothing is here comes out on a day; a colour that is sold out is sold until it comes in."""
    here = {variant.product_id for variant in variants if variant.available > 0}
    new = [variant for variant in variants if variant.product_id not in here]
    first = [variant for variant in new if variant.product_id == new[0].product_id]
    take_orders(first, PRE_ORDERED, timezone.localdate() + COMES_IN)
    colours = {(variant.product_id, variant.colour_id) for variant in variants if variant.available > 0}
    gone = [v for v in variants if v.product_id in here and (v.product_id, v.colour_id) not in colours]
    again = [v for v in gone if (v.product_id, v.colour_id) == (gone[0].product_id, gone[0].colour_id)]
    take_orders(again, BACK_ORDERED, None)


def take_orders(variants: Iterable[ProductVariant], units: int, day: date | None) -> None:
    for variant in variants:
        variant.sold_ahead, variant.expected_on = units, day
        variant.save(update_fields=["sold_ahead", "expected_on"])
