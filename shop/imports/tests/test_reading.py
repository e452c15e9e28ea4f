"""Whatever is uploaded becomes a table or a reason."""

import io
import re
import zipfile
from datetime import date

import pytest

from shop.core.sheets import neutral, plain
from shop.imports.reading import MOST_BYTES, FileRefused, Row, read_table
from shop.imports.sheets import csv_lines, xlsx_bytes
from shop.imports.tests.builders import bomb, workbook

LINES = [Row(2, {"sku": "A-1", "price": "12.50"}), Row(3, {"sku": "Ä", "price": "7"})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators_of_every_spreadsheet_are_read(encoding: str, separator: str) -> None:
    text = f"SKU{separator}Price\r\nA-1{separator} 12.50 \r\nÄ{separator}7\r\n"
    assert read_table("prices.csv", text.encode(encoding)).rows == LINES


def test_excels_own_hint_of_a_separator_and_empty_rows_are_no_rows() -> None:
    text = 'sep=;\nsku;price\nA-1;"12;5"\n;\n\nB;1\n'
    assert [(row.number, row.cells["price"]) for row in read_table("a.csv", text.encode()).rows] == [
        (2, "12;5"),
        (5, "1"),
    ]


def test_a_workbooks_numbers_dates_and_ticks_become_what_a_person_would_type() -> None:
    content = workbook(
        ["SKU", "price", "sold ahead", "expected on", "active"], [1001, 12.5, 3.0, date(2026, 5, 12), True]
    )
    cells = read_table("a.xlsx", content).rows[0].cells
    assert list(cells.values()) == ["1001", "12.5", "3", "2026-05-12", "yes"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"sku,price\n", "no rows"),
        (b"sku,,price\nA,1,2\n", "Column 2 has no heading"),
        (b"sku,SKU\nA,B\n", "stands there twice"),
        (b"sku,price\nA,1,2\n", "Row 2 has more cells"),
        (b'sku,price\n"A,1\nB,2\n', "no CSV"),
        (b"sku\nA\x00B\n", "no text"),
        (b"sku\n" + b"x" * 301, "longer than 300"),
        (b"sku\n" + b"x\n" * 50_001, "more than 50000 rows"),
        (b"x" * (MOST_BYTES + 1), "larger than 10 MB"),
        (b"\xd0\xcf\x11\xe0 old", "old Excel file"),
        (b"PK\x03\x04 broken", "no workbook"),
        (bomb(), "unpack to far more"),
        (bomb(2_000_000), "unpack to far more"),
        (bomb(10), "no workbook"),
        (b'{"sku": 1}', "no rows"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        read_table("a.csv", content)


def test_a_workbook_with_entities_is_refused() -> None:
    good, out = workbook(["sku"], ["A"]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            text = source.read(entry)
            if entry.filename == "xl/workbook.xml":
                text = b'<!DOCTYPE x [<!ENTITY a "b">]>' + text
            target.writestr(entry.filename, text)
    with pytest.raises(FileRefused, match="no workbook"):
        read_table("a.xlsx", out.getvalue())


@pytest.mark.parametrize("text", ["=1+1", "+44", "-5", "@x", "'=1", "''=1", "\t=1", "A-1", "'A", "", "'"])
def test_a_neutralised_cell_reads_back_as_itself(text: str) -> None:
    assert plain(neutral(text)) == text
    assert neutral(text)[:1] not in ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("text", ["=SUM(A1)", "+44", "-5", "@x", "'=1", "plain"])
def test_an_exported_file_reads_back_cell_by_cell(text: str) -> None:
    rows = [["sku", "bin"], ["A", text]]
    for content in ("".join(csv_lines(rows)).encode(), xlsx_bytes(rows)):
        assert read_table("a.csv", content).rows == [Row(2, {"sku": "A", "bin": text})]


@pytest.mark.parametrize(("place", "value"), [((6, 8), 1), ((8, 10), 99)], ids=["encrypted", "packed unknown"])
def test_a_workbook_whose_entries_cannot_be_unpacked_is_refused(place: tuple[int, int], value: int) -> None:
    content = bytearray(workbook(["sku"], ["A"]))
    # The same field stands in an entry's own header and in the directory.
    for mark, offset in zip((b"PK\x03\x04", b"PK\x01\x02"), place, strict=True):
        for found in re.finditer(re.escape(mark), bytes(content)):
            content[found.start() + offset] = value
    with pytest.raises(FileRefused, match="no workbook that can be read"):
        read_table("a.xlsx", bytes(content))


def test_a_workbook_with_spoilt_data_is_refused() -> None:
    content = bytearray(workbook(["sku"], ["A"]))
    for entry in zipfile.ZipFile(io.BytesIO(content)).infolist():
        start = entry.header_offset + 30 + len(entry.filename)
        content[start : start + 20] = b"\xff" * 20
    with pytest.raises(FileRefused, match="no workbook that can be read"):
        read_table("a.xlsx", bytes(content))


def test_control_characters_neither_come_in_nor_stop_an_export() -> None:
    with pytest.raises(FileRefused, match="row 2 has characters that nobody can see"):
        read_table("a.csv", b"sku,barcode\nA,4\x0b2\n")
    assert read_table("a.xlsx", xlsx_bytes([["sku"], ["A\x0b\x1bB"]])).rows == [Row(2, {"sku": "AB"})]
