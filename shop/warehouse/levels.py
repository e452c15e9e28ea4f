"""The one place that changes a stock level: locked rows, guarded updates, a ledger line each, events of the outcome."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, F, IntegerField, Value, When

from shop.core.errors import ShopError
from shop.events.services import emit
from shop.warehouse.models import StockLevel, StockMovement
from shop.warehouse.moving_models import BackOrder

if TYPE_CHECKING:
    from shop.accounts.models import User


@dataclass(frozen=True)
class Cause:
    """Why levels change, as the ledger will say it."""

    kind: StockMovement.Kind
    document: str = ""
    reason: str = ""
    actor: "User | None" = None


@dataclass(frozen=True)
class Change:
    """By how many units a level's numbers change."""

    level_id: int
    on_hand: int = 0
    reserved: int = 0
    damaged: int = 0


def lock(variant_ids: Iterable[int]) -> list[StockLevel]:
    """Every level of these variants, locked in primary-key order, with location and product at hand."""
    levels = StockLevel.objects.filter(variant_id__in=set(variant_ids))
    return list(levels.select_related("location", "variant__product").locked())


def apply(levels: Sequence[StockLevel], changes: Iterable[Change], cause: Cause) -> None:
    """Make the changes (one per level) to levels from lock(), which must be all levels of their variants.

    Emits StockLow for each level that falls to its threshold, ReorderDue for one that falls to its reorder point,
    ProductChanged where a variant sold out or came back, and StockReceived where units became free for which somebody
    waits. Raises ShopError, for the caller's transaction to roll back, if a level cannot bear its change.
    """
    apply_each(levels, [(change, cause) for change in changes])


def apply_each(levels: Sequence[StockLevel], caused: Sequence[tuple[Change, Cause]]) -> None:
    """As apply(), with a cause for each change; a level may have several."""
    by_level = _summed(change for change, _ in caused)
    before = available_by_variant(levels)
    was_above = {level.pk for level in levels if not level.is_low}
    was_enough = {level.pk for level in levels if not level.is_to_reorder}
    _update([level for level in levels if level.pk in by_level], by_level)
    StockMovement.objects.bulk_create(_movement(change, cause) for change, cause in caused)
    _tell("StockLow", (level for level in levels if level.pk in was_above and level.is_low))
    _tell("ReorderDue", (level for level in levels if level.pk in was_enough and level.is_to_reorder))
    after = available_by_variant(levels)
    tell_turned(levels, {variant for variant in before if (before[variant] > 0) != (after[variant] > 0)})
    if freed := {variant for variant in before if after[variant] > before[variant]}:
        _tell_waiting(freed, caused[0][1].document)


def available_by_variant(levels: Iterable[StockLevel]) -> dict[int, int]:
    """Units that can be sold, by variant: those at active locations that no order holds."""
    available: dict[int, int] = defaultdict(int)
    for level in levels:
        available[level.variant_id] += level.free if level.location.is_active else 0
    return dict(available)


def _summed(changes: Iterable[Change]) -> dict[int, Change]:
    """One change a level."""
    sums: dict[int, Change] = {}
    for change in changes:
        there = sums.get(change.level_id, Change(change.level_id))
        sums[change.level_id] = Change(
            change.level_id,
            there.on_hand + change.on_hand,
            there.reserved + change.reserved,
            there.damaged + change.damaged,
        )
    return sums


def _update(levels: Sequence[StockLevel], changes: Mapping[int, Change]) -> None:
    """One guarded UPDATE of them all: a row matches only if 0 <= reserved <= on_hand and 0 <= damaged still hold."""
    if not levels:
        return
    on_hand = _by_row({level.pk: changes[level.pk].on_hand for level in levels})
    reserved = _by_row({level.pk: changes[level.pk].reserved for level in levels})
    damaged = _by_row({level.pk: changes[level.pk].damaged for level in levels})
    rows = StockLevel.objects.filter(pk__in=[level.pk for level in levels])
    guarded = rows.filter(
        reserved__gte=-reserved, damaged__gte=-damaged, on_hand__gte=F("reserved") + reserved - on_hand
    )
    new = {"on_hand": F("on_hand") + on_hand, "reserved": F("reserved") + reserved, "damaged": F("damaged") + damaged}
    if guarded.update(**new) != len(levels):
        refused = next((level for level in levels if not _can_bear(level, changes[level.pk])), levels[0])
        raise ShopError(f"The stock of {refused.variant.sku} at {refused.location.name} does not allow this change.")
    for level in levels:
        level.on_hand += changes[level.pk].on_hand
        level.reserved += changes[level.pk].reserved
        level.damaged += changes[level.pk].damaged


def _by_row(values: Mapping[int, int]) -> Case | Value:
    """A number of its own for each row, or the one that all of them get."""
    first, *others = set(values.values())
    if not others:
        return Value(first, IntegerField())
    return Case(*(When(pk=pk, then=Value(value)) for pk, value in values.items()), output_field=IntegerField())


def _can_bear(level: StockLevel, change: Change) -> bool:
    held = 0 <= level.reserved + change.reserved <= level.on_hand + change.on_hand
    return held and level.damaged + change.damaged >= 0


def _movement(change: Change, cause: Cause) -> StockMovement:
    return StockMovement(
        level_id=change.level_id,
        kind=cause.kind,
        on_hand_change=change.on_hand,
        reserved_change=change.reserved,
        damaged_change=change.damaged,
        document=cause.document,
        reason=cause.reason,
        actor=cause.actor,
    )


def _tell(event: str, levels: Iterable[StockLevel]) -> None:
    for level in levels:
        emit(
            event,
            {
                "variant_id": level.variant_id,
                "sku": level.variant.sku,
                "location": level.location.code,
                "available": level.free,
            },
        )


def _tell_waiting(variant_ids: Iterable[int], document: str) -> None:
    waits = BackOrder.objects.waiting().filter(variant_id__in=variant_ids).order_by("variant_id")
    if found := list(waits.values_list("variant_id", flat=True).distinct()):
        emit("StockReceived", {"document": document, "variant_ids": found})


def tell_turned(levels: Iterable[StockLevel], variant_ids: set[int]) -> None:
    """Variants that sold out or came back: told once per product."""
    products = {level.variant.product_id: level.variant.product for level in levels if level.variant_id in variant_ids}
    for product in products.values():
        emit("ProductChanged", {"product_id": product.pk, "slug": product.slug, "reason": "stock"})
