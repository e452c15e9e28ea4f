"""One value of one row that changes, and what every table that can be changed so has to know."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shop.core.errors import ShopError
from shop.imports.plans import Author

# As it is kept in JSON: amounts in minor units, moments as ISO 8601 in UTC, rows by their key.
Value = str | int | bool | None


@dataclass(frozen=True)
class Edit:
    """table: a name in TABLES. name: what people call the row, such as its SKU."""

    table: str
    pk: int
    name: str
    column: str
    before: Value
    after: Value

    @property
    def row(self) -> tuple[str, int]:
        return self.table, self.pk

    def turned(self) -> "Edit":
        """What takes it back."""
        return Edit(self.table, self.pk, self.name, self.column, self.after, self.before)

    def packed(self) -> list[Value]:
        return [self.table, self.pk, self.name, self.column, self.before, self.after]


@dataclass(frozen=True)
class Refusal:
    """A row that stays as it is, and why. column: which of its values is the reason, where one is."""

    name: str
    why: str
    row: tuple[str, int] = ("", 0)
    column: str = ""


class Table(Protocol):
    """A table whose rows can be changed many at once."""

    @property
    def columns(self) -> Mapping[str, str]:
        """The values that can be changed, with their names in words."""

    @property
    def right(self) -> str:
        """What whoever writes must hold."""

    def name(self, row: Any) -> str: ...

    def lock(self, keys: Sequence[int]) -> dict[int, Any]:
        """The rows, locked in primary-key order, by key."""

    def value(self, row: Any, column: str) -> Value: ...

    def refusal(self, row: Any, values: Mapping[str, Value]) -> tuple[str, str] | None:
        """The column and the reason why the row cannot have these values; None where it can."""

    def write(self, rows: Sequence[tuple[Any, Mapping[str, Value]]], author: Author) -> None:
        """Write the values with their history, and bring every page up to date that shows them."""

    def words(self) -> Callable[[str, Value], str]:
        """From a column and a value of it to what people read; whatever it has to look up is read once."""


def unpacked(cells: Iterable[Sequence[Value]]) -> list[Edit]:
    """What Edit.packed() made."""
    return [Edit(str(table), int(pk or 0), str(name), str(column), a, b) for table, pk, name, column, a, b in cells]


def edits_of(
    key: str, table: Table, rows: Iterable[Any], wanted: Callable[[Any], Mapping[str, Value]]
) -> tuple[list[Edit], list[Refusal]]:
    """What is to change of these rows, and the rows of which nothing does.

    wanted: from a row to its new values; raises ShopError where the row cannot have any.
    """
    edits, refused = [], []
    for row in rows:
        name = table.name(row)
        try:
            values = wanted(row)
        except ShopError as refusal:
            refused.append(Refusal(name, str(refusal), (key, row.pk)))
            continue
        told = table.refusal(row, values)
        found = [Edit(key, row.pk, name, column, table.value(row, column), after) for column, after in values.items()]
        changed = [edit for edit in found if edit.before != edit.after]
        if told or not changed:
            refused.append(Refusal(name, told[1] if told else "It is so already.", (key, row.pk)))
        else:
            edits += changed
    return edits, refused
