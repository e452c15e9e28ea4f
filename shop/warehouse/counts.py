"""Counting what really lies at a location: begun, entered or scanned, looked at, approved.

What is entered is compared with what the ledger says at that very moment, and only the difference is written when the
count is approved: what moved in between is neither lost nor counted twice. Units in packed parcels are on hand until
they are handed over, but lie on no shelf; they are not expected there.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Sum

from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.core.errors import ShopError
from shop.warehouse import levels as stock
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.moving_models import StockCount, StockCountLine
from shop.warehouse.services import MOST_UNITS

if TYPE_CHECKING:
    from shop.accounts.models import User

State = StockCount.State
Kind = StockMovement.Kind
# The states a count may go to from each.
MOVES: dict[str, tuple[str, ...]] = {
    State.COUNTING: (State.COUNTED, State.CANCELLED),
    State.COUNTED: (State.COUNTING, State.APPROVED, State.CANCELLED),
    State.APPROVED: (),
    State.CANCELLED: (),
}


@transaction.atomic
def begin(count: StockCount) -> StockCount:
    """Save a new count with a line for each level it is about."""
    count.save()
    levels = StockLevel.objects.filter(location=count.location, bin__istartswith=count.bins)
    StockCountLine.objects.bulk_create(
        (StockCountLine(count=count, level_id=pk) for pk in levels.order_by("bin", "pk").values_list("pk", flat=True)),
        batch_size=2000,
    )
    return count


@transaction.atomic
def enter(
    *, line: StockCountLine, counted: int | None, damaged: int = 0, actor: "User | None" = None
) -> StockCountLine:
    """So many units fit for sale lie there, and so many damaged ones besides; None: this level is not counted.

    Raises ShopError, with nothing changed, once the count is over.
    """
    count = _open(line.count_id)
    row = StockCountLine.objects.select_for_update(of=("self",)).get(pk=line.pk, count=count)
    return _entered(row, counted, damaged if counted is not None else 0, actor)


@transaction.atomic
def scan(*, count: StockCount, code: str, units: int = 1, actor: "User | None" = None, key: str = "") -> StockCountLine:
    """Units of the piece with that SKU or barcode were scanned: they are added to those found before.

    A piece that nobody knew to lie there gets a line. key: of the form it came by; sent again it adds nothing more.
    Raises ShopError with the reason, with nothing changed.
    """
    _open(count.pk)
    line = _line_for(count, _variant_of(code))
    row = StockCountLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    if key and row.scan_key == key:
        return row
    found = (row.counted or 0) + units
    if found < 0:
        raise ShopError(f"Only {row.counted or 0} of these were scanned.")
    row.scan_key = key
    return _entered(row, found, row.damaged, actor)


@transaction.atomic
def finish(*, count: StockCount) -> StockCount:
    """Nothing more is counted: the differences wait for somebody to approve them."""
    if not StockCountLine.objects.filter(count=count, counted__isnull=False).exists():
        raise ShopError("Nothing was counted yet.")
    return _saved(_moving(count, State.COUNTED))


@transaction.atomic
def reopen(*, count: StockCount) -> StockCount:
    """Something is to be counted again."""
    return _saved(_moving(count, State.COUNTING))


@transaction.atomic
def cancel(*, count: StockCount) -> StockCount:
    """Nothing of it is written."""
    return _saved(_moving(count, State.CANCELLED))


@transaction.atomic
def approve(*, count: StockCount, actor: "User | None") -> StockCount:
    """Write the differences into the ledger, all or none.

    Raises ShopError, with nothing changed, naming the pieces of which orders hold more than there would be, and those
    that somebody corrected since they were counted.
    """
    count = _moving(count, State.APPROVED)
    lines = list(count.lines.filter(counted__isnull=False).select_related("level"))
    rows = stock.lock(line.level.variant_id for line in lines)
    by_level = {row.pk: row for row in rows}
    _refuse_corrected(count)
    _refuse_below_held(lines, by_level)
    found = [Change(line.level_id, on_hand=line.found) for line in lines if line.found]
    stock.apply(rows, found, Cause(Kind.COUNT, count.number, count.note, actor))
    aside = [Change(line.level_id, on_hand=-line.damaged, damaged=line.damaged) for line in lines if line.damaged]
    stock.apply(rows, aside, Cause(Kind.DAMAGE, count.number, "found damaged", actor))
    count.approved_by, count.approved_at = actor, clock.now()
    return _saved(count, "approved_by", "approved_at")


def expected_on_shelf(level: StockLevel) -> int:
    """Units on hand less those in parcels that are in the house, to be sent or fetched."""
    boxed = Reservation.objects.boxed().filter(level=level).aggregate(units=Sum("quantity"))["units"] or 0
    return max(level.on_hand - boxed, 0)


def _entered(row: StockCountLine, counted: int | None, damaged: int, actor: "User | None") -> StockCountLine:
    if counted is not None and max(counted, damaged) > MOST_UNITS // 2:
        raise ShopError("That is more than any shelf holds.")
    # Locked, so that nothing moves between reading what is expected and writing what was found.
    level = StockLevel.objects.locked().get(pk=row.level_id)
    row.counted, row.damaged, row.counted_by, row.counted_at = counted, damaged, actor, clock.now()
    row.expected = None if counted is None else expected_on_shelf(level)
    row.save(update_fields=["counted", "damaged", "counted_by", "counted_at", "expected", "scan_key"])
    return row


def _variant_of(code: str) -> ProductVariant:
    """The variant with that SKU or barcode. Raises ShopError where there is none, or more than one."""
    found = list(ProductVariant.objects.filter(Q(sku__iexact=code) | Q(barcode=code) & ~Q(barcode=""))[:2])
    if not found:
        raise ShopError(f"No piece has the SKU or barcode {code[:40]}.")
    if len(found) > 1:
        raise ShopError(f"Several pieces have the barcode {code[:40]}. Type the SKU.")
    return found[0]


def _line_for(count: StockCount, variant: ProductVariant) -> StockCountLine:
    level, _ = StockLevel.objects.get_or_create(location=count.location, variant=variant)
    return StockCountLine.objects.get_or_create(count=count, level=level)[0]


def _refuse_corrected(count: StockCount) -> None:
    """What a correction (another count, by hand, by a file) has written is not to be written a second time."""
    later = StockMovement.objects.filter(level=OuterRef("level"), created_at__gt=OuterRef("counted_at"))
    corrected = Exists(later.filter(kind__in=[Kind.COUNT, Kind.ADJUSTMENT]).exclude(on_hand_change=0))
    aside = Exists(later.filter(kind=Kind.DAMAGE).exclude(on_hand_change=0))
    lines = count.lines.filter(corrected | (Q(damaged__gt=0) & aside)).select_related("level__variant").order_by("pk")
    if skus := [line.level.variant.sku for line in lines if line.found or line.damaged]:
        raise ShopError(
            f"{', '.join(skus)}: corrected since they were counted. Empty these, save, and count them again, or leave "
            "them empty."
        )


def _refuse_below_held(lines: Iterable[StockCountLine], levels: dict[int, StockLevel]) -> None:
    short = []
    for line in lines:
        level = levels[line.level_id]
        left = level.on_hand + line.found - line.damaged
        if left < level.reserved:
            short.append(f"{level.variant.sku}: orders hold {level.reserved}, only {max(left, 0)} would be there")
    if short:
        raise ShopError(
            f"{'; '.join(short)}. Count these again, or settle what is missing while packing, or leave them out."
        )


def _open(count_id: int) -> StockCount:
    """The count, locked, while it is being counted."""
    count = StockCount.objects.select_for_update(of=("self",)).get(pk=count_id)
    if count.state != State.COUNTING:
        raise ShopError(f"{count} is not being counted any more.")
    return count


def _moving(count: StockCount, target: StockCount.State) -> StockCount:
    """The row, locked, in its new state (not saved yet). Raises ShopError where it may not go there."""
    row = StockCount.objects.select_for_update(of=("self",)).get(pk=count.pk)
    if target not in MOVES[row.state]:
        raise ShopError(f"{row} is {row.get_state_display().lower()} already.")
    row.state = target
    return row


def _saved(count: StockCount, *fields: str) -> StockCount:
    count.save(update_fields=["state", "updated_at", *fields])
    return count
