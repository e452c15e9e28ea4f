"""Purchase orders as CSV: out without formulas, in row by row."""

import csv
from datetime import date
from io import StringIO

import pytest

from shop.suppliers.answering import LineAnswer
from shop.suppliers.sheets import LARGEST, SheetRefused, day_of, read_answer, sheet
from shop.suppliers.tests.builders import make_sent

pytestmark = pytest.mark.django_db


def test_formulas_are_neutralised_and_read_back_as_they_were() -> None:
    order = make_sent()
    order.lines.update(supplier_note='=HYPERLINK("http://evil.example")', description="@SUM(A1)")
    row = next(csv.DictReader(StringIO(sheet(order).lstrip("\ufeff"))))
    assert row["note"] == '\'=HYPERLINK("http://evil.example")'
    assert row["description"] == "'@SUM(A1)"
    order.lines.update(confirmed_quantity=7, confirmed_on="2027-01-04")
    (answer,) = read_answer(order, sheet(order).encode())
    assert answer == LineAnswer(order.lines.get().pk, 7, date(2027, 1, 4), '=HYPERLINK("http://evil.example")')


@pytest.mark.parametrize("note", ["'=1+1", "''-", "it's fine"])
def test_a_note_with_apostrophes_comes_back_whole(note: str) -> None:
    order = make_sent()
    order.lines.update(supplier_note=note, confirmed_quantity=7, confirmed_on="2027-01-04")
    (answer,) = read_answer(order, sheet(order).encode())
    assert answer.note == note


def test_semicolons_and_continental_days_are_read_too() -> None:
    order = make_sent()
    pk = order.lines.get().pk
    content = f"line;confirmed;arrives_on\r\n{pk};12;11.12.2026\r\n".encode("cp1252")
    assert read_answer(order, content) == [LineAnswer(pk, 12, date(2026, 12, 11), "")]


@pytest.mark.parametrize("text", ["31.02.2026", "soon", "2026-13-01", "1-2", "٣-1-2026"])
def test_a_day_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is no day"):
        day_of(text)


def test_every_bad_row_is_named() -> None:
    order = make_sent()
    content = b"line,confirmed,arrives_on\nx,1,2026-12-11\n1,many,2026-12-11\n"
    with pytest.raises(SheetRefused) as refused:
        read_answer(order, content)
    assert [words[:6] for words in refused.value.problems] == ["Row 2:", "Row 3:"]


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"PK\x03\x04\0\0", b"line,confirmed,arrives_on\n", b" " * (LARGEST + 1)]
)
def test_what_is_no_answer_is_refused_whole(content: bytes) -> None:
    with pytest.raises(SheetRefused):
        read_answer(make_sent(), content)
