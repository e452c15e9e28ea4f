"""Does every number on the shelf have its explanation? Asked by tests, and by whoever watches the shop."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from shop.warehouse.models import Reservation, StockLevel, StockMovement


@dataclass(frozen=True)
class Difference:
    """A level that disagrees with its movements or its reservations. Each pair is (the level says, they sum to)."""

    level_id: int
    on_hand: tuple[int, int]
    reserved: tuple[int, int]
    held: tuple[int, int]
    damaged: tuple[int, int] = (0, 0)


def differences() -> list[Difference]:
    """Every level whose numbers are not the sums of its ledger, or which reserves other than its orders hold."""
    of_level = StockMovement.objects.filter(level=OuterRef("pk")).order_by().values("level")
    held = Reservation.objects.held().filter(level=OuterRef("pk")).order_by().values("level")
    levels = StockLevel.objects.annotate(
        moved_on_hand=_total(of_level.annotate(total=Sum("on_hand_change"))),
        moved_reserved=_total(of_level.annotate(total=Sum("reserved_change"))),
        moved_damaged=_total(of_level.annotate(total=Sum("damaged_change"))),
        held=_total(held.annotate(total=Sum("quantity"))),
    )
    agreeing = levels.filter(
        on_hand=F("moved_on_hand"), reserved=F("moved_reserved"), damaged=F("moved_damaged"), held=F("reserved")
    )
    return [
        Difference(
            level["pk"],
            (level["on_hand"], level["moved_on_hand"]),
            (level["reserved"], level["moved_reserved"]),
            (level["reserved"], level["held"]),
            (level["damaged"], level["moved_damaged"]),
        )
        for level in levels.exclude(pk__in=agreeing.values("pk"))
        .order_by("pk")
        .values("pk", "on_hand", "reserved", "damaged", "moved_on_hand", "moved_reserved", "moved_damaged", "held")
    ]


def _total(sums: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(sums.values("total")), 0, output_field=IntegerField())
