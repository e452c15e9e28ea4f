"""From a wish to written rows and back: planned, looked at, written once, undone where nobody has gone on since."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from shop.accounts.models import User
from shop.bulk.edits import Edit, Refusal, Table, Value, unpacked
from shop.bulk.models import BulkChange
from shop.bulk.tables import TABLES
from shop.core import clock
from shop.core.errors import InvalidTransition, ShopError
from shop.imports.plans import Author

# Rows of one change: what is written in one transaction while somebody waits.
MOST_ROWS = 5_000
# How long a change that nobody wrote may be looked at.
KEPT = timedelta(days=2)
State = BulkChange.State


class Refused(ShopError):
    """Some rows cannot be changed, so none was: `refusals` names each."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("Nothing was changed.")


@transaction.atomic
def plan(
    *, title: str, edits: Sequence[Edit], refused: Sequence[Refusal] = (), reason: str = "", user: User
) -> BulkChange:
    """Keep what shall be changed, for a look at it. Raises ShopError where nothing would change, or too much."""
    rows = len({edit.row for edit in edits})
    if not rows:
        why = f" {refused[0].name}: {refused[0].why}" if refused else ""
        raise ShopError(f"Nothing would change.{why}")
    if rows > MOST_ROWS:
        raise ShopError(
            f"These are {rows} rows; {MOST_ROWS} can be changed in one go. Filter the list, or import a file."
        )
    BulkChange.objects.filter(state=State.PLANNED, created_at__lt=clock.now() - KEPT).delete()
    return BulkChange.objects.create(
        title=title[:120],
        reason=reason[:200],
        edits=[edit.packed() for edit in edits],
        refused=[[each.name, each.why] for each in refused],
        rows=rows,
        created_by=user,
    )


@transaction.atomic
def write(*, change_id: int, user: User) -> BulkChange:
    """Write what was planned; pressed twice it is written once. A row that somebody changed since is left and named."""
    change = BulkChange.objects.select_for_update().get(pk=change_id)
    if change.state == State.PLANNED:
        _write(change, unpacked(change.edits), user)
    return change


@transaction.atomic
def change(*, title: str, edits: Sequence[Edit], reason: str = "", user: User) -> BulkChange:
    """Plan and write at once, all of it: raises Refused with nothing changed where any row is not as it was."""
    done = plan(title=title, edits=edits, reason=reason, user=user)
    if refusals := _write(done, edits, user):
        raise Refused(refusals)
    return done


@transaction.atomic
def undo(*, change_id: int, user: User) -> BulkChange:
    """Take it back, as a change of its own; a row that was changed since stays and is named. Twice is once.

    Raises ShopError where it was not written or nothing of it can be taken back.
    """
    done = BulkChange.objects.select_for_update().get(pk=change_id)
    if done.state == State.UNDONE:
        return done.undone_by
    if done.state != State.DONE:
        raise InvalidTransition(f"This change is “{done.get_state_display()}”: there is nothing to undo.")
    edits = [edit.turned() for edit in unpacked(done.edits)]
    back = plan(title=f"Undo: {done.title}", edits=edits, reason=f"Undo of {done.document}", user=user)
    back.undoes = done
    refusals = _write(back, edits, user)
    if not back.rows:
        raise ShopError(f"Nothing can be taken back. {refusals[0].name}: {refusals[0].why}")
    done.state = State.UNDONE
    done.save(update_fields=["state", "updated_at"])
    return back


def _write(change: BulkChange, edits: Sequence[Edit], user: User) -> list[Refusal]:
    """Write those rows that are as they were; what was not written goes from the edits to the refused ones."""
    author = Author(user, change.document, f"{change.title}: {change.reason}" if change.reason else change.title)
    by_table: dict[str, dict[int, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    for edit in edits:
        by_table[edit.table][edit.pk].append(edit)
    refusals = [
        refusal for table in TABLES if table in by_table for refusal in _write_table(table, by_table[table], author)
    ]
    left = {refusal.row for refusal in refusals}
    change.edits = [edit.packed() for edit in edits if edit.row not in left]
    change.refused = [*change.refused, *([each.name, each.why] for each in refusals)]
    change.rows = len({edit.row for edit in edits} - left)
    change.state, change.written_at = State.DONE, clock.now()
    change.save()
    return refusals


def _write_table(name: str, edits: dict[int, list[Edit]], author: Author) -> list[Refusal]:
    table = TABLES[name]
    rows = table.lock(sorted(edits))
    fit, refusals = [], []
    for key, of_row in edits.items():
        if refusal := _why_not(name, rows.get(key), of_row):
            refusals.append(refusal)
        else:
            fit.append((rows[key], {edit.column: edit.after for edit in of_row}))
    if fit:
        _write_rows(table, fit, author)
    return refusals


def _write_rows(table: Table, rows: Sequence[tuple[Any, Mapping[str, Value]]], author: Author) -> None:
    """Raises ShopError where somebody took what must be unique between the check and the write."""
    try:
        with transaction.atomic():
            table.write(rows, author)
    except IntegrityError as error:
        raise ShopError("Somebody changed the same rows at the same moment. Please do it again.") from error


def _why_not(name: str, row: object, edits: Sequence[Edit]) -> Refusal | None:
    """Why the locked row cannot be changed so; None where it can."""
    table, first = TABLES[name], edits[0]
    if row is None:
        return Refusal(first.name, "It was deleted meanwhile.", first.row)
    for edit in edits:
        now = table.value(row, edit.column)
        if now != edit.before:
            say = table.words()
            was, heading = say(edit.column, edit.before), table.columns[edit.column]
            why = f"{heading} is {say(edit.column, now)} now; it was {was}. Somebody changed it meanwhile."
            return Refusal(first.name, why, first.row, edit.column)
    told = table.refusal(row, {edit.column: edit.after for edit in edits})
    return Refusal(first.name, told[1], first.row, told[0]) if told else None
