"""A purchase order as a CSV file, and a supplier's answer read from the same file with two columns filled in."""

import csv
from collections.abc import Iterator
from datetime import date
from io import StringIO

from shop.core.errors import ShopError
from shop.core.money import Money
from shop.core.sheets import neutral, plain
from shop.suppliers.answering import LineAnswer
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseOrderLine

COLUMNS = (
    "order", "line", "your_sku", "our_sku", "description", "ordered", "unit_cost", "currency", "confirmed",
    "arrives_on", "note",
)  # fmt: skip
NEEDED = {"line", "confirmed", "arrives_on"}
LARGEST = 1_000_000
TOO_LARGE = f"The file is larger than {LARGEST // 1_000_000} MB."
MOST_ROWS = 5_000


class SheetRefused(ShopError):
    """Nothing was taken from the file; `problems` are sentences, each naming its row."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems[0])
        self.problems = problems


def sheet(order: PurchaseOrder) -> str:
    """The order with a row a line, ready to be answered; excel reads its UTF-8 by the mark at its head."""
    out = StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in order.lines.select_related("variant"):
        writer.writerow([cell if isinstance(cell, int) else neutral(str(cell)) for cell in cells(order, line)])
    return out.getvalue()


def cells(order: PurchaseOrder, line: PurchaseOrderLine) -> list[object]:
    cost = str(Money(line.unit_cost, order.currency).decimal)
    own = [order.number, line.pk, line.supplier_sku, line.variant.sku, line.description, line.quantity, cost]
    confirmed = "" if line.confirmed_quantity is None else line.confirmed_quantity
    day = line.confirmed_on.isoformat() if line.confirmed_on else ""
    return [*own, order.currency, confirmed, day, line.supplier_note]


def read_answer(order: PurchaseOrder, content: bytes) -> list[LineAnswer]:
    """The answer in a file of sheet()'s columns; commas, semicolons and tabs all part cells.

    Raises SheetRefused with every row that cannot be read.
    """
    rows = list(rows_of(content))
    answers, problems = [], []
    for number, row in enumerate(rows, 2):
        try:
            answers.append(answer_of(order, row))
        except ValueError as refusal:
            problems.append(f"Row {number}: {refusal}")
    if not rows:
        problems.append("The file has no rows below its head.")
    if problems:
        raise SheetRefused(problems)
    return answers


def rows_of(content: bytes) -> Iterator[dict[str, str]]:
    if len(content) > LARGEST:
        raise SheetRefused([TOO_LARGE])
    text = decoded(content)
    head = text.partition("\n")[0]
    mark = max(",;\t", key=head.count)
    try:
        reader = csv.DictReader(StringIO(text, newline=""), delimiter=mark, restkey="rest", restval="")
        names = {(name or "").strip().lower() for name in reader.fieldnames or ()}
        if missing := sorted(NEEDED - names):
            raise SheetRefused([f"The file has no column “{missing[0]}”. Answer in the file that we sent."])
        for number, row in enumerate(reader):
            if number >= MOST_ROWS:
                raise SheetRefused([f"The file has more than {MOST_ROWS} rows."])
            cells = {
                str(name).strip().lower(): plain(cell.strip()) for name, cell in row.items() if isinstance(cell, str)
            }
            if any(cells.values()):
                yield cells
    except csv.Error as fault:
        raise SheetRefused([f"This is no CSV file: {fault}."]) from None


def decoded(content: bytes) -> str:
    """As UTF-8, or as older spreadsheets on Windows write it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise SheetRefused(["This is no CSV file."])
    return text


def answer_of(order: PurchaseOrder, row: dict[str, str]) -> LineAnswer:
    """Raises ValueError with what is wrong with the row."""
    if row.get("order") and row["order"] != order.number:
        raise ValueError(f"it belongs to {row['order'][:20]}, not to {order.number}.")
    line, units = row["line"], row["confirmed"]
    if not is_number(line):
        raise ValueError(f"“{line[:20]}” is no line of ours.")
    if not is_number(units):
        raise ValueError(f"“{units[:20]}” in “confirmed” is no number; write 0 for none.")
    return LineAnswer(int(line), int(units), day_of(row["arrives_on"]), row.get("note", "")[:300])


def is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def day_of(text: str) -> date | None:
    """'2026-12-11', '11.12.2026' and '11/12/2026' are the same day; None for nothing."""
    if not text:
        return None
    parts = text.replace("/", "-").replace(".", "-").split("-")
    ordered = parts if len(parts[0]) == 4 else parts[::-1]
    try:
        year, month, day = (int(part) for part in ordered if is_number(part))
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"“{text[:20]}” in “arrives_on” is no day; write 2026-12-11.") from None
