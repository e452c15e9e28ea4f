"""Units that left come back to the shelf they left from: fit for sale, or damaged."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from shop.core.errors import ShopError
from shop.warehouse import levels as stock
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import Reservation, StockMovement

if TYPE_CHECKING:
    from shop.accounts.models import User

Kind, State = StockMovement.Kind, Reservation.State
# Order line and level, by id.
Goods = Mapping[tuple[int, int], int]


@transaction.atomic
def come_back(*, goods: Goods, damaged: bool, document: str, reason: str, actor: "User | None" = None) -> None:
    """So many units of these lines, sent out from these levels, are here again.

    Raises ShopError, with nothing changed, where fewer of them are outside.
    """
    sent = Reservation.objects.filter(state=State.SHIPPED, order_line_id__in={line for line, _ in goods})
    rows = stock.lock(sent.values_list("level__variant_id", flat=True))
    # Read again under the lock: somebody may have taken them in meanwhile.
    parts = part_sent(list(sent.order_by("pk")), goods, State.RETURNED)
    units: dict[int, int] = defaultdict(int)
    for part in parts:
        units[part.level_id] += part.quantity
    changes = [Change(pk, damaged=n) if damaged else Change(pk, on_hand=n) for pk, n in units.items()]
    stock.apply(rows, changes, Cause(Kind.RETURN, document, reason, actor))


@transaction.atomic
def give_up(*, goods: Goods, is_back: bool) -> None:
    """So many units of these lines that were sent never reached their buyer: their order does not have them.

    is_back: they came back and were taken in; otherwise they are lost. No number of the stock changes.
    """
    gone = State.RETURNED if is_back else State.SHIPPED
    sent = Reservation.objects.filter(state=gone, order_line_id__in={line for line, _ in goods})
    part_sent(list(sent.order_by("pk").select_for_update(of=("self",))), goods, State.RELEASED)


def part_sent(sent: list[Reservation], goods: Goods, state: Reservation.State) -> list[Reservation]:
    """That many units of these reservations in another state; what is left of one stays as it was.

    Raises ShopError where there are fewer.
    """
    left, parts = dict(goods), []
    for row in sent:
        taken = min(left.get((row.order_line_id, row.level_id), 0), row.quantity)
        if taken:
            left[row.order_line_id, row.level_id] -= taken
            parts.append(_part(row, taken, state))
    if any(left.values()):
        raise ShopError("Not all of these units are outside any more: they were taken back or given up before.")
    return parts


def _part(row: Reservation, taken: int, state: Reservation.State) -> Reservation:
    if taken < row.quantity:
        row.quantity -= taken
        row.save(update_fields=["quantity"])
        row = Reservation(
            level_id=row.level_id, order_line_id=row.order_line_id, quantity=taken, created_at=row.created_at
        )
    row.state = state
    row.save()
    return row
