"""Units that were sent come back: fit for sale to the shelf they left, or damaged, to lie beside it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from shop.warehouse import levels as stock
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import Reservation, StockMovement

if TYPE_CHECKING:
    from shop.accounts.models import User

State = Reservation.State


@transaction.atomic
def come_back(
    *,
    fit: Mapping[int, int],
    damaged: Mapping[int, int],
    document: str,
    reason: str,
    actor: "User | None" = None,
) -> None:
    """So many units of these order lines (by id) came back, at the location which they were sent from.

    More than a line sent (because they were given back before) change nothing.
    """
    goods = Reservation.objects.filter(order_line__in=[*fit, *damaged], state=State.SHIPPED).order_by("pk")
    rows = stock.lock(goods.values_list("level__variant_id", flat=True))
    # Read again under the lock: a refund that ran beside this may have given them back.
    sent = list(goods)
    changes: dict[int, Change] = {}
    for row, whole in _parts(sent, fit):
        old = changes.get(row.level_id, Change(row.level_id))
        changes[row.level_id] = Change(row.level_id, on_hand=old.on_hand + whole)
    for row, broken in _parts(sent, damaged):
        old = changes.get(row.level_id, Change(row.level_id))
        changes[row.level_id] = Change(row.level_id, on_hand=old.on_hand, damaged=old.damaged + broken)
    if changes:
        stock.apply(rows, changes.values(), Cause(StockMovement.Kind.RETURN, document, reason, actor))


def _parts(sent: Iterable[Reservation], units: Mapping[int, int]) -> list[tuple[Reservation, int]]:
    """Which reservations give how many of these units; that part of each is returned, the rest stays sent."""
    left, parts = dict(units), []
    for row in sent:
        if taken := min(row.quantity, left.get(row.order_line_id, 0)):
            left[row.order_line_id] -= taken
            parts.append((row, taken))
            _part(row, taken)
    return parts


def _part(row: Reservation, taken: int) -> None:
    """Write that so many units of it are back; the row in hand keeps those that are not."""
    row.quantity -= taken
    kept = Reservation.objects.filter(pk=row.pk)
    if not row.quantity:
        kept.update(state=State.RETURNED)
        return
    kept.update(quantity=row.quantity)
    Reservation.objects.create(
        level_id=row.level_id,
        order_line_id=row.order_line_id,
        quantity=taken,
        state=State.RETURNED,
        created_at=row.created_at,
    )
