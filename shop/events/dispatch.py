"""From a message to the shop's own consumers, each once."""

import logging
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from shop.adapters.bus import Message
from shop.core import clock
from shop.core.crash import crash_point
from shop.core.logs import bound
from shop.events.envelope import Event
from shop.events.models import InboxEntry, OutboxEvent
from shop.events.registry import HANDLERS, REPEATABLE

Handler = Callable[[Event], None]

log = logging.getLogger(__name__)


class DispatchFailed(Exception):
    """Some consumers failed on an event; the message names them. The others have handled it."""


def dispatch(message: Message) -> None:
    """Give the event to every consumer of the registry that has not handled it yet.

    A failing consumer does not keep the event from the others. Raises DispatchFailed, so that the event comes again
    and reaches those that failed. Once all have handled it, its outbox row says so.
    """
    event = Event.from_message(message)
    consumers = HANDLERS.get(event.name, ())
    with bound(event=str(event.id), order=str(event.detail.get("number", ""))):
        faults = [fault for consumer in consumers if (fault := hand_to(consumer, event))]
    if faults:
        raise DispatchFailed("; ".join(faults))
    if consumers:
        OutboxEvent.objects.filter(pk=event.id, acknowledged_at=None).update(acknowledged_at=clock.now())


def hand_to(consumer: str, event: Event) -> str:
    """Have one consumer handle the event; its fault in words, empty when there is none."""
    handle = handle_outside if consumer in REPEATABLE else handle_once
    try:
        with bound(consumer=consumer):
            handle(consumer, event)
    except Exception as error:  # the caller retries; the log keeps the trace
        log.exception("%s failed on %s %s", consumer, event.name, event.id)
        return f"{consumer}: {error!r}"
    return ""


def handle_once(consumer: str, event: Event) -> None:
    """Call the consumer unless its inbox has the event. Both are written together, or neither.

    The inbox row comes first: a second delivery at the same moment waits for it, and then finds it there.
    """
    handler: Handler = import_string(consumer)
    with transaction.atomic():
        try:
            with transaction.atomic():
                InboxEntry.objects.create(consumer=consumer, event_id=event.id)
        except IntegrityError:
            return
        handler(event)
        crash_point("handler-before-commit")


def handle_outside(consumer: str, event: Event) -> None:
    """Call a consumer that must not be in a transaction, unless its inbox has the event; the row comes after it."""
    handler: Handler = import_string(consumer)
    if InboxEntry.objects.filter(consumer=consumer, event_id=event.id).exists():
        return
    handler(event)
    crash_point("handler-before-inbox")
    InboxEntry.objects.bulk_create([InboxEntry(consumer=consumer, event_id=event.id)], ignore_conflicts=True)
