from uuid import uuid4

import pytest
from django.db import connection, transaction

from shop.core import clock
from shop.events import dispatch as dispatching
from shop.events.dispatch import DispatchFailed, dispatch
from shop.events.envelope import Event
from shop.events.models import InboxEntry
from shop.events.tests import recorders
from shop.events.tests.conftest import FIRST, SECOND
from shop.tests.parallel import in_parallel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("two_consumers")]


def paid() -> Event:
    return Event(uuid4(), "OrderPaid", "aspireclothes.orders", {"order_id": 7, "number": "A7KM-29QX"}, clock.now())


def test_every_consumer_gets_the_event_once_however_often_it_comes() -> None:
    event = paid()
    for _ in range(3):
        dispatch(event.message())
    assert recorders.seen == [("first", event.id), ("second", event.id)]
    assert set(InboxEntry.objects.values_list("consumer", "event_id")) == {(FIRST, event.id), (SECOND, event.id)}


def test_a_failing_consumer_stops_nobody_and_alone_is_retried() -> None:
    event = paid()
    recorders.failing.add("first")
    with pytest.raises(DispatchFailed, match=r"recorders\.first: RuntimeError\('first is broken'\)$"):
        dispatch(event.message())
    assert recorders.seen == [("second", event.id)]
    assert list(InboxEntry.objects.values_list("consumer", flat=True)) == [SECOND]
    recorders.failing.clear()
    dispatch(event.message())
    assert recorders.seen == [("second", event.id), ("first", event.id)]


def test_deliveries_at_the_same_moment_are_handled_once() -> None:
    event = paid()
    assert in_parallel(lambda: dispatch(event.message()), 4) == []
    assert sorted(recorders.seen) == [("first", event.id), ("second", event.id)]


def test_an_event_survives_its_journey_unchanged() -> None:
    event = paid()
    assert Event.from_message(event.message()) == event


def test_an_event_nobody_waits_for_is_no_fault() -> None:
    with transaction.atomic():
        dispatch(Event(uuid4(), "NeverHeardOf", "elsewhere", {}, clock.now()).message())
    assert InboxEntry.objects.count() == 0


def test_a_consumer_that_calls_outside_has_no_transaction_around_it_and_is_called_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatching, "REPEATABLE", {FIRST})
    around: list[bool] = []
    monkeypatch.setattr(recorders, "first", lambda event: around.append(connection.in_atomic_block))
    event = paid()
    for _ in range(2):
        dispatch(event.message())
    assert (around, recorders.seen) == ([False], [("second", event.id)])
    assert set(InboxEntry.objects.values_list("consumer", flat=True)) == {FIRST, SECOND}


def test_a_consumer_that_calls_outside_and_fails_is_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "REPEATABLE", {FIRST})
    event = paid()
    recorders.failing.add("first")
    with pytest.raises(DispatchFailed):
        dispatch(event.message())
    assert list(InboxEntry.objects.values_list("consumer", flat=True)) == [SECOND]
    recorders.failing.clear()
    dispatch(event.message())
    assert recorders.seen == [("second", event.id), ("first", event.id)]
