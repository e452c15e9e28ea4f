"""What EventBridge refuses, and what it is given."""

import json
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import ANY, Stubber
from django.db import transaction
from pytest_django import Settings

from shop.adapters.aws import client
from shop.adapters.bus import MAX_BYTES, Message
from shop.adapters.bus_eventbridge import EventBridgeBus, entry_of, message_of
from shop.core import clock
from shop.core.attempts import MAX_ATTEMPTS
from shop.events.models import OutboxEvent
from shop.events.relay import relay
from shop.events.schemas import SCHEMAS
from shop.events.services import emit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def events(cloud: str, settings: Settings) -> Stubber:
    settings.EVENT_BUS = f"{EventBridgeBus.__module__}.EventBridgeBus"
    settings.EVENT_BUS_NAME = "aspireclothes-dev"
    return Stubber(client("events"))


def message(number: str = "1") -> Message:
    return {
        "id": str(uuid4()),
        "detail-type": "OrderPaid",
        "source": "aspireclothes.orders",
        "time": clock.now().isoformat(),
        "detail": {"order_id": 1, "number": number},
    }


def bus() -> EventBridgeBus:
    return EventBridgeBus(lambda given: None)


def took(*answers: str) -> dict[str, Any]:
    """An answer entry by entry: taken, or the code of a refusal."""
    entries = [{"ErrorCode": code, "ErrorMessage": "told"} if code else {"EventId": "e"} for code in answers]
    return {"FailedEntryCount": sum(map(bool, answers)), "Entries": entries}


def test_entries_that_were_not_taken_are_told_by_our_id(events: Stubber) -> None:
    sent = [message(str(n)) for n in range(4)]
    events.add_response("put_events", took("", "ThrottlingException", "", "InternalFailure"), {"Entries": ANY})
    with events:
        refused = bus().publish(sent)
    assert refused == {sent[1]["id"]: "ThrottlingException: told", sent[3]["id"]: "InternalFailure: told"}


def test_a_call_that_fails_after_another_takes_nothing_away_from_it(events: Stubber) -> None:
    half = "x" * (MAX_BYTES // 2)
    sent = [message(half), message(half), message("3")]
    events.add_response("put_events", took(""), {"Entries": ANY})
    events.add_client_error("put_events", "ThrottlingException")
    with events:
        refused = bus().publish(sent)
    assert set(refused) == {sent[1]["id"], sent[2]["id"]}
    assert all("ThrottlingException" in why for why in refused.values())


def test_what_is_put_on_the_bus(events: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-a;Sampled=1")
    one = message()
    entry = entry_of(one)
    assert entry["EventBusName"] == "aspireclothes-dev"
    assert (entry["Source"], entry["DetailType"]) == ("aspireclothes.orders", "OrderPaid")
    assert entry["Time"].isoformat() == one["time"]  # type: ignore[union-attr]
    assert entry["TraceHeader"] == "Root=1-a;Sampled=1"
    assert json.loads(entry["Detail"]) == {
        "order_id": 1,
        "number": "1",
        "_event": {"id": one["id"], "time": one["time"]},
    }
    envelope = {"detail-type": "OrderPaid", "source": "aspireclothes.orders", "id": "EventBridge's", "time": "2026"}
    assert message_of(envelope | {"detail": json.loads(entry["Detail"])}) == one


def test_no_event_has_a_field_where_the_envelope_is() -> None:
    assert not [name for name, schema in SCHEMAS.items() if "_event" in {**schema.fields, **schema.optional}]


@pytest.mark.parametrize("code", ["ThrottlingException", "ExpiredTokenException", "ResourceNotFoundException"])
def test_a_call_that_is_refused_leaves_every_event_waiting_with_the_reason(code: str, events: Stubber) -> None:
    with transaction.atomic():
        emit("CustomerSignedUp", {"user_id": 1})
    events.add_client_error("put_events", code)
    with events:
        assert relay() == 0
    row = OutboxEvent.objects.get()
    assert (row.state, row.attempts) == ("pending", 1)
    assert code in row.last_error


def test_no_answer_in_time_leaves_every_event_waiting(events: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(**kwargs: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="https://events.example")

    monkeypatch.setattr(client("events"), "put_events", silent)
    with transaction.atomic():
        emit("CustomerSignedUp", {"user_id": 1})
    assert relay() == 0
    assert "ConnectTimeoutError" in OutboxEvent.objects.get().last_error


def test_a_refused_event_is_given_up_in_the_end_and_the_others_are_published(events: Stubber) -> None:
    with transaction.atomic():
        rows = [emit("CustomerSignedUp", {"user_id": n}) for n in range(3)]
    OutboxEvent.objects.update(attempts=MAX_ATTEMPTS - 1)
    events.add_response("put_events", took("", "InternalFailure", ""), {"Entries": ANY})
    with events:
        assert relay() == 2
    assert list(OutboxEvent.objects.filter(state="dead").values_list("pk", flat=True)) == [rows[1].pk]


def test_a_bus_is_never_asked_inside_a_transaction(events: Stubber) -> None:
    with events, pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        bus().publish([message()])
