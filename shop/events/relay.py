"""The relay: publishes what the outbox holds. Any number of them may run at once.

Rows are claimed, published outside any transaction, and marked (shop/core/attempts.py). A relay that dies before it
marks leaves a row that comes again: an event may come twice, which the consumers' inbox absorbs, but never gets lost.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from shop.adapters.bus import MAX_MESSAGES, EventBus
from shop.core import clock
from shop.core.attempts import batches
from shop.core.crash import crash_point
from shop.core.logs import measure
from shop.events.dispatch import dispatch
from shop.events.envelope import Event
from shop.events.models import OutboxEvent
from shop.events.registry import HANDLERS

State = OutboxEvent.State
FIGURES = {"OrderPlaced": "OrdersPlaced", "OrderPaid": "OrdersPaid"}


def relay() -> int:
    """Publish the events that are due, oldest first; returns how many. Never call it inside a transaction."""
    bus: EventBus = import_string(settings.EVENT_BUS)(dispatch)
    return sum(publish(bus, rows) for rows in batches(OutboxEvent.objects.due, MAX_MESSAGES))


def publish(bus: EventBus, rows: Sequence[OutboxEvent]) -> int:
    """Hand claimed rows to the bus and note what became of each; returns how many were taken."""
    crash_point("relay-claimed")
    try:
        refused: Mapping[str, str] = bus.publish([Event.of(row).message() for row in rows])
    except Exception as error:  # noqa: BLE001 - whatever the bus raised, none was taken and the rows must say why
        refused = {str(row.pk): repr(error) for row in rows}
    crash_point("relay-before-mark")
    taken = [row.pk for row in rows if str(row.pk) not in refused]
    # Only rows still pending: another relay may have finished one whose claim ran out meanwhile.
    pending = OutboxEvent.objects.filter(state=State.PENDING)
    pending.filter(pk__in=taken).update(state=State.PUBLISHED, published_at=clock.now(), last_error="")
    acknowledge_unheard([row for row in rows if row.pk in taken])
    for row in rows:
        if str(row.pk) in refused:
            pending.filter(pk=row.pk).update(**row.after_failure(refused[str(row.pk)], given_up=State.DEAD))
    count_orders([row for row in rows if row.pk in taken and not row.republished])
    return len(taken)


def acknowledge_unheard(published: Iterable[OutboxEvent]) -> None:
    """Nobody has to handle these any more: otherwise all of them would come again on the day they get a consumer."""
    if unheard := [row.pk for row in published if not HANDLERS.get(row.name)]:
        OutboxEvent.objects.filter(pk__in=unheard, acknowledged_at=None).update(acknowledged_at=clock.now())


def count_orders(published: Iterable[OutboxEvent]) -> None:
    """The figures of the shop that follow from its events; a crash may count one twice."""
    for row in published:
        if figure := FIGURES.get(row.name):
            measure({figure: 1})
        if row.name == "OrderPaid" and "currency" in row.detail:
            measure({"Revenue": row.detail["grand_total"]}, unit="None", Currency=row.detail["currency"])
