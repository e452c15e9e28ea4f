"""Units that left come back to the shelf they left from, or, damaged, beside it; and those that never arrived."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from shop.core.errors import ShopError
from shop.warehouse import levels as stock
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.splitting import by_level, line_and_level_of, line_of, split_off

if TYPE_CHECKING:
    from shop.accounts.models import User

Kind, State = StockMovement.Kind, Reservation.State
# Units by order line and level (both by id).
Goods = Mapping[tuple[int, int], int]


@transaction.atomic
def come_back(
    *,
    fit: Mapping[int, int],
    damaged: Mapping[int, int],
    document: str,
    reason: str,
    actor: "User | None" = None,
) -> None:
    """Buyers sent so many units of these order lines (by id) back.

    More than a line was sent (because they were given back before) change nothing.
    """
    rows, sent = _sent_of([*fit, *damaged])
    whole, _ = split_off(sent, fit, State.RETURNED, line_of)
    still_sent = [row for row in sent if row.state == State.SHIPPED]
    broken, _ = split_off(still_sent, damaged, State.RETURNED, line_of)
    _take_in(rows, whole, broken, Cause(Kind.RETURN, document, reason, actor))


@transaction.atomic
def parcel_comes_back(*, goods: Goods, damaged: bool, document: str, reason: str, actor: "User | None" = None) -> None:
    """All units of a parcel that was sent are here again.

    Raises ShopError, with nothing changed, where fewer of them are outside.
    """
    rows, sent = _sent_of(line for line, _ in goods)
    parts = _all_of(goods, sent, State.RETURNED)
    _take_in(rows, [] if damaged else parts, parts if damaged else [], Cause(Kind.RETURN, document, reason, actor))


@transaction.atomic
def give_up(*, goods: Goods, is_back: bool) -> None:
    """So many units of these lines that were sent never reached their buyer: their order does not have them.

    is_back: they came back and were taken in; otherwise they are lost. No number of the stock changes.
    """
    gone = _in_state(State.RETURNED if is_back else State.SHIPPED, (line for line, _ in goods))
    _all_of(goods, list(gone.select_for_update(of=("self",))), State.RELEASED)


def _in_state(state: Reservation.State, order_lines: Iterable[int]) -> QuerySet[Reservation]:
    return Reservation.objects.filter(state=state, order_line_id__in=set(order_lines)).order_by("pk")


def _sent_of(order_lines: Iterable[int]) -> tuple[list[StockLevel], list[Reservation]]:
    """The levels, locked, and what was sent of these lines from them."""
    sent = _in_state(State.SHIPPED, order_lines)
    rows = stock.lock(sent.values_list("level__variant_id", flat=True))
    # Read again under the lock: a refund that ran beside this may have given them back.
    return rows, list(sent)


def _all_of(goods: Goods, rows: Iterable[Reservation], state: Reservation.State) -> list[Reservation]:
    """All of these units in another state. Raises ShopError where there are fewer."""
    parts, left = split_off(rows, goods, state, line_and_level_of)
    if any(left.values()):
        raise ShopError("Not all of these units are outside any more: they were taken back or given up before.")
    return parts


def _take_in(rows: list[StockLevel], whole: Iterable[Reservation], broken: Iterable[Reservation], cause: Cause) -> None:
    fit, damaged = by_level(whole), by_level(broken)
    changes = [Change(pk, on_hand=fit.get(pk, 0), damaged=damaged.get(pk, 0)) for pk in fit | damaged]
    if changes:
        stock.apply(rows, changes, cause)
