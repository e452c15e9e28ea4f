"""Purchase orders that write themselves: what sinks to its reorder point is drafted, and staff approve.

Wanted of a variant at a location: what sells there until the goods after these would come (its speed over the last 60
days, times lead time and 30 days), and the reorder point on top as what must never be touched; less what is free or on
its way; in whole packs.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.db import transaction
from django.db.models import F, Q, Sum

from shop.core import clock
from shop.suppliers.expected import incoming_at
from shop.suppliers.models import Supplier, SupplierProduct
from shop.suppliers.moves import State, Who, note
from shop.suppliers.ordering import add_lines
from shop.suppliers.purchase_models import PurchaseOrder
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.moving_models import BackOrder

DAYS = 60
# How long one order lasts after it has come: what is ordered is ordered about monthly.
COVER = 30


@dataclass(frozen=True)
class Need:
    """What a level needs, and why."""

    level: StockLevel
    source: SupplierProduct
    sold: int
    incoming: int
    waiting: int

    @property
    def reach(self) -> int:
        """Units that will be there for buyers if nothing is ordered; below 0 where more wait than come."""
        return self.level.free + self.incoming - self.waiting

    @property
    def is_due(self) -> bool:
        point = self.level.reorder_point
        # Without a point only what buyers wait for is ordered.
        return self.reach < 0 if point is None else self.reach <= point

    @property
    def units(self) -> int:
        """How many to order, in whole packs."""
        source, point = self.source, self.level.reorder_point
        lead = source.supplier.lead_time_days if source.lead_time_days is None else source.lead_time_days
        sells = ceil(self.sold * (lead + COVER) / DAYS)
        wanted = -self.reach if point is None else max(sells + point - self.reach, 1)
        return ceil(wanted / source.pack_size) * source.pack_size


def needs(variant_ids: Collection[int] | None = None) -> list[Need]:
    """What is at or below its reorder point, or waited for, and has a preferred source. None: looks at all variants."""
    waiting = waiting_units(variant_ids)
    # Who waits is served where stock is kept up, if there is such a place.
    levels = sorted(low_levels(variant_ids, waiting), key=lambda level: level.reorder_point is None)
    sources = sources_of({level.variant_id for level in levels})
    sold, incoming = sold_from(levels), incoming_to(levels)
    found = []
    for level in levels:
        if source := sources.get(level.variant_id):
            # Those who wait are served by the first location that orders; no second one orders for them.
            waits = waiting.pop(level.variant_id, 0)
            coming = incoming.get((level.location_id, level.variant_id), 0)
            found.append(Need(level, source, sold.get(level.pk, 0), coming, waits))
    return [need for need in found if need.is_due]


def waiting_units(variant_ids: Collection[int] | None) -> dict[int, int]:
    """Units sold that are still to come, by variant."""
    rows = BackOrder.objects.waiting().order_by()
    rows = rows if variant_ids is None else rows.filter(variant_id__in=variant_ids)
    return dict(rows.values_list("variant_id").annotate(units=Sum("quantity")))


def low_levels(variant_ids: Collection[int] | None, waiting: Collection[int]) -> Iterable[StockLevel]:
    low = Q(on_hand__lte=F("reserved") + F("reorder_point")) | Q(variant_id__in=waiting)
    rows = StockLevel.objects.filter(low, location__is_active=True, variant__is_active=True)
    rows = rows if variant_ids is None else rows.filter(variant_id__in=variant_ids)
    return rows.order_by("location__position", "pk")


def sources_of(variant_ids: Collection[int]) -> dict[int, SupplierProduct]:
    preferred = SupplierProduct.objects.preferred().filter(variant_id__in=variant_ids)
    return {source.variant_id: source for source in preferred.select_related("supplier")}


def sold_from(levels: Sequence[StockLevel]) -> dict[int, int]:
    """Units that paid orders took from each level in the last 60 days and did not bring back."""
    states = Reservation.State
    taken = Reservation.objects.filter(
        level__in=[level.pk for level in levels],
        state__in=[states.HELD, states.SHIPPED],
        expires_at=None,
        created_at__gte=clock.now() - timedelta(days=DAYS),
    )
    return dict(taken.order_by().values_list("level_id").annotate(units=Sum("quantity")))


def incoming_to(levels: Sequence[StockLevel]) -> dict[tuple[int, int], int]:
    """By location and variant; what stands in a draft counts as coming."""
    by_place: dict[int, list[int]] = defaultdict(list)
    for level in levels:
        by_place[level.location_id].append(level.variant_id)
    return {
        (place, variant): units
        for place, variants in by_place.items()
        for variant, units in incoming_at(place, variants).items()
    }


def draft_due(variant_ids: Collection[int] | None = None) -> int:
    """Put what is due on its supplier's automatic draft, one a supplier and location; the number of lines added.

    What is on any draft already is left as it is there: somebody may have thought about it.
    """
    by_order: dict[tuple[Supplier, int], dict[int, int]] = defaultdict(dict)
    for need in needs(variant_ids):
        by_order[need.source.supplier, need.level.location_id][need.level.variant_id] = need.units
    return sum(add_to_draft(supplier, place, units) for (supplier, place), units in by_order.items())


@transaction.atomic
def add_to_draft(supplier: Supplier, location_id: int, units: dict[int, int]) -> int:
    """Lines on the supplier's automatic draft for that location; the database allows one of these."""
    order, is_new = PurchaseOrder.objects.select_for_update().get_or_create(
        supplier=supplier,
        location_id=location_id,
        state=State.DRAFT,
        drafted_automatically=True,
        defaults={"currency": supplier.currency},
    )
    added = add_lines(order, units)
    if added:
        note(
            order,
            f"{'Drafted' if is_new else 'Added'} automatically: {added} at their reorder point or waited for",
            Who(),
        )
    return added
