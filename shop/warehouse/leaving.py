"""Units leave: handed over in a parcel, or not to be had when somebody wanted to pack them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from shop.core.errors import ShopError
from shop.warehouse import levels as stock
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.splitting import by_level

if TYPE_CHECKING:
    from shop.accounts.models import User

Kind, State = StockMovement.Kind, Reservation.State


@transaction.atomic
def ship(*, units: Mapping[int, int], document: str, actor: "User | None" = None) -> None:
    """So many units of these reservations (by id) were handed over: they leave the hold and the shelf.

    Raises ShopError, with nothing changed, where one does not hold that many any more.
    """
    rows, held = _hold_of(units)
    parts = [row.split(units[row.pk], State.SHIPPED) for row in held]
    off = [Change(level, on_hand=-number, reserved=-number) for level, number in by_level(parts).items()]
    stock.apply(rows, off, Cause(Kind.SALE, document, "", actor))


@transaction.atomic
def short(
    *,
    reservation: Reservation,
    missing: int = 0,
    damaged: int = 0,
    document: str,
    reason: str,
    actor: "User | None" = None,
) -> None:
    """Held units that are not on the shelf, or are damaged: neither are held any more, the damaged ones lie aside.

    Raises ShopError, with nothing changed, where it does not hold that many any more.
    """
    rows, held = _hold_of({reservation.pk: missing + damaged})
    held[0].split(missing + damaged, State.RELEASED)
    level = reservation.level_id
    if missing:
        gone = Change(level, on_hand=-missing, reserved=-missing)
        stock.apply(rows, [gone], Cause(Kind.ADJUSTMENT, document, f"{reason}, not on the shelf", actor))
    if damaged:
        aside = Change(level, on_hand=-damaged, reserved=-damaged, damaged=damaged)
        stock.apply(rows, [aside], Cause(Kind.DAMAGE, document, f"{reason}, damaged", actor))


@transaction.atomic
def let_go(*, units: Mapping[int, int], document: str, reason: str, actor: "User | None" = None) -> None:
    """So many units of these reservations (by id) are not held any more, and lie on the shelf for anybody.

    Raises ShopError, with nothing changed, where one does not hold that many any more.
    """
    rows, held = _hold_of(units)
    parts = [row.split(units[row.pk], State.RELEASED) for row in held]
    freed = [Change(level, reserved=-number) for level, number in by_level(parts).items()]
    stock.apply(rows, freed, Cause(Kind.RELEASE, document, reason, actor))


def _hold_of(units: Mapping[int, int]) -> tuple[list[StockLevel], list[Reservation]]:
    """The levels, locked, and the reservations, each of which holds at least so many units."""
    asked = Reservation.objects.held().filter(pk__in=list(units))
    rows = stock.lock(asked.values_list("level__variant_id", flat=True))
    # Read again under the lock: a refund may have given some back meanwhile.
    held = list(asked)
    quantities = {row.pk: row.quantity for row in held}
    if any(not 0 < wanted <= quantities.get(pk, 0) for pk, wanted in units.items()):
        raise ShopError(
            "Not all of these units are held any more. Look at the order: some were refunded or given back."
        )
    return rows, held
