"""What holds of every bus: from the outbox to the consumers."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from pytest_django import Settings

from shop.adapters.bus import MAX_BYTES
from shop.core import clock
from shop.core.attempts import MAX_ATTEMPTS
from shop.events import registry
from shop.events.envelope import Event
from shop.events.models import InboxEntry, OutboxEvent
from shop.events.services import emit
from shop.events.tests import recorders
from shop.events.tests.buses import EventBridge, InProcess, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("two_consumers")]

State = OutboxEvent.State
received: list[Event] = []


def keep(event: Event) -> None:
    received.append(event)


@pytest.fixture(params=["in process", "EventBridge"])
def world(request: pytest.FixtureRequest, settings: Settings) -> World:
    if request.param == "in process":
        return InProcess(settings)
    request.getfixturevalue("cloud")
    return EventBridge(settings)


def emit_many(number: int) -> list[OutboxEvent]:
    with transaction.atomic():
        return [emit("OrderPaid", {"order_id": n, "number": f"Zoë-{n}"}) for n in range(number)]


def again(ids: list[UUID]) -> None:
    """The relay takes them once more, as after a crash between publishing and marking."""
    OutboxEvent.objects.filter(pk__in=ids).update(state=State.PENDING, next_attempt_at=clock.now())


def test_every_consumer_gets_every_event_once(world: World) -> None:
    rows = emit_many(23)
    assert world.run() == 23
    assert Counter(recorders.seen) == Counter((name, row.pk) for row in rows for name in ("first", "second"))
    assert OutboxEvent.objects.filter(state=State.PUBLISHED, acknowledged_at__isnull=False).count() == 23


def test_an_event_arrives_as_it_was_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.HANDLERS, "OrderPaid", (f"{__name__}.keep",))
    received.clear()
    (row,) = emit_many(1)
    world.run()
    row.refresh_from_db()
    assert received == [Event.of(row)]


def test_an_event_published_twice_is_handled_once(world: World) -> None:
    rows = emit_many(3)
    world.run()
    again([row.pk for row in rows])
    assert world.run() == 3
    assert Counter(recorders.seen) == Counter((name, row.pk) for row in rows for name in ("first", "second"))
    assert InboxEntry.objects.count() == 6


def test_an_event_that_is_too_big_says_so_and_holds_up_no_other(world: World, settings: Settings) -> None:
    small = emit_many(3)
    # As emit() would not let it be written.
    detail: dict[str, Any] = {"order_id": 9, "number": "x" * 300_000}
    big = OutboxEvent.objects.create(name="OrderPaid", source="aspireclothes.orders", detail=detail)
    OutboxEvent.objects.filter(pk=big.pk).update(attempts=MAX_ATTEMPTS - 1)
    assert world.run() == 3
    big.refresh_from_db()
    assert (big.state, big.attempts) == (State.DEAD, MAX_ATTEMPTS)
    assert f"more than {MAX_BYTES}" in big.last_error
    assert {event for _, event in recorders.seen} == {row.pk for row in small}


def test_events_that_fill_more_than_one_call_all_arrive(world: World) -> None:
    with transaction.atomic():
        rows = [emit("OrderPaid", {"order_id": n, "number": "x" * 100_000}) for n in range(5)]
    assert world.run() == 5
    assert Counter(recorders.seen) == Counter((name, row.pk) for row in rows for name in ("first", "second"))


def test_a_bus_refuses_to_be_called_inside_a_transaction(world: World) -> None:
    emit_many(1)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        world.run()
    assert recorders.seen == []
