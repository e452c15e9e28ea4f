"""One thing that somebody does, and what a process needs to do it by luck."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from shop.core.errors import ShopError

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
# So many rows are looked at to pick one of: a deed is quick, however much there is.
MOST = 30


class NothingToDo(ShopError):
    """There is nothing of the kind that the deed wants."""


@dataclass(frozen=True)
class Doer:
    """Who does it: its luck, and the pieces that are sold (by id)."""

    luck: Random
    pieces: Sequence[int]

    def pick(self, rows: "QuerySet[Row]") -> Row:
        """One of the newest of these rows. Raises NothingToDo."""
        found = list(rows.order_by("-pk")[:MOST])
        if not found:
            raise NothingToDo
        return self.luck.choice(found)

    def some(self, items: Sequence[Item], most: int = 3) -> list[Item]:
        """One to `most` of them, in an order of its own."""
        return self.luck.sample(list(items), self.luck.randint(1, min(most, len(items))))

    def units(self, most: int) -> int:
        """At least one."""
        return self.luck.randint(1, max(most, 1))

    def happens(self, chance: float) -> bool:
        return self.luck.random() < chance


Deed = Callable[[Doer], Any]
