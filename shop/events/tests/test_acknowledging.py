"""Published events that nobody handled come again, a few times."""

from datetime import timedelta

import pytest
from django.db import transaction
from pytest_django import Settings

from shop.core import clock
from shop.events.acknowledging import MOST, republish_unacknowledged
from shop.events.models import OutboxEvent
from shop.events.registry import HANDLERS
from shop.events.relay import relay
from shop.events.services import emit
from shop.events.tests import recorders
from shop.events.tests.buses import EventBridge, InProcess
from shop.events.tests.test_bus_contract import emit_many

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("two_consumers")]

State = OutboxEvent.State


def later() -> None:
    """Half an hour passes."""
    OutboxEvent.objects.update(published_at=clock.now() - timedelta(minutes=30))


def test_an_event_whose_queue_was_lost_comes_again(cloud: str, settings: Settings) -> None:
    lost = EventBridge(settings)
    (row,) = emit_many(1)
    assert relay() == 1
    assert republish_unacknowledged() == 0, "it may still be on its way"
    del lost
    later()
    assert republish_unacknowledged() == 1
    world = EventBridge(settings)
    assert world.run() == 1
    assert recorders.seen == [("first", row.pk), ("second", row.pk)]
    later()
    assert republish_unacknowledged() == 0


def test_an_event_that_one_consumer_fails_on_is_not_acknowledged(cloud: str, settings: Settings) -> None:
    world = EventBridge(settings, visibility=0)
    recorders.failing.add("first")
    emit_many(1)
    with pytest.raises(Exception, match="first is broken"):
        world.run()
    recorders.failing.clear()
    later()
    assert republish_unacknowledged() == 1


def test_it_is_given_up_after_so_many_times_and_says_where_to_look() -> None:
    emit_many(1)
    for times in range(MOST):
        OutboxEvent.objects.update(state=State.PUBLISHED)
        later()
        assert republish_unacknowledged() == 1
        assert OutboxEvent.objects.get().republished == times + 1
    OutboxEvent.objects.update(state=State.PUBLISHED)
    later()
    assert republish_unacknowledged() == 0
    row = OutboxEvent.objects.get()
    assert row.state == State.DEAD
    assert row.last_error.startswith(f"It was published {MOST + 1} times")


def test_an_event_without_consumers_needs_no_acknowledgement(settings: Settings) -> None:
    InProcess(settings)
    with transaction.atomic():
        emit("CustomerSignedUp", {"user_id": 1})
    OutboxEvent.objects.update(state=State.PUBLISHED)
    later()
    assert republish_unacknowledged() == 0
    assert OutboxEvent.objects.get().state == State.PUBLISHED


def test_a_consumer_that_is_added_hears_nothing_of_what_was_before(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    InProcess(settings)
    with transaction.atomic():
        emit("CustomerSignedUp", {"user_id": 1})
    assert relay() == 1
    monkeypatch.setitem(HANDLERS, "CustomerSignedUp", HANDLERS["OrderPaid"])
    later()
    assert republish_unacknowledged() == 0
    with transaction.atomic():
        emit("CustomerSignedUp", {"user_id": 2})
    assert relay() == 1
    assert len(recorders.seen) == 2


def test_events_handled_in_the_process_are_acknowledged_at_once(settings: Settings) -> None:
    emit_many(3)
    assert InProcess(settings).run() == 3
    later()
    assert republish_unacknowledged() == 0
