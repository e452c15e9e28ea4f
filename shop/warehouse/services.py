"""Stock in and out. Every writer locks the rows it touches in primary-key order, so none can deadlock another."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from shop.catalog.models import ProductVariant
from shop.core.errors import ShopError
from shop.warehouse import ahead
from shop.warehouse import levels as stock
from shop.warehouse.ahead import Room
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import Reservation, StockLevel, StockLocation, StockMovement
from shop.warehouse.moving_models import BackOrder
from shop.warehouse.splitting import by_level, line_of, split_off

if TYPE_CHECKING:
    from shop.accounts.models import User

Kind, State = StockMovement.Kind, Reservation.State
# The largest number the column holds; more is a typing mistake, told as such.
MOST_UNITS = 2_147_483_647


@dataclass(frozen=True)
class Demand:
    """What one order line wants."""

    order_line_id: int
    variant_id: int
    quantity: int
    # When units that are not here yet may be expected; None: nobody knows.
    promised_on: date | None = None
    # Code of the order's way of delivery: where its customer fetches it is served from first.
    method: str = ""


@dataclass(frozen=True)
class Shortage:
    """A variant of which more is wanted than can be sold."""

    variant_id: int
    wanted: int
    available: int


class OutOfStock(ShopError):
    """Not everything can be had; `shortages` names every variant that is short. Nothing was reserved."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        super().__init__("Some of these are no longer in stock in the quantity you chose.")
        self.shortages = tuple(shortages)


@transaction.atomic
def reserve(*, demands: Sequence[Demand], document: str, expires_at: datetime | None) -> list[BackOrder]:
    """Hold stock for every demand, or for none: raises OutOfStock with nothing changed.

    What is not here is noted as a back order, where the variant is sold ahead of stock. document: the order's number,
    for the ledger. expires_at: until when all that stands without payment. Returns the back orders.
    """
    rows = ahead.lock(demand.variant_id for demand in demands)
    room = ahead.room_of(rows)
    _refuse_shortage(demands, room)
    now, later = _now_and_later(demands, room)
    holds = [
        Reservation(level=level, order_line_id=demand.order_line_id, quantity=units, expires_at=expires_at)
        for demand, level, units in allocate_together(now, rows)
    ]
    stock.apply(rows, _held(holds, sign=1), Cause(Kind.RESERVE, document))
    Reservation.objects.bulk_create(holds)
    return ahead.promise(rows, later, expires_at)


@transaction.atomic
def release(*, order_line_ids: Sequence[int], document: str, reason: str) -> None:
    """Give back what these lines hold, and let them wait for nothing. Lines without either are left as they are."""
    held = Reservation.objects.held().filter(order_line_id__in=order_line_ids)
    waits = BackOrder.objects.waiting().filter(order_line_id__in=order_line_ids)
    variants = [*held.values_list("level__variant_id", flat=True), *waits.values_list("variant_id", flat=True)]
    rows = stock.lock(variants)
    # Read again under the lock: a release that ran beside this one may have been first.
    holds = list(held)
    stock.apply(rows, _held(holds, sign=-1), Cause(Kind.RELEASE, document, reason))
    Reservation.objects.filter(pk__in=[hold.pk for hold in holds]).update(state=State.RELEASED)
    ahead.cancel(rows, order_line_ids)


@transaction.atomic
def take_back(
    *,
    units: Mapping[int, int],
    lost: Mapping[int, int],
    document: str,
    reason: str,
    actor: "User | None" = None,
) -> None:
    """So many units of these order lines (by id) may be sold again: set aside ones are released, sent ones came back.

    lost: units set aside that nobody can sell; they leave the hold and the shelf. No line is in both. What a line does
    not have any more is neither given back nor written off twice.
    """
    goods = Reservation.objects.with_goods().filter(order_line_id__in=[*units, *lost])
    rows = stock.lock(goods.values_list("level__variant_id", flat=True))
    # Read again under the lock, as in release().
    found = list(goods)
    held = [row for row in found if row.state == State.HELD]
    sent = [row for row in found if row.state == State.SHIPPED]
    # What is in a parcel is neither lost nor on the shelf.
    gone, _ = split_off([row for row in held if not row.is_boxed], lost, State.RELEASED, line_of)
    released, left = split_off(held, units, State.RELEASED, line_of)
    returned, _ = split_off(sent, left, State.RETURNED, line_of)
    off = [Change(level, on_hand=-number, reserved=-number) for level, number in by_level(gone).items()]
    stock.apply(rows, off, Cause(Kind.ADJUSTMENT, document, f"{reason}, not fit for sale", actor))
    stock.apply(rows, _held(released, sign=-1), Cause(Kind.RELEASE, document, reason, actor))
    back = [Change(level, on_hand=number) for level, number in by_level(returned).items()]
    stock.apply(rows, back, Cause(Kind.RETURN, document, reason, actor))


def extend(*, order_line_ids: Sequence[int], until: datetime) -> None:
    """What these unpaid lines hold or wait for is theirs until then, and no longer; what is paid for has no end."""
    ahead.extend(order_line_ids, until)
    held = Reservation.objects.held().filter(order_line_id__in=order_line_ids)
    held.exclude(expires_at=None).update(expires_at=until)


def settle(*, order_line_ids: Sequence[int]) -> None:
    """The order is paid: what its lines hold or wait for is theirs without an end."""
    ahead.extend(order_line_ids, None)
    Reservation.objects.held().filter(order_line_id__in=order_line_ids).update(expires_at=None)


@transaction.atomic
def receive(
    *, level: StockLevel, quantity: int, document: str = "", reason: str = "", actor: "User | None" = None
) -> None:
    """Units came in. Raises ShopError unless the quantity is at least 1."""
    if quantity < 1:
        raise ShopError("Receive at least one unit.")
    rows = stock.lock([level.variant_id])
    _change_on_hand(level, rows, quantity, Cause(Kind.RECEIPT, document, reason, actor))


@transaction.atomic
def set_on_hand(*, level: StockLevel, on_hand: int, reason: str, actor: "User | None") -> None:
    """A count found that many units. Raises ShopError below what orders hold; the same number changes nothing."""
    rows = stock.lock([level.variant_id])
    locked = next(row for row in rows if row.pk == level.pk)
    if on_hand < locked.reserved:
        raise ShopError(f"Orders hold {locked.reserved} of these, so there cannot be only {on_hand}.")
    if on_hand != locked.on_hand:
        _change_on_hand(level, rows, on_hand - locked.on_hand, Cause(Kind.ADJUSTMENT, "", reason, actor))


def available(variant_ids: Iterable[int]) -> dict[int, int]:
    """Units that can be sold, for each of these variants: free at active locations, or still to come and sold ahead."""
    wanted = set(variant_ids)
    found = ProductVariant.objects.filter(pk__in=wanted).with_available()
    return dict.fromkeys(wanted, 0) | {variant.pk: variant.available for variant in found}


def allocate_together(
    demands: Sequence[Demand], rows: Sequence[StockLevel]
) -> Iterator[tuple[Demand, StockLevel, int]]:
    """Where one order is served from: the first location that has all of it, so that it is one parcel.

    Where it is fetched comes before all others. Where no location has all, each demand is served by itself, as
    allocate() says.
    """
    wanted: dict[int, int] = defaultdict(int)
    for demand in demands:
        wanted[demand.variant_id] += demand.quantity
    by_location: dict[int, list[StockLevel]] = defaultdict(list)
    near = where_fetched(demands, rows)
    for row in in_order(rows, next(iter(near.values()), None)):
        by_location[row.location_id].append(row)
    for here in by_location.values():
        free = {row.variant_id: row.free for row in here}
        if all(free.get(variant, 0) >= units for variant, units in wanted.items()):
            return allocate(demands, here)
    return allocate(demands, rows)


def where_fetched(demands: Iterable[Demand], rows: Sequence[StockLevel]) -> dict[str, int]:
    """By way of delivery the location (its id) where it is fetched; not asked where all lies at one location."""
    if len({row.location_id for row in rows}) < 2:
        return {}
    places = StockLocation.objects.filter(collected_by__code__in={demand.method for demand in demands})
    return dict(places.values_list("collected_by__code", "pk"))


def in_order(rows: Iterable[StockLevel], near: int | None = None) -> list[StockLevel]:
    """Levels that orders are served from: at that location first, then in the locations' order."""
    active = (row for row in rows if row.location.is_active)
    return sorted(active, key=lambda row: (row.location_id != near, row.location.position, row.location_id))


def allocate(demands: Sequence[Demand], rows: Sequence[StockLevel]) -> Iterator[tuple[Demand, StockLevel, int]]:
    """Where each demand is served from: one location where one can, otherwise several, as in_order() sorts them.

    The rows must have enough in sum. Yields (demand, level, units).
    """
    free, near = {row.pk: row.free for row in rows}, where_fetched(demands, rows)
    for demand in demands:
        mine = in_order((row for row in rows if row.variant_id == demand.variant_id), near.get(demand.method))
        whole = [row for row in mine if free[row.pk] >= demand.quantity]
        missing = demand.quantity
        for row in whole or mine:
            units = min(missing, free[row.pk])
            if units:
                free[row.pk] -= units
                missing -= units
                yield demand, row, units


def _refuse_shortage(demands: Iterable[Demand], room: Mapping[int, Room]) -> None:
    """Raise OutOfStock unless there is room for what the demands want in sum."""
    wanted: dict[int, int] = defaultdict(int)
    for demand in demands:
        wanted[demand.variant_id] += demand.quantity
    has = {variant: found.total for variant, found in room.items()}
    shortages = [
        Shortage(variant, units, has.get(variant, 0))
        for variant, units in wanted.items()
        if units > has.get(variant, 0)
    ]
    if shortages:
        raise OutOfStock(shortages)


def _now_and_later(demands: Iterable[Demand], room: Mapping[int, Room]) -> tuple[list[Demand], list[Demand]]:
    """What of the demands is here, and what is still to come."""
    here = {variant: found.here for variant, found in room.items()}
    now, later = [], []
    for demand in demands:
        units = min(demand.quantity, here[demand.variant_id])
        here[demand.variant_id] -= units
        now += [replace(demand, quantity=units)] if units else []
        later += [replace(demand, quantity=demand.quantity - units)] if units < demand.quantity else []
    return now, later


def _held(holds: Iterable[Reservation], *, sign: int) -> list[Change]:
    """What these reservations hold, as one change a level: 1 to hold it, -1 to let it go."""
    return [Change(level, reserved=sign * number) for level, number in by_level(holds).items()]


def _change_on_hand(level: StockLevel, rows: Sequence[StockLevel], change: int, cause: Cause) -> None:
    """The same for a receipt and a count; the caller's row shows the new numbers afterwards."""
    locked = next(row for row in rows if row.pk == level.pk)
    if locked.on_hand + change > MOST_UNITS:
        raise ShopError(f"No shelf holds more than {MOST_UNITS} units.")
    stock.apply(rows, [Change(level.pk, on_hand=change)], cause)
    level.on_hand, level.reserved = locked.on_hand, locked.reserved
