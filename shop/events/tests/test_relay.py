from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from shop.adapters.bus import Message
from shop.adapters.bus_inprocess import InProcessBus
from shop.core import clock
from shop.core.attempts import MAX_ATTEMPTS
from shop.events.models import InboxEntry, OutboxEvent
from shop.events.relay import relay
from shop.events.services import emit
from shop.events.tests import recorders
from shop.tests.parallel import in_parallel

State = OutboxEvent.State


class FlakyBus(InProcessBus):
    """Refuses the numbers it is told to, or everything."""

    refuses: set[str] = set()
    raises: Exception | None = None
    calls: list[int] = []

    def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        assert not connection.in_atomic_block, "a bus must never be called inside a transaction"
        self.calls.append(len(messages))
        if self.raises:
            raise self.raises
        return {m["id"]: "throttled" for m in messages if m["detail"]["number"] in self.refuses}


class DyingBus(InProcessBus):
    """Delivers, and takes the process with it before anybody hears of it."""

    def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        super().publish(messages)
        raise KeyboardInterrupt


@pytest.fixture
def flaky(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> type[FlakyBus]:
    settings.EVENT_BUS = f"{__name__}.FlakyBus"
    monkeypatch.setattr(FlakyBus, "refuses", set())
    monkeypatch.setattr(FlakyBus, "raises", None)
    monkeypatch.setattr(FlakyBus, "calls", [])
    return FlakyBus


def emit_many(number: int) -> list[OutboxEvent]:
    with transaction.atomic():
        return [emit("OrderPaid", {"order_id": n, "number": str(n)}) for n in range(number)]


@pytest.mark.django_db(transaction=True)
def test_four_relays_at_once_publish_200_events_none_twice_none_lost(two_consumers: None) -> None:
    rows = emit_many(200)
    assert in_parallel(relay, 4) == []
    assert Counter(recorders.seen) == Counter((name, row.pk) for row in rows for name in ("first", "second"))
    # One attempt each: no relay took a row that another had.
    assert set(OutboxEvent.objects.values_list("state", "attempts")) == {(State.PUBLISHED, 1)}


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_publishing_and_marking_delivers_again_and_is_handled_once(
    two_consumers: None, settings: Settings
) -> None:
    (row,) = emit_many(1)
    settings.EVENT_BUS = f"{__name__}.DyingBus"
    with pytest.raises(KeyboardInterrupt):
        relay()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.PENDING, 1)
    settings.EVENT_BUS = f"{InProcessBus.__module__}.InProcessBus"
    assert relay() == 0, "claimed until its claim ends"
    OutboxEvent.objects.update(next_attempt_at=clock.now())
    assert relay() == 1
    assert sorted(name for name, _ in recorders.seen) == ["first", "second"]
    assert InboxEntry.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_events_go_to_the_bus_in_calls_of_at_most_ten(flaky: type[FlakyBus]) -> None:
    emit_many(23)
    assert relay() == 23
    assert flaky.calls == [10, 10, 3]


@pytest.mark.django_db(transaction=True)
def test_only_what_the_bus_took_is_marked_and_the_rest_waits(flaky: type[FlakyBus]) -> None:
    emit_many(3)
    flaky.refuses = {"1"}
    before = clock.now()
    assert relay() == 2
    left = OutboxEvent.objects.get(state=State.PENDING)
    assert (left.detail["number"], left.attempts, left.last_error) == ("1", 1, "throttled")
    assert timedelta(seconds=2) <= left.next_attempt_at - before < timedelta(seconds=30)
    assert relay() == 0


@pytest.mark.django_db(transaction=True)
def test_a_bus_out_of_reach_loses_nothing(flaky: type[FlakyBus]) -> None:
    emit_many(2)
    flaky.raises = ConnectionError("no route")
    assert relay() == 0
    assert set(OutboxEvent.objects.values_list("state", "last_error")) == {
        (State.PENDING, "ConnectionError('no route')")
    }
    flaky.raises = None
    OutboxEvent.objects.update(next_attempt_at=clock.now())
    assert relay() == 2


@pytest.mark.django_db(transaction=True)
def test_an_event_is_given_up_after_the_last_attempt_and_says_why(flaky: type[FlakyBus]) -> None:
    emit_many(1)
    flaky.refuses = {"0"}
    OutboxEvent.objects.update(attempts=MAX_ATTEMPTS - 1)
    relay()
    row = OutboxEvent.objects.get()
    assert (row.state, row.attempts, row.last_error) == (State.DEAD, MAX_ATTEMPTS, "throttled")


@pytest.mark.django_db(transaction=True)
def test_the_relay_refuses_to_run_inside_a_transaction() -> None:
    emit_many(1)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        relay()
