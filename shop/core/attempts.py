"""Rows that something outside has to take: claimed by one worker at a time, tried again later when it fails.

A row is claimed by pushing its next attempt into the future and committing; only then is the outside called, with
no transaction open. A worker that dies in between leaves a row that is due again when its claim ends.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import F

from shop.core import clock

# How long a claim lasts: well above the time that a batch may take.
CLAIM = timedelta(minutes=2)
# 2, 4, 8 ... seconds between attempts, at most an hour; 12 attempts take over an hour before a row is given up.
MAX_ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=1)


class Attempted(models.Model):
    """Adds how often a row was tried, when it is tried next (UTC) and what went wrong last."""

    next_attempt_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        abstract = True

    def after_failure(self, reason: str, given_up: str) -> dict[str, Any]:
        """What to write on the row after a failed attempt; `given_up` is its state once attempts have run out."""
        wait = min(timedelta(seconds=2 ** min(self.attempts, MAX_ATTEMPTS)), LONGEST_WAIT)
        fields: dict[str, Any] = {"next_attempt_at": clock.now() + wait, "last_error": reason[:2000]}
        return fields | ({"state": given_up} if self.attempts >= MAX_ATTEMPTS else {})


Row = TypeVar("Row", bound=Attempted)


def claim(due: models.QuerySet[Row], most: int) -> list[Row]:
    """Take up to that many of the due rows that no other worker has. Refuses to run inside a transaction."""
    # durable: inside another transaction nobody would see the claim.
    with transaction.atomic(durable=True):
        rows = list(due.select_for_update(skip_locked=True)[:most])
        due.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(
            next_attempt_at=clock.now() + CLAIM, attempts=F("attempts") + 1
        )
    for row in rows:
        row.attempts += 1
    return rows


def batches(due: Callable[[], models.QuerySet[Row]], most: int) -> Iterator[list[Row]]:
    """Claimed batches until nothing is due or the run has lasted long enough (settings.RUN_SECONDS)."""
    ends = time.monotonic() + settings.RUN_SECONDS
    while time.monotonic() < ends and (rows := claim(due(), most)):
        yield rows


def one_by_one(due: Callable[[], models.QuerySet[Row]], most: int) -> Iterator[Row]:
    """The same, row by row, for work that may take seconds each: what it no longer gets to is due again at once."""
    ends = time.monotonic() + settings.RUN_SECONDS
    while time.monotonic() < ends and (rows := claim(due(), most)):
        for place, row in enumerate(rows):
            if time.monotonic() >= ends:
                give_back(rows[place:])
                return
            yield row


def give_back(rows: list[Row]) -> None:
    """End the claim of rows that were not tried."""
    manager = type(rows[0])._default_manager
    manager.filter(pk__in=[row.pk for row in rows]).update(next_attempt_at=clock.now(), attempts=F("attempts") - 1)
