"""Rows copied from a spreadsheet into the grid: with headings or without, refused in words where they do not fit."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from shop.catalog.models import Colour, Size
from shop.core.errors import ShopError

Named = TypeVar("Named", Colour, Size)
# No cell holds more; what is longer is refused as what it is, cell by cell.
MOST_LETTERS = 60
# The fields that can be pasted, with their names in words.
PASTED = {"price": "Price", "was": "Was", "stock": "Stock"}


class PasteRefused(ShopError):
    """The rows are no block of this grid; says why."""


def cells_of(text: str, colours: Sequence[Colour], sizes: Sequence[Size]) -> dict[tuple[int, int], str]:
    """What stands in each cell, by the colour's and the size's key; empty cells are left out.

    A first row that names colours, or a first column of sizes, says where things go; otherwise they go from the
    grid's first cell on. Raises PasteRefused.
    """
    lines = [[cell.strip() for cell in line.split("\t")] for line in text.splitlines() if line.strip()]
    if not lines:
        raise PasteRefused("Paste some rows first.")
    by_colour = {colour.name.lower(): colour for colour in colours}
    heading = lines.pop(0) if any(cell.lower() in by_colour for cell in lines[0]) else []
    named = _has_sizes(heading, lines, colours, sizes)
    across = _named(heading[named:], by_colour, "colour") if heading else list(colours)
    down = _named([line[0] for line in lines], {size.name.lower(): size for size in sizes}, "size") if named else sizes
    blocks = [line[named:] for line in lines]
    _check_fit(blocks, len(across), len(down))
    return {
        (colour.pk, size.pk): value[:MOST_LETTERS]
        for size, values in zip(down, blocks, strict=False)
        for colour, value in zip(across, values, strict=False)
        if value
    }


def _has_sizes(
    heading: Sequence[str], lines: Sequence[Sequence[str]], colours: Sequence[Colour], sizes: Sequence[Size]
) -> int:
    """1 where the first column names sizes, 0 where it holds values. A size such as 10 looks like a value."""
    if heading:
        return int(heading[0].lower() not in {colour.name.lower() for colour in colours})
    names = {size.name.lower() for size in sizes}
    widest = max(len(line) for line in lines)
    return int(widest == len(colours) + 1 and any(line[0].lower() in names for line in lines))


def _named(said: Sequence[str], known: Mapping[str, Named], what: str) -> list[Named]:
    """The rows of these names, each once. Raises PasteRefused for a name that this page does not have."""
    found: list[Named] = []
    for name in said:
        if name.lower() not in known:
            there = ", ".join(map(str, known.values()))
            raise PasteRefused(f"“{name[:40]}” is no {what} of this page. There are: {there}.")
        found.append(known[name.lower()])
    if len({row.pk for row in found}) < len(found):
        raise PasteRefused(f"A {what} stands there twice.")
    return found


def _check_fit(lines: Sequence[Sequence[str]], columns: int, rows: int) -> None:
    if len(lines) > rows:
        raise PasteRefused(f"These are {len(lines)} rows; there is room for {rows}.")
    widest = max((len(line) for line in lines), default=0)
    if widest > columns:
        raise PasteRefused(f"A row has {widest} values; there is room for {columns}.")
