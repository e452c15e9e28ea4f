"""What a spreadsheet may do with a cell: text that it would run as a formula goes out neutralised, and comes back."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from openpyxl import Workbook

# https://owasp.org/www-community/attacks/CSV_Injection; with its apostrophes such a text comes back whole.
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
NEUTRALISED = re.compile(r"'+[=+\-@\t\r\n]")
BYTE_ORDER_MARK = "\ufeff"


def neutral(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run."""
    return f"'{text}" if FORMULA.match(text) else text


def plain(cell: str) -> str:
    """What neutral() was given."""
    return cell[1:] if NEUTRALISED.match(cell) else cell


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
    """The rows as a workbook of one sheet, every cell a text: no code is shortened, none becomes a date."""
    book: Any = Workbook(write_only=True)
    sheet = book.create_sheet("AspireClothes")
    for row in rows:
        sheet.append([neutral(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
