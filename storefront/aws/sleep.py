"""Lets the database sleep: Aurora pauses after five idle minutes and costs nothing then, but jobs that run by the
minute would wake it for nothing.

Whatever people and queues make the database do is noted in one DynamoDB item (shop/adapters/sleep_marker.py). After
each job everything that is due next is noted there too. A job of a rate under an hour then does nothing, without a
question to the database, where all was planned after the last use and nothing of its own is due. In any doubt it runs:
no item, one that cannot be read, a plan that is old, a job that the plan does not know.

Nothing is later than it would be anyway, since what is new comes with a use, and what was there is in the plan. Two
things wait for the jobs that run each hour, sleep or not: what a process wrote that died before it noted its use, and
what should have been noted while DynamoDB took no notes.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from shop.adapters import sleep_marker
from shop.adapters.dynamodb import DynamoError
from shop.adapters.network import inside_transaction
from shop.core import clock

if TYPE_CHECKING:
    from storefront.scheduled import Job

log = logging.getLogger(__name__)

OFTEN = 3600  # seconds: what runs less often always runs
# A process notes its use this often at most (milliseconds),
NOTE_EVERY = 10_000
# so a plan counts once it is this much younger than the last noted use: the longest that an event may take (30
# seconds), the pause between notes, and clocks that differ.
SETTLED = 60_000
# Jobs of every hour plan anew; a plan older than two of them tells that something is wrong.
STALE = 2 * 3600 * 1000


def may_sleep(job: "Job") -> bool:
    """Whether the job has nothing to do that is worth waking the database for."""
    if job.every >= OFTEN or not settings.ACTIVITY_TABLE:
        return False
    try:
        found = sleep_marker.read()
    except DynamoError:
        return False
    now = milliseconds(clock.now())
    if found is None or job.name not in found.due:
        return False
    if not max(found.used_at + SETTLED, now - STALE) <= found.planned_at <= now + SETTLED:
        return False
    due = found.due[job.name]
    return due is None or due > now


def run(job: "Job") -> None:
    """Do the job, then plan for all of them. One that fails counts as a use, so that it comes again."""
    try:
        job.run()
        plan()
    except Exception:
        note_use()
        raise


def plan() -> None:
    """Note what is due next, as the tables say it now."""
    if not settings.ACTIVITY_TABLE:
        return
    # With all models: nobody but a job needs them all.
    from storefront.aws.due import DUE  # noqa: PLC0415

    # Taken before it looks: what is written meanwhile belongs to a later plan, or is a use.
    now = clock.now()
    due = {name: ask(now) for name, ask in DUE.items()}
    times = {name: milliseconds(when) if when else None for name, when in due.items()}
    try:
        sleep_marker.note_plan(milliseconds(now), times)
    except DynamoError as error:
        log.warning("what is due was not noted: %s", error)


@contextmanager
def noting_use() -> Iterator[None]:
    """Around everything that is no job: notes the use of the database before its first statement in the block."""
    if not settings.ACTIVITY_TABLE:
        yield
        return
    watch = _Watch()
    try:
        with connection.execute_wrapper(watch):
            yield
    finally:
        watch.note()


class _Watch:
    """Sees each statement. In a transaction nobody outside is called, so there the note waits for its end."""

    # When this process last noted a use, whatever event it was for.
    noted_at = 0

    def __init__(self) -> None:
        self.unnoted = False

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        self.unnoted = self.unnoted or milliseconds(clock.now()) - _Watch.noted_at >= NOTE_EVERY
        if not inside_transaction():
            self.note()
        return execute(*statement)

    def note(self) -> None:
        if self.unnoted:
            self.unnoted = False
            _Watch.noted_at = milliseconds(clock.now())
            note_use()


def note_use() -> None:
    """The database is in use now."""
    if not settings.ACTIVITY_TABLE:
        return
    try:
        sleep_marker.note_use(milliseconds(clock.now()))
    except DynamoError as error:
        log.warning("a use of the database was not noted: %s", error)


def milliseconds(moment: datetime) -> int:
    """Since 1970."""
    return int(moment.timestamp() * 1000)
