"""Why is this number what it is: one level's numbers as the sums and the orders behind them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Sum

from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.moving_models import BackOrder, Transfer, TransferLine

# Rows of each kind that a page shows.
MOST = 50
# What moved on hand, damaged and held by kind, in the words of the ledger.
Kind = StockMovement.Kind


@dataclass(frozen=True)
class Part:
    """One share of a number: of what kind, and how many units."""

    words: str
    units: int


@dataclass(frozen=True)
class Moved:
    """A line of the ledger and the numbers after it."""

    movement: StockMovement
    on_hand: int
    reserved: int
    damaged: int


@dataclass(frozen=True)
class Explained:
    """The parts of a level's numbers. The sums of on_hand and damaged are the ledger's, held is what orders hold."""

    level: StockLevel
    on_hand: list[Part]
    damaged: list[Part]
    held: list[Reservation]
    waiting: list[BackOrder]
    in_transit: list[TransferLine]

    @property
    def disagrees(self) -> bool:
        """Whether the level says other numbers than its ledger: no normal working makes that."""
        return any(
            says != sum(part.units for part in parts)
            for says, parts in [(self.level.on_hand, self.on_hand), (self.level.damaged, self.damaged)]
        )


def explain(level: StockLevel) -> Explained:
    """Five queries, however much has moved."""
    sums = level.movements.order_by().values("kind").annotate(of_hand=Sum("on_hand_change"), bad=Sum("damaged_change"))
    found = {row["kind"]: (row["of_hand"], row["bad"]) for row in sums}
    held = Reservation.objects.held().filter(level=level).select_related("order_line__order")
    waits = BackOrder.objects.waiting().filter(variant=level.variant_id).select_related("order_line__order")
    lines = TransferLine.objects.filter(transfer__state=Transfer.State.IN_TRANSIT, variant=level.variant_id)
    return Explained(
        level,
        on_hand=[Part(str(kind.label), found[kind][0]) for kind in Kind if kind in found and found[kind][0]],
        damaged=[Part(str(kind.label), found[kind][1]) for kind in Kind if kind in found and found[kind][1]],
        held=list(held[:MOST]),
        waiting=list(waits.order_by(F("order_line__order__paid_at").asc(nulls_last=True), "pk")[:MOST]),
        in_transit=list(
            lines.filter(transfer__destination=level.location_id).select_related("transfer__source")[:MOST]
        ),
    )


def with_balances(level: StockLevel, newest: Iterable[StockMovement]) -> list[Moved]:
    """The newest lines of the level's ledger, the newest first, each with the numbers as they were after it."""
    on_hand, reserved, damaged, rows = level.on_hand, level.reserved, level.damaged, []
    for movement in newest:
        rows.append(Moved(movement, on_hand, reserved, damaged))
        on_hand -= movement.on_hand_change
        reserved -= movement.reserved_change
        damaged -= movement.damaged_change
    return rows
