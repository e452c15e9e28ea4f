"""Restoring the shop's newest backup elsewhere, and asking whether all of it is there.

A drill goes in steps, each short enough for a serverless call: begin, wait until the copy can be asked, ask it, drop
it. The row says where it is. Whatever ends a drill, its copy is dropped; one whose process died, by the next step.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Count, Max, Sum
from django.db.utils import load_backend
from django.utils.module_loading import import_string

from shop.adapters.copies import PREFIX, Copies, CopyError
from shop.core import clock
from shop.core.locks import only_one
from shop.operations.models import RestoreDrill, last_good_drill

log = logging.getLogger(__name__)
Progress = Callable[[str], object]
# What the sentinel finds in the database that is asked: (key of its alert, title).
Findings = Callable[[], list[tuple[str, str]]]

# A drill a month; the sentinel tells when it was missed.
EVERY = timedelta(days=30)
# A copy that cannot be asked after so long never will be.
LONGEST = timedelta(hours=6)
# Rows that are only ever added: when each was, and the sum that says whether they are the same ones.
FACTS = {
    "Order": ("created_at", "grand_total"),
    "OrderLine": ("order__created_at", "line_total"),
    "StockMovement": ("created_at", "on_hand_change"),
    "Document": ("issued_at", "gross"),
}
# What was written so shortly before the backup may not have been committed yet.
SETTLING = timedelta(minutes=10)


def drill_due(find: Findings) -> RestoreDrill | None:
    """For a schedule: the next step of the drill that is under way; a new one when the last good one is a month old."""
    last = last_good_drill()
    running = RestoreDrill.objects.filter(outcome=RestoreDrill.Outcome.RUNNING).exists()
    if running or not last or clock.now() - last >= EVERY:
        return step(find)
    copies: Copies = import_string(settings.DATABASE_COPIES)()
    drop_leftovers(copies, None, log.info)
    return None


def step(find: Findings, progress: Progress = log.info) -> RestoreDrill | None:
    """Begin a drill or go on with the one under way; None when somebody else is at it.

    Leave out of a transaction. Never raises for what is wrong with the copy: the row says it.
    """
    with only_one("restore drill") as mine:
        if not mine:
            return None
        copies: Copies = import_string(settings.DATABASE_COPIES)()
        drill = under_way(copies)
        drop_leftovers(copies, drill, progress)
        drill = drill or RestoreDrill.objects.create(scratch=f"{PREFIX}{uuid4().hex[:12]}")
        try:
            advance(copies, drill, find, progress)
        except BaseException as error:
            end(copies, drill, RestoreDrill.Outcome.FAILED, str(error) or repr(error))
            if not isinstance(error, Exception):
                raise
            log.error("%s failed: %s", drill, drill.words, exc_info=not isinstance(error, CopyError))
        return drill


def under_way(copies: Copies) -> RestoreDrill | None:
    """The drill to go on with; one that should long be over is ended."""
    drill = RestoreDrill.objects.filter(outcome=RestoreDrill.Outcome.RUNNING).first()
    if drill and clock.now() - drill.began_at > LONGEST:
        words = f"cut off, or the copy could not be asked for {LONGEST // timedelta(hours=1)} hours"
        end(copies, drill, RestoreDrill.Outcome.FAILED, words)
        return None
    return drill


def drop_leftovers(copies: Copies, drill: RestoreDrill | None, progress: Progress) -> None:
    """Copies of drills that were cut off."""
    for name in copies.left():
        if not drill or name != drill.scratch:
            progress(f"Dropping {name}, which an earlier drill left behind")
            copies.drop(name)


def advance(copies: Copies, drill: RestoreDrill, find: Findings, progress: Progress) -> None:
    """What is next for this drill."""
    if drill.as_of is None or drill.scratch not in copies.left():
        progress(f"Restoring the newest backup as {drill.scratch}")
        source = copies.begin(drill.scratch)
        drill.source, drill.as_of = source.name, source.as_of
        drill.save(update_fields=["source", "as_of"])
    database = copies.ready(drill.scratch)
    if database is None:
        progress("The copy is being made; the next step asks it")
        return
    progress(f"Asking the copy of {drill.source}")
    good, words = judge(drill, database, find)
    end(copies, drill, RestoreDrill.Outcome.GOOD if good else RestoreDrill.Outcome.FAILED, words)


def end(copies: Copies, drill: RestoreDrill, outcome: RestoreDrill.Outcome, words: str) -> None:
    """Write down what came of it, then drop the copy; one that cannot be dropped now is at the next drill."""
    drill.outcome, drill.words, drill.ended_at = outcome, words, clock.now()
    drill.save()
    try:
        copies.drop(drill.scratch)
    except Exception:
        log.exception("%s could not be dropped", drill.scratch)


def judge(drill: RestoreDrill, database: dict[str, Any], find: Findings) -> tuple[bool, str]:
    """Whether the copy is whole, and in words what is wrong."""
    with asking(database), clock.stopped(drill.as_of):
        there = {name: newest(name) for name in FACTS}
        drill.rows = count_rows()
        found = find()
        known = set(apps.get_model("shop", "Alert").objects.filter(closed_at=None).values_list("key", flat=True))
    wrong = [words for name, seen in there.items() if (words := differs(name, seen, drill.as_of or drill.began_at))]
    drill.sentinel = "\n".join(title for _, title in found) or "All well"
    # What the shop itself was told of is nothing that restoring did.
    wrong += [title for key, title in found if key not in known]
    if not drill.rows:
        wrong.append("the copy is empty")
    return not wrong, "; ".join(wrong) or f"{drill.rows} rows, the same orders, documents and stock"


def newest(name: str) -> dict[str, int]:
    """How many rows, the last of them, and their sum."""
    rows = apps.get_model("shop", name).objects.all()
    summed = Sum(FACTS[name][1], default=0)
    seen: dict[str, int] = rows.aggregate(rows=Count("pk"), last=Max("pk", default=0), total=summed)
    return seen


def differs(name: str, copy: dict[str, int], as_of: datetime) -> str:
    """What the shop has of these rows, compared with the copy: words when it is not the same.

    A row whose number was drawn before the backup and whose transaction ended after it would be told here as well: that
    takes a purchase in that very moment, and the next drill is without it.
    """
    rows, (when, summed) = apps.get_model("shop", name).objects.all(), FACTS[name]
    live = rows.filter(pk__lte=copy["last"]).aggregate(rows=Count("pk"), total=Sum(summed, default=0))
    later = rows.filter(**{"pk__gt": copy["last"], f"{when}__lt": as_of - SETTLING}).count()
    noun = rows.model._meta.verbose_name_plural
    if live["rows"] + later != copy["rows"]:
        return f"{copy['rows']} {noun} where the shop has {live['rows'] + later}"
    if live["total"] != copy["total"]:
        return f"{noun} add up to {copy['total']} where the shop has {live['total']}"
    return ""


def count_rows() -> int:
    """Of every table of the database that is asked."""
    tables = connection.introspection.table_names()
    quoted = [connection.ops.quote_name(name) for name in tables]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {name}" for name in quoted))  # noqa: S608 - names of tables
        return sum(count for (count,) in cursor.fetchall())


@contextmanager
def asking(database: dict[str, Any]) -> Iterator[None]:
    """Within it, every query goes to that database, which may only be read.

    database: what differs from the shop's own in Django's settings.
    """
    own = connections[DEFAULT_DB_ALIAS]
    options = own.settings_dict["OPTIONS"] | {"options": "-c default_transaction_read_only=on"}
    changed = own.settings_dict | {"CONN_MAX_AGE": 0, "OPTIONS": options} | database
    copy = load_backend(changed["ENGINE"]).DatabaseWrapper(changed, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = copy
    try:
        yield
    finally:
        copy.close()
        connections[DEFAULT_DB_ALIAS] = own
