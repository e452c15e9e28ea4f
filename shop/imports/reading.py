"""Reads an uploaded table, CSV or XLSX, into rows of text. Trusts nothing of the file."""

import csv
import io
import itertools
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from shop.core.errors import ShopError
from shop.core.sheets import plain
from shop.imports.sheets import BYTE_ORDER_MARK

MOST_BYTES = 10_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 60
MOST_LETTERS = 300
# What a workbook of MOST_ROWS unpacks to, with room; real ones shrink to a tenth or a twentieth.
MOST_UNPACKED = 60_000_000
MOST_ENTRIES = 200
MOST_RATIO = 100
# What no spreadsheet takes, and nobody sees.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Spreadsheets that were formatted far below their last row have thousands of empty ones.
EMPTY_ROWS_END = 1_000


class FileRefused(ShopError):
    """The file is not a table that can be read; says why."""


@dataclass(frozen=True)
class Row:
    """number: as a spreadsheet counts, the heading is 1. cells: text by heading, trimmed."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    headings: list[str]
    rows: list[Row]


def read_table(name: str, content: bytes) -> Table:
    """The rows of the file, without empty ones. Raises FileRefused with the reason."""
    if len(content) > MOST_BYTES:
        raise FileRefused(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it into several.")
    if not content.strip():
        raise FileRefused("The file is empty.")
    if content.startswith(b"PK") or name.lower().endswith((".xlsx", ".xlsm")):
        return _table(_workbook_rows(content))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused("This is an old Excel file (.xls). Save it as .xlsx or as CSV.")
    return _table(_csv_rows(_decoded(content)))


def _table(lines: Iterable[Sequence[str]]) -> Table:
    numbered = enumerate(lines, start=1)
    headings: list[str] = []
    for _, line in numbered:
        headings = [heading(cell) for cell in line]
        break
    while headings and not headings[-1]:
        headings.pop()
    _check_headings(headings)
    rows: list[Row] = []
    for number, line in numbered:
        cells = [plain(cell.strip()) for cell in line]
        if not any(cells):
            continue
        if len(rows) == MOST_ROWS:
            raise FileRefused(f"The file has more than {MOST_ROWS} rows. Split it into several.")
        _check_cells(number, cells, len(headings))
        rows.append(Row(number, dict(itertools.zip_longest(headings, cells[: len(headings)], fillvalue=""))))
    if not rows:
        raise FileRefused("The file has a heading and no rows.")
    return Table(headings, rows)


def heading(cell: str) -> str:
    """'Compare-at_Price ' -> 'compare at price'."""
    return re.sub(r"[\s_-]+", " ", cell).strip().lower()


def _check_headings(headings: Sequence[str]) -> None:
    if not headings:
        raise FileRefused("The first row of the file names no columns.")
    if len(headings) > MOST_COLUMNS:
        raise FileRefused(f"The file has more than {MOST_COLUMNS} columns.")
    twice = {name for name in headings if headings.count(name) > 1}
    if "" in headings:
        raise FileRefused(f"Column {headings.index('') + 1} has no heading.")
    if twice:
        raise FileRefused(f"The heading {sorted(twice)[0][:60]!r} stands there twice.")


def _check_cells(number: int, cells: Sequence[str], columns: int) -> None:
    if any(cells[columns:]):
        raise FileRefused(f"Row {number} has more cells than there are headings.")
    if any(len(cell) > MOST_LETTERS for cell in cells):
        raise FileRefused(f"A cell in row {number} is longer than {MOST_LETTERS} characters.")
    if any(CONTROL.search(cell) for cell in cells):
        raise FileRefused(f"A cell in row {number} has characters that nobody can see. Type it anew.")


# --- CSV ---------------------------------------------------------------------------------------------------------


def _decoded(content: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or what Excel on Windows writes."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if marked else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileRefused("The file is no text. Upload CSV or XLSX.")


def _csv_rows(text: str) -> Iterator[list[str]]:
    text = text.removeprefix(BYTE_ORDER_MARK)
    told = re.match(r"sep=([,;\t])\r?\n", text)
    if told:
        text = text[told.end() :]
    # A record may span lines only within quotes, and no cell is that long: a lost quote is found at once.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=told[1] if told else separator(text), strict=True)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileRefused(f"Line {reader.line_num} is no CSV: a quotation mark is missing or misplaced.") from error


def separator(text: str) -> str:
    """The one that the heading has most of, outside quotation marks."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().split("\n", 1)[0])
    return max(",;\t", key=first.count)


# --- XLSX --------------------------------------------------------------------------------------------------------


def _workbook_rows(content: bytes) -> Iterator[list[str]]:
    refuse_bomb(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        yield from _sheet_rows(book)
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        DefusedXmlException,
        ParseError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        EOFError,
        OSError,
        # Of zipfile: an encrypted entry, a way of packing that it does not know, and data that is cut or changed.
        RuntimeError,
        zlib.error,
    ) as error:
        # What openpyxl makes of files that nobody's spreadsheet wrote.
        raise FileRefused("This is no workbook that can be read. Save it as .xlsx anew, or as CSV.") from error


def _sheet_rows(book: Any) -> Iterator[list[str]]:
    sheet = book.worksheets[0]
    # The size that a file claims to have may be that of the whole sheet.
    sheet.reset_dimensions()
    empty = 0
    for row in sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True):
        cells = [text_of(value) for value in row]
        empty = 0 if any(cells) else empty + 1
        if empty > EMPTY_ROWS_END:
            return
        yield cells


def refuse_bomb(content: bytes) -> None:
    """Look at the directory of the archive, before anything is unpacked. Raises FileRefused.

    What an entry unpacks to cannot be more than its directory says: zipfile stops there.
    """
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise FileRefused("This is no workbook that can be read. Save it as .xlsx anew, or as CSV.") from error
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > MOST_ENTRIES or size > MOST_UNPACKED or size > MOST_RATIO * max(packed, 10_000):
        raise FileRefused("This workbook would unpack to far more than a table needs. Save it as CSV.")


def text_of(value: object) -> str:
    """A cell as a person would type it: 12.0 -> '12', a date -> '2026-05-12'."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(round(value, 6))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
