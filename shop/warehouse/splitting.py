"""Units taken from several reservations, each of which keeps what is left of it."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

from shop.warehouse.models import Reservation

Key = TypeVar("Key", bound=Hashable)


def split_off(
    rows: Iterable[Reservation], units: Mapping[Key, int], state: Reservation.State, by: Callable[[Reservation], Key]
) -> tuple[list[Reservation], dict[Key, int]]:
    """So many units of these reservations, the first ones first, in another state; and how many there were too few.

    by: what the units are given by, such as the order line.
    """
    left, parts = dict(units), []
    for row in rows:
        key = by(row)
        if taken := min(row.quantity, left.get(key, 0)):
            left[key] -= taken
            parts.append(row.split(taken, state))
    return parts, left


def line_of(row: Reservation) -> int:
    return row.order_line_id


def line_and_level_of(row: Reservation) -> tuple[int, int]:
    return row.order_line_id, row.level_id


def by_level(rows: Iterable[Reservation]) -> dict[int, int]:
    """Units by level, however many lines it serves."""
    units = Counter[int]()
    for row in rows:
        units[row.level_id] += row.quantity
    return dict(units)
