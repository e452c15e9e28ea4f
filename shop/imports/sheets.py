"""Rows of text as a file: CSV, or a workbook."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from shop.core.sheets import neutral

BYTE_ORDER_MARK = "\ufeff"


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The rows as CSV, in pieces of a few hundred. Begins with a byte order mark, without which Excel guesses."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    for number, row in enumerate(rows, start=1):
        writer.writerow([neutral(cell) for cell in row])
        if number % 500 == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def xlsx_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """The rows as a workbook of one sheet, every cell a text: no code is shortened, none becomes a date.

    Control characters, which no workbook may hold, are left out.
    """
    book: Any = Workbook(write_only=True)
    sheet = book.create_sheet("AspireClothes")
    for row in rows:
        sheet.append([neutral(ILLEGAL_CHARACTERS_RE.sub("", cell)) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
