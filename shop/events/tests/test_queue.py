"""The reader of the bus's queue: what it does with each kind of message."""

import json
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from shop.adapters.aws import client
from shop.adapters.queue import BatchFailed, Malformed
from shop.adapters.tests.test_kick import CountedKick
from shop.core import clock
from shop.events import registry
from shop.events.envelope import Event
from shop.events.models import InboxEntry
from shop.events.queue import ForeignEvent, UnknownEvent, read, receive
from shop.events.tests import recorders
from shop.events.tests.buses import ACCOUNT, EventBridge, record_of
from shop.events.tests.test_bus_contract import emit_many
from shop.mail.services import queue_mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("two_consumers")]

ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:aspireclothes-dev-events"
ID = str(uuid4())


def envelope(**changes: Any) -> dict[str, Any]:
    """As EventBridge delivers it: an id and a time of its own."""
    whole = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "OrderPaid",
        "source": "aspireclothes.orders",
        "account": ACCOUNT,
        "time": "2026-11-23T07:44:59Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "order_id": 7,
            "number": "A7KM-29QX",
            "_event": {"id": ID, "time": "2026-11-23T07:44:58.123456+00:00"},
        },
    }
    return whole | changes


def record(**changes: Any) -> dict[str, Any]:
    return record_of(json.dumps(envelope(**changes)), ARN)


def test_the_consumers_know_an_event_by_the_shops_own_id_and_time() -> None:
    event = Event.from_message(read(record()))
    assert (str(event.id), event.occurred_at.isoformat()) == (ID, "2026-11-23T07:44:58.123456+00:00")
    assert event.detail == {"order_id": 7, "number": "A7KM-29QX"}


def test_one_event_under_many_ids_of_the_buss_is_handled_once() -> None:
    receive([record(), record()])
    receive([record()])
    assert [name for name, _ in recorders.seen] == ["first", "second"]
    assert InboxEntry.objects.count() == 2


DETAIL = envelope()["detail"]
STRANGE = {
    "no body": ({"messageId": "m", "eventSourceARN": ARN}, Malformed, "no JSON"),
    "no JSON": (record_of("{", ARN), Malformed, "no JSON"),
    "nothing": (record_of("", ARN), Malformed, "no JSON"),
    "a list": (record_of("[1]", ARN), Malformed, "a list, not an object"),
    "very deep": (record_of("[" * 100_000, ARN), Malformed, "no JSON: RecursionError"),
    "no detail": (record(detail=None), Malformed, "not in the shop's envelope"),
    "a detail that is text": (record(detail="x"), Malformed, "not in the shop's envelope"),
    "without our part": (record(detail={"order_id": 7, "number": "A"}), Malformed, "not in the shop's envelope"),
    "an id that is none": (record(detail=DETAIL | {"_event": {"id": "7", "time": "x"}}), Malformed, "envelope"),
    "no time": (record(detail=DETAIL | {"_event": {"id": ID, "time": None}}), Malformed, "envelope"),
    "another schema": (record(detail=DETAIL | {"order_id": "7"}), Malformed, "order_id is str, not int"),
    "another source": (record(source="aspireclothes.mail"), Malformed, "comes from 'aspireclothes.mail'"),
    "an unknown name": (record(**{"detail-type": "OrderEaten"}), UnknownEvent, "'OrderEaten' of 'aspire"),
    "a name that is none": (record(**{"detail-type": ["OrderPaid"]}), UnknownEvent, "has no schema"),
    "another account": (record(account="999999999999"), ForeignEvent, "account '999999999999'"),
}


@pytest.mark.parametrize("case", STRANGE)
def test_what_cannot_be_handled_says_what_it_is(case: str) -> None:
    message, kind, words = STRANGE[case]
    with pytest.raises(kind, match=words):
        read(message)


@pytest.mark.parametrize("case", STRANGE)
def test_a_strange_message_keeps_no_other_of_its_batch_back(case: str) -> None:
    message, kind, _ = STRANGE[case]
    with pytest.raises(BatchFailed, match=f"{message['messageId']}: {kind.__name__}: "):
        receive([message, record()])
    assert [name for name, _ in recorders.seen] == ["first", "second"]


def test_a_failing_consumer_brings_the_batch_again_and_alone_gets_it() -> None:
    recorders.failing.add("first")
    with pytest.raises(BatchFailed, match="first is broken"):
        receive([record()])
    recorders.failing.clear()
    receive([record()])
    assert [name for name, _ in recorders.seen] == ["second", "first"]


def test_an_empty_batch_is_no_fault() -> None:
    receive([])
    assert recorders.seen == []


def test_a_poisoned_message_ends_among_the_dead_letters_and_the_others_are_handled(
    cloud: str, settings: Settings
) -> None:
    world = EventBridge(settings, visibility=0)
    client("sqs").send_message(QueueUrl=world.queue, MessageBody="poison")
    for _ in range(2):
        with pytest.raises(BatchFailed, match="Malformed"):
            receive(world.fetch())
    emit_many(3)
    assert world.run() == 3
    assert (len(recorders.seen), world.dead_letters()) == (6, 1)


def test_what_consumers_wrote_is_worked_on_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.KICK = f"{CountedKick.__module__}.CountedKick"
    CountedKick.sent = 0
    monkeypatch.setitem(registry.HANDLERS, "OrderPaid", (f"{__name__}.write_mail",))
    other = record(detail=DETAIL | {"_event": {"id": str(uuid4()), "time": clock.now().isoformat()}})
    receive([record(), other])
    assert CountedKick.sent == 1
    receive([record()])
    assert CountedKick.sent == 1, "nothing was written"


def write_mail(event: Event) -> None:
    key = f"account-closed:{event.id}"
    queue_mail(key=key, to="sam@example.org", template="account-closed", context={})


def test_a_refusal_that_quotes_half_a_character_can_be_logged(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(BatchFailed) as failed:
        receive([record(detail=DETAIL | {"\ud800\0": 1})])
    for words in (str(failed.value), caplog.text):
        assert words.strip().endswith("Malformed: OrderPaid: ? is not a field")
