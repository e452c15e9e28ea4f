"""Units that cannot be sold: put aside, mended, written off. They lie at their location, but are not on hand."""

from typing import TYPE_CHECKING

from django.db import transaction

from shop.core.errors import ShopError
from shop.warehouse import levels as stock
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import StockLevel, StockMovement

if TYPE_CHECKING:
    from shop.accounts.models import User

Kind = StockMovement.Kind


def set_aside(*, level: StockLevel, units: int, reason: str, actor: "User | None") -> None:
    """Units on hand are damaged. Raises ShopError where fewer of them are free: those of orders are told in packing."""
    _refuse(units, level.free, f"Only {level.free} of these are free; what orders hold is reported while packing.")
    _apply(Change(level.pk, on_hand=-units, damaged=units), level, Cause(Kind.DAMAGE, "", reason, actor))


def mend(*, level: StockLevel, units: int, reason: str, actor: "User | None") -> None:
    """Damaged units can be sold after all. Raises ShopError where there are not so many."""
    _refuse(units, level.damaged, f"Only {level.damaged} of these are damaged.")
    _apply(Change(level.pk, on_hand=units, damaged=-units), level, Cause(Kind.DAMAGE, "", reason, actor))


def write_off(*, level: StockLevel, units: int, reason: str, actor: "User | None") -> None:
    """Damaged units are thrown away. Raises ShopError where there are not so many."""
    _refuse(units, level.damaged, f"Only {level.damaged} of these are damaged.")
    _apply(Change(level.pk, damaged=-units), level, Cause(Kind.ADJUSTMENT, "", reason, actor))


def _refuse(units: int, there: int, words: str) -> None:
    if units < 1:
        raise ShopError("Say how many units, at least one.")
    if units > there:
        raise ShopError(words)


@transaction.atomic
def _apply(change: Change, level: StockLevel, cause: Cause) -> None:
    """Under the lock; what moved since the caller read the level is refused by the levels' own guard."""
    stock.apply(stock.lock([level.variant_id]), [change], cause)
