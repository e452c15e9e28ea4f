"""What a file would do: read against the shop as it is, before anything is written, and again when it is."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from babel.numbers import get_currency_precision, get_currency_symbol

from shop.accounts.models import User
from shop.core.errors import ShopError
from shop.core.money import LOCALE, Money, smallest_step
from shop.imports.reading import Row

SAMPLE = 20
# More of one piece at one place is a typing mistake.
MOST_UNITS = 100_000
MOST_MAJOR = 9_999_999
YES, NO = {"yes", "y", "true", "1", "on"}, {"no", "n", "false", "0", "off"}


class CellRefused(ShopError):
    """A cell that cannot be used: `column` names it."""

    def __init__(self, column: str, message: str) -> None:
        self.column = column
        super().__init__(message)


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be written."""

    row: int
    column: str
    message: str


@dataclass(frozen=True)
class Difference:
    """One cell that would change: sku and column name it."""

    sku: str
    column: str
    before: str
    after: str


@dataclass
class Plan:
    """What the rows would do. groups: by row number, what has to be written together (a product, a variant)."""

    problems: list[Problem] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    groups: dict[int, int] = field(default_factory=dict)
    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def count(self, differences: Sequence[Difference]) -> bool:
        """Count an existing row by its differences; whether there are any."""
        if not differences:
            self.unchanged += 1
            return False
        self.changed += 1
        room = max(SAMPLE - len(self.differences), 0)
        self.differences += differences[:room]
        return True


@dataclass(frozen=True)
class Author:
    """Who writes, and what history and ledger will say of it."""

    user: User | None
    document: str
    reason: str

    @property
    def in_history(self) -> dict[str, Any]:
        """For bulk_create_with_history() and bulk_update_with_history()."""
        return {"default_user": self.user, "default_change_reason": self.reason[:100]}


class Exchange(Protocol):
    """One kind of file: its columns, what rows of it would do, writing them, and all the shop has as such rows."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def needed(self) -> tuple[str, ...]: ...

    def plan(self, rows: Sequence[Row]) -> Plan: ...

    def write(self, rows: Sequence[Row], author: Author) -> Plan:
        """Plan the rows under lock and write those without a problem; within the caller's transaction."""

    def export(self) -> Iterator[list[str]]: ...


def refuse_twice(rows: Sequence[Row], columns: Sequence[str], plan: Plan) -> list[Row]:
    """The rows without those whose cells of these columns stood in an earlier one, which become problems."""
    seen: dict[tuple[str, ...], int] = {}
    once = []
    for row in rows:
        key = tuple(row.cells.get(column, "").lower() for column in columns)
        if key in seen:
            words = " and ".join(columns)
            plan.problems.append(Problem(row.number, columns[0], f"Row {seen[key]} has the same {words}."))
        else:
            seen[key] = row.number
            once.append(row)
    return once


def values(row: Row, readers: dict[str, Callable[[str, str], Any]], plan: Plan) -> dict[str, Any] | None:
    """The row's cells as values, by column; None, with every reason in the plan, where one cannot be read."""
    found: dict[str, Any] = {}
    faults = len(plan.problems)
    for column, reader in readers.items():
        if column in row.cells:
            try:
                found[column] = reader(column, row.cells[column])
            except CellRefused as refusal:
                plan.problems.append(Problem(row.number, refusal.column, str(refusal)))
    return found if len(plan.problems) == faults else None


# --- Cells -------------------------------------------------------------------------------------------------------


def money(currency: str, *, required: bool = True, free: bool = False) -> Callable[[str, str], int | None]:
    """A reader of amounts: '£12.50' or '12,50' -> 1250; None where the cell may be and is empty."""

    def read(column: str, text: str) -> int | None:
        if not text and not required:
            return None
        decimals = get_currency_precision(currency)
        bare = text.removeprefix(get_currency_symbol(currency, LOCALE)).removeprefix(currency).replace(" ", "")
        fraction = rf"([.,][0-9]{{1,{decimals}}})?" if decimals else ""
        if not re.fullmatch(rf"[0-9]{{1,7}}{fraction}", bare, re.ASCII):
            example = Money.from_decimal("12.5", currency).decimal
            raise CellRefused(column, f"{shown(text)} is no amount. Write one such as {example:f}, below {MOST_MAJOR}.")
        amount = Money.from_decimal(bare.replace(",", "."), currency).amount
        if amount % smallest_step(currency) or (amount == 0 and not free):
            raise CellRefused(column, f"{shown(text)}: the amount must be above zero, in steps that can be paid.")
        return amount

    return read


def whole(
    least: int = 0, most: int = MOST_UNITS, *, empty: int | None = None, required: bool = False
) -> Callable[[str, str], int | None]:
    """A reader of whole numbers; `empty` is what an empty cell means."""

    def read(column: str, text: str) -> int | None:
        if not text and not required:
            return empty
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not least <= int(text) <= most:
            raise CellRefused(column, f"{shown(text)} is no whole number from {least} to {most}.")
        return int(text)

    return read


def yes_no(column: str, text: str) -> bool:
    if text.lower() in YES | NO:
        return text.lower() in YES
    raise CellRefused(column, f"{shown(text)}: write yes or no.")


def day(column: str, text: str) -> date | None:
    """'2026-05-12', or empty."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CellRefused(column, f"{shown(text)} is no date. Write it as 2026-05-12.") from error


def words(most: int) -> Callable[[str, str], str]:
    """A reader of short texts."""

    def read(column: str, text: str) -> str:
        if len(text) > most:
            raise CellRefused(column, f"{shown(text)} is longer than {most} characters.")
        return text

    return read


def shown(text: str) -> str:
    """What somebody wrote, short enough to be repeated to them."""
    return f"“{text[:40]}”" if text else "Empty"


def written(value: object, currency: str = "") -> str:
    """A value as its cell says it; with a currency, minor units as an amount."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{Money(value, currency).decimal:f}" if currency and isinstance(value, int) else str(value)
