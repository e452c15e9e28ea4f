"""The relay: publishes what the outbox holds. Any number of them may run at once.

A row is claimed by pushing its next attempt into the future and committing; only then is it published, outside any
transaction, and marked. A relay that dies in between leaves a row that is due again when its claim ends: an event
may come twice, which the consumers' inbox absorbs, but it never gets lost.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string

from shop.adapters.bus import MAX_MESSAGES, EventBus
from shop.core import clock
from shop.events.dispatch import dispatch
from shop.events.envelope import Event
from shop.events.models import OutboxEvent

# How long a claim lasts: well above the time that a batch may take.
CLAIM = timedelta(minutes=2)
# 2, 4, 8 ... seconds between attempts, at most an hour; 12 attempts take over an hour before an event is given up.
MAX_ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=1)
# One run ends after this long, so that the other jobs get their turn.
SECONDS_A_RUN = 20.0

State = OutboxEvent.State


def relay() -> int:
    """Publish the events that are due, oldest first; returns how many. Never call it inside a transaction."""
    bus: EventBus = import_string(settings.EVENT_BUS)(dispatch)
    ends = time.monotonic() + SECONDS_A_RUN
    published = 0
    while time.monotonic() < ends:
        rows = claim()
        if not rows:
            break
        published += publish(bus, rows)
    return published


def claim() -> list[OutboxEvent]:
    """Take up to a call's worth of due events that no other relay has."""
    # durable: refuses to run inside a transaction, where nobody could see the claim.
    with transaction.atomic(durable=True):
        rows = list(OutboxEvent.objects.due().select_for_update(skip_locked=True)[:MAX_MESSAGES])
        OutboxEvent.objects.filter(pk__in=[row.pk for row in rows]).update(
            next_attempt_at=clock.now() + CLAIM, attempts=F("attempts") + 1
        )
    for row in rows:
        row.attempts += 1
    return rows


def publish(bus: EventBus, rows: Sequence[OutboxEvent]) -> int:
    """Hand claimed rows to the bus and note what became of each; returns how many were taken."""
    try:
        refused: Mapping[str, str] = bus.publish([Event.of(row).message() for row in rows])
    except Exception as error:  # noqa: BLE001 - whatever the bus raised, none was taken and the rows must say why
        refused = {str(row.pk): repr(error) for row in rows}
    taken = [row.pk for row in rows if str(row.pk) not in refused]
    # Only rows still pending: another relay may have finished one whose claim ran out meanwhile.
    pending = OutboxEvent.objects.filter(state=State.PENDING)
    pending.filter(pk__in=taken).update(state=State.PUBLISHED, published_at=clock.now(), last_error="")
    for row in rows:
        if str(row.pk) in refused:
            pending.filter(pk=row.pk).update(**after_failure(row.attempts, refused[str(row.pk)]))
    return len(taken)


def after_failure(attempts: int, reason: str) -> dict[str, object]:
    """What a row says after its n-th failed attempt: when it is tried again, or that it is given up."""
    wait = min(timedelta(seconds=2**attempts), LONGEST_WAIT)
    state = State.DEAD if attempts >= MAX_ATTEMPTS else State.PENDING
    return {"state": state, "next_attempt_at": clock.now() + wait, "last_error": reason[:2000]}
