"""Stock as a table: a row a SKU and location. Units change through the ledger only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simple_history.utils import bulk_update_with_history

from shop.catalog import listings
from shop.catalog.models import ProductVariant
from shop.core.former import keep_present
from shop.imports import plans
from shop.imports.plans import Author, CellRefused, Difference, Plan, Problem, written
from shop.imports.reading import Row
from shop.warehouse import levels as ledger
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import StockLevel, StockLocation, StockMovement

# What on hand was when the file was made: who does not touch on hand does not undo what was sold meanwhile.
SEEN = "on hand before"
FIELDS = {"low stock at": "low_stock_threshold", "reorder at": "reorder_point", "bin": "bin"}
READERS: dict[str, Any] = {
    "on hand": plans.whole(required=True),
    SEEN: plans.whole(),
    "low stock at": plans.whole(required=True),
    "reorder at": plans.whole(),
    "bin": plans.words(20),
}
Place = tuple[int, int]


@dataclass
class StockPlan(Plan):
    new: list[StockLevel] = field(default_factory=list)
    edited: list[StockLevel] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    # (variant, location) -> by how much on hand changes.
    moves: dict[Place, int] = field(default_factory=dict)
    firsts: set[Place] = field(default_factory=set)


@dataclass(frozen=True)
class Shelves:
    """What the rows speak of: variants by SKU, locations by code, levels by variant and location."""

    variants: dict[str, int]
    locations: dict[str, int]
    levels: dict[Place, StockLevel]


class Stock:
    columns = ("sku", "location", "on hand", SEEN, *FIELDS)
    needed = ("sku", "location")

    def plan(self, rows: Sequence[Row]) -> StockPlan:
        variants = _variants(rows)
        return _plan(rows, variants, list(StockLevel.objects.filter(variant_id__in=variants.values())))

    def write(self, rows: Sequence[Row], author: Author) -> StockPlan:
        variants = _variants(rows)
        locked = ledger.lock(variants.values())
        plan = _plan(rows, variants, locked)
        if plan.new:
            StockLevel.objects.bulk_create(plan.new)
            locked = ledger.lock(variants.values())
        if plan.edited:
            keep_present(StockLevel, [level.pk for level in plan.edited])
            bulk_update_with_history(plan.edited, StockLevel, sorted(plan.fields), batch_size=500, **author.in_history)
        by_place = {(level.variant_id, level.location_id): level.pk for level in locked}
        for kind, first in ((StockMovement.Kind.RECEIPT, True), (StockMovement.Kind.ADJUSTMENT, False)):
            changes = [
                Change(by_place[place], on_hand=units)
                for place, units in plan.moves.items()
                if (place in plan.firsts) == first
            ]
            if changes:
                ledger.apply(locked, changes, Cause(kind, author.document, author.reason[:200], author.user))
        if plan.moves:
            listings.refresh({level.variant.product_id for level in locked})
        return plan

    def export(self) -> Iterator[list[str]]:
        """Every level, place by place; the heading first."""
        yield list(self.columns)
        levels = StockLevel.objects.order_by("location__code", "bin", "variant__sku")
        names = ["variant__sku", "location__code", "on_hand", "on_hand", *FIELDS.values()]
        for row in levels.values_list(*names).iterator(chunk_size=2000):
            yield [written(value) for value in row]


def _variants(rows: Sequence[Row]) -> dict[str, int]:
    skus = {row.cells["sku"] for row in rows}
    return dict(ProductVariant.objects.filter(sku__in=skus).values_list("sku", "pk"))


def _plan(rows: Sequence[Row], variants: dict[str, int], levels: Sequence[StockLevel]) -> StockPlan:
    plan = StockPlan()
    locations = dict(StockLocation.objects.values_list("code", "pk"))
    shelves = Shelves(variants, locations, {(level.variant_id, level.location_id): level for level in levels})
    for row in plans.refuse_twice(rows, ["sku", "location"], plan):
        read = plans.values(row, READERS, plan)
        if read is None:
            continue
        try:
            _put(row, read, shelves, plan)
        except CellRefused as refusal:
            plan.problems.append(Problem(row.number, refusal.column, str(refusal)))
    return plan


def _put(row: Row, read: Mapping[str, Any], shelves: Shelves, plan: StockPlan) -> None:
    place = _place(row, shelves)
    level = shelves.levels.get(place)
    new = level is None
    level = level or StockLevel(variant_id=place[0], location_id=place[1])
    move = _move(level, read)
    plan.groups[row.number] = place[0]
    if move:
        plan.moves[place] = move
        plan.firsts |= {place} if level.on_hand == 0 else set()
    found = _set_fields(row.cells["sku"], level, read)
    fields = {FIELDS[each.column] for each in found}
    if move:
        found.insert(0, Difference(row.cells["sku"], "on hand", str(level.on_hand), str(level.on_hand + move)))
    if new:
        plan.added += 1
        plan.new.append(level)
    elif plan.count(found) and fields:
        plan.edited.append(level)
        plan.fields |= fields


def _place(row: Row, shelves: Shelves) -> Place:
    """Raises CellRefused for an SKU or a location that the shop does not have."""
    sku, code = row.cells["sku"], row.cells["location"].lower()
    if sku not in shelves.variants:
        raise CellRefused("sku", f"No variant has the SKU {plans.shown(sku)}.")
    if code not in shelves.locations:
        known = ", ".join(sorted(shelves.locations)[:6])
        raise CellRefused("location", f"{plans.shown(code)} is no location. There are: {known}.")
    return shelves.variants[sku], shelves.locations[code]


def _set_fields(sku: str, level: StockLevel, read: Mapping[str, Any]) -> list[Difference]:
    found = []
    for column, name in FIELDS.items():
        if column in read and getattr(level, name) != read[column]:
            found.append(Difference(sku, column, written(getattr(level, name)), written(read[column])))
            setattr(level, name, read[column])
    return found


def _move(level: StockLevel, read: Mapping[str, Any]) -> int:
    """By how much the row changes on hand. Raises CellRefused where the number is not what the file's maker saw."""
    wanted, seen = read.get("on hand"), read.get(SEEN)
    if wanted is None or wanted == seen:
        return 0
    if seen is not None and level.on_hand not in (seen, wanted):
        raise CellRefused("on hand", f"It was {seen} when the file was made and is {level.on_hand} now.")
    if wanted < level.reserved:
        raise CellRefused("on hand", f"Orders hold {level.reserved} of these, so there cannot be only {wanted}.")
    move: int = wanted - level.on_hand
    return move
