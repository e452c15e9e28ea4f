"""From an uploaded file to written rows: checked whole, then written in batches that can be resumed."""

import csv
import io
import time
from collections.abc import Iterable, Sequence

from django.db import transaction

from shop.accounts.models import User
from shop.core import clock
from shop.core.errors import InvalidTransition
from shop.imports.models import DataImport, ImportProblem
from shop.imports.plans import Author, Exchange, Plan, Problem
from shop.imports.reading import FileRefused, Row, Table, read_table
from shop.imports.sources import Sources
from shop.imports.stock import Stock
from shop.imports.variants import Variants

EXCHANGES: dict[str, Exchange] = {
    DataImport.Kind.VARIANTS: Variants(),
    DataImport.Kind.STOCK: Stock(),
    DataImport.Kind.SOURCES: Sources(),
}
BATCH = 1_000
# How long one run of the job writes, in seconds: the next one goes on.
PATIENCE = 20.0
State = DataImport.State


@transaction.atomic
def upload(*, kind: str, name: str, content: bytes, user: User) -> DataImport:
    """Read and check the whole file; nothing of it is written yet. Raises FileRefused for what is no such table.

    A file with errors is kept as REFUSED with a problem for each, one without as CHECKED.
    """
    exchange = EXCHANGES[kind]
    table = read_table(name, content)
    _check_columns(table, exchange)
    plan = Plan()
    rows = _with_keys(table.rows, exchange, plan)
    found = exchange.plan(rows)
    problems = sorted([*plan.problems, *found.problems], key=lambda problem: problem.row)
    row = DataImport.objects.create(
        kind=kind,
        state=State.REFUSED if problems else State.CHECKED,
        file_name=name[-120:],
        content=b"" if problems else _packed(rows, table.headings, found),
        rows=len(table.rows),
        added=found.added,
        changed=found.changed,
        unchanged=found.unchanged,
        sample=[[each.sku, each.column, each.before, each.after] for each in found.differences],
        created_by=user,
    )
    _note(row, problems)
    return row


@transaction.atomic
def start(*, import_id: int) -> DataImport:
    """Let the job write it. Pressed twice it is one start. Raises InvalidTransition for a file that is not ready."""
    row = DataImport.objects.select_for_update().get(pk=import_id)
    if row.state not in (State.CHECKED, State.RUNNING):
        raise InvalidTransition(f"This file is “{row.get_state_display()}” and cannot be written.")
    row.state = State.RUNNING
    row.save(update_fields=["state", "updated_at"])
    return row


@transaction.atomic
def cancel(*, import_id: int) -> DataImport:
    """Stop it where it is: what was written stays. Raises InvalidTransition for one that has ended."""
    row = DataImport.objects.select_for_update().get(pk=import_id)
    if not row.is_open:
        raise InvalidTransition(f"This file is “{row.get_state_display()}” already.")
    row.state, row.finished_at, row.content = State.CANCELLED, clock.now(), b""
    row.save()
    return row


def write_due() -> int:
    """Write what was started, batch by batch, for at most PATIENCE seconds. Returns how many rows it went through."""
    until, done = time.monotonic() + PATIENCE, 0
    for pk in DataImport.objects.filter(state=State.RUNNING).order_by("pk").values_list("pk", flat=True):
        while time.monotonic() < until and (rows := write_batch(import_id=pk)):
            done += rows
    return done


@transaction.atomic
def write_batch(*, import_id: int) -> int:
    """Write the next rows of a running import; how many it went through, 0 where there is nothing to do.

    Batch and progress are one transaction: whoever goes on after a crash begins where the last one ended. A row that
    became impossible since the check (somebody counted, an order came) is named and left out.
    """
    found = DataImport.objects.select_for_update(skip_locked=True, of=("self",)).select_related("created_by")
    row = found.filter(pk=import_id, state=State.RUNNING).first()
    if row is None:
        return 0
    batch = _batch(_unpacked(bytes(row.content)), row.written)
    author = Author(row.created_by, row.document, f"Import {row.pk}: {row.file_name}")
    plan = EXCHANGES[row.kind].write([each for _, each in batch], author)
    _note(row, plan.problems)
    row.written += len(batch)
    if row.written >= row.rows:
        row.state, row.finished_at, row.content = State.DONE, clock.now(), b""
    row.save()
    return len(batch)


def _check_columns(table: Table, exchange: Exchange) -> None:
    """Raises FileRefused for a column that is missing or that nobody knows: a misspelt one would change nothing."""
    missing = [column for column in exchange.needed if column not in table.headings]
    unknown = [column for column in table.headings if column not in exchange.columns]
    if missing:
        raise FileRefused(f"The column {missing[0]} is missing. Export a file to see how one looks.")
    if unknown:
        raise FileRefused(f"Nobody knows the column {unknown[0][:60]!r}. Columns: {', '.join(exchange.columns)}.")


def _with_keys(rows: Iterable[Row], exchange: Exchange, plan: Plan) -> list[Row]:
    """The rows that say what they are of; the others become problems."""
    named = []
    for row in rows:
        empty = [column for column in exchange.needed if not row.cells[column]]
        plan.problems += [Problem(row.number, column, f"The {column} is missing.") for column in empty]
        if not empty:
            named.append(row)
    return named


def _note(row: DataImport, problems: Sequence[Problem]) -> None:
    ImportProblem.objects.bulk_create(
        [
            ImportProblem(parent=row, row=each.row, column=each.column[:60], message=each.message[:300])
            for each in problems
        ],
        batch_size=1_000,
    )


def _packed(rows: Sequence[Row], headings: Sequence[str], plan: Plan) -> bytes:
    """The rows as CSV, those that belong together side by side: before the cells stand row number and group."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["", "", *headings])
    for row in sorted(rows, key=lambda each: (plan.groups[each.number], each.number)):
        writer.writerow([row.number, plan.groups[row.number], *(row.cells[heading] for heading in headings)])
    return out.getvalue().encode()


def _unpacked(content: bytes) -> list[tuple[str, Row]]:
    """(group, row) of what _packed() made."""
    reader = csv.reader(io.StringIO(content.decode(), newline=""))
    headings = next(reader)[2:]
    return [(cells[1], Row(int(cells[0]), dict(zip(headings, cells[2:], strict=True)))) for cells in reader]


def _batch(rows: Sequence[tuple[str, Row]], begin: int) -> Sequence[tuple[str, Row]]:
    """From there about BATCH rows, up to the end of a group: a product is written, and told of, once."""
    end = min(begin + BATCH, len(rows))
    while begin < end < len(rows) and rows[end][0] == rows[end - 1][0]:
        end += 1
    return rows[begin:end]
