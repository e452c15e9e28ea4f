"""Units sold before they are here: promised when an order is placed, held once they come (filling.py).

A back order changes only while the levels of its variant are locked, so a variant that is sold ahead has one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from shop.catalog.models import ProductVariant
from shop.core.dates import short_day
from shop.warehouse import levels as stock
from shop.warehouse.models import Reservation, StockLevel, StockLocation
from shop.warehouse.moving_models import BackOrder

if TYPE_CHECKING:
    from shop.warehouse.services import Demand


@dataclass(frozen=True)
class Room:
    """What can be sold of a variant. here: free units that nobody waits for; ahead: units still to come."""

    here: int = 0
    ahead: int = 0

    @property
    def total(self) -> int:
        return self.here + self.ahead


def words(later: int, quantity: int, promised_on: date | None) -> str:
    """When `later` of `quantity` units are sent: 'Ships about 12 May', '2 of 3 ship when they come in'."""
    known = promised_on is not None and promised_on >= timezone.localdate()
    one = later == quantity
    unknown = "when it comes in" if one else "when they come in"
    when = f"about {short_day(promised_on)}" if known and promised_on else unknown
    return f"Ships {when}" if one else f"{later} of {quantity} ship {when}"


def room_of(rows: Sequence[StockLevel]) -> dict[int, Room]:
    """What can be sold of each variant of these levels, which lock() gave. Those who wait take free units first."""
    free, waits = stock.available_by_variant(rows), waiting(row.variant_id for row in rows)
    most = {row.variant_id: row.variant.sold_ahead for row in rows}
    return {
        variant: Room(
            here=max(units - waits.get(variant, 0), 0),
            ahead=max(most[variant] - max(waits.get(variant, 0) - units, 0), 0),
        )
        for variant, units in free.items()
    }


def waiting(variant_ids: Iterable[int]) -> dict[int, int]:
    """Units that orders wait for, by variant."""
    rows = BackOrder.objects.waiting().filter(variant_id__in=set(variant_ids)).order_by()
    return dict(rows.values_list("variant_id").annotate(units=Sum("quantity")))


def came_in_part() -> Exists:
    """Of a reservation: its units came for a line that still waits for more. The rest of a line is sent together.

    What was held before the line began to wait is no part of that: its buyer was told that it is sent at once.
    """
    waits = BackOrder.objects.waiting().order_by().filter(order_line=OuterRef("order_line"))
    return Exists(waits.filter(created_at__lt=OuterRef("created_at")))


def lock(variant_ids: Iterable[int]) -> list[StockLevel]:
    """As levels.lock(); a variant that is sold ahead and lies nowhere yet gets a level at the first location."""
    wanted = set(variant_ids)
    rows = stock.lock(wanted)
    if not (unknown := wanted - {row.variant_id for row in rows}):
        return rows
    nowhere = ProductVariant.objects.filter(pk__in=unknown, sold_ahead__gt=0)
    first = StockLocation.objects.filter(is_active=True).first()
    if first is None or not (new := [StockLevel(variant=variant, location=first) for variant in nowhere]):
        return rows
    StockLevel.objects.bulk_create(new, ignore_conflicts=True)
    return stock.lock(wanted)


def promise(rows: Sequence[StockLevel], later: Sequence["Demand"], expires_at: datetime | None) -> list[BackOrder]:
    """Note what these demands wait for, once there is room for it; whoever shows the variants is told."""
    if not later:
        return []
    made = BackOrder.objects.bulk_create(
        BackOrder(
            order_line_id=demand.order_line_id,
            variant_id=demand.variant_id,
            quantity=demand.quantity,
            promised_on=demand.promised_on,
            expires_at=expires_at,
        )
        for demand in later
    )
    left = room_of(rows)
    stock.tell_turned(rows, {demand.variant_id for demand in later if not left[demand.variant_id].total})
    return made


def cancel(rows: Sequence[StockLevel], order_line_ids: Iterable[int]) -> None:
    """These lines wait for nothing any more; rows: the levels of their variants, locked."""
    found = list(BackOrder.objects.waiting().filter(order_line_id__in=order_line_ids))
    take_off(rows, {row: row.quantity for row in found})


def take_off(rows: Sequence[StockLevel], units: Mapping[BackOrder, int]) -> None:
    """So many units of these back orders are not waited for any more."""
    if not units:
        return
    before = room_of(rows)
    for row, taken in units.items():
        row.split(taken, BackOrder.State.CANCELLED)
    stock.tell_turned(rows, {row.variant_id for row in units if not before[row.variant_id].total})


@transaction.atomic
def give_up(units: Mapping[int, int]) -> dict[int, int]:
    """So many units of these order lines (by id) are not wanted any more: first those that are still to come.

    Returns how many of each are left, to be taken from what is set aside. The levels of all these lines stay locked.
    """
    goods = Reservation.objects.with_goods().filter(order_line_id__in=units).values_list("level__variant_id", flat=True)
    waits = BackOrder.objects.waiting().filter(order_line_id__in=units)
    rows = stock.lock([*goods, *waits.values_list("variant_id", flat=True)])
    left, taken = dict(units), {}
    for row in waits:
        if part := min(row.quantity, left[row.order_line_id]):
            left[row.order_line_id] -= part
            taken[row] = part
    take_off(rows, taken)
    return left


def extend(order_line_ids: Iterable[int], until: datetime | None) -> None:
    """What these lines wait for unpaid is kept for them until then; None: they are paid."""
    rows = BackOrder.objects.waiting().filter(order_line_id__in=order_line_ids)
    (rows.exclude(expires_at=None) if until else rows).update(expires_at=until)
