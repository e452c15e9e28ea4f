"""The bus of the cloud: Amazon EventBridge, whose rule lays each event into the queue that the shop reads.

EventBridge gives every entry an id of its own, a new one each time, and whole seconds for a time. Consumers know an
event by the shop's id, so that and the exact time travel inside the detail, under a key that no event has for a field.
"""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings

from shop.adapters.aws import client
from shop.adapters.bus import MAX_BYTES, MAX_MESSAGES, Deliver, EventBus, Message, size_of, too_big
from shop.adapters.network import refuse_inside_transaction

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

# What is ours of the envelope, in the detail.
OURS = "_event"


class EventBridgeBus(EventBus):
    """Puts events on settings.EVENT_BUS_NAME; the reader of the queue (shop/events/queue.py) hands them on."""

    def __init__(self, deliver: Deliver) -> None:
        """deliver is for buses that have no queue."""

    def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        """Each message that fits; of what EventBridge itself did not take, its code and words."""
        refuse_inside_transaction()
        refused: dict[str, str] = {}
        for call in _calls(messages, refused):
            refused |= _put(call)
        return refused


def _put(call: Sequence[Message]) -> dict[str, str]:
    """One call; what of it was not taken. A call that fails takes nothing away from those before it."""
    # Heavy, and only this adapter needs it.
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        answer = client("events").put_events(Entries=[entry_of(message) for message in call])
    except (BotoCoreError, ClientError) as error:
        return {message["id"]: repr(error) for message in call}
    # One answer an entry, in the order in which they were sent.
    answers = zip(call, answer["Entries"], strict=True)
    return {
        message["id"]: f"{told.get('ErrorCode')}: {told.get('ErrorMessage')}"
        for message, told in answers
        if not told.get("EventId")
    }


def entry_of(message: Message) -> "PutEventsRequestEntryTypeDef":
    """The message as EventBridge takes it. The trace that caused it goes along, where there is one."""
    ours = {"id": message["id"], "time": message["time"]}
    entry: PutEventsRequestEntryTypeDef = {
        "EventBusName": settings.EVENT_BUS_NAME,
        "Source": message["source"],
        "DetailType": message["detail-type"],
        "Time": datetime.fromisoformat(message["time"]),
        "Detail": json.dumps({**message["detail"], OURS: ours}),
    }
    if trace := os.environ.get("_X_AMZN_TRACE_ID"):
        entry["TraceHeader"] = trace
    return entry


def message_of(envelope: Mapping[str, Any]) -> Message:
    """The message that travelled in what EventBridge delivers. KeyError or TypeError for what we never sent."""
    detail = dict(envelope["detail"])
    ours = detail.pop(OURS)
    return cast(Message, {**envelope, "id": ours["id"], "time": ours["time"], "detail": detail})


def _calls(messages: Sequence[Message], refused: dict[str, str]) -> list[list[Message]]:
    """The messages in calls that are small enough; those that fit into none are noted in `refused`."""
    calls: list[list[Message]] = []
    room = 0
    for message in messages:
        if why := too_big(message):
            refused[message["id"]] = why
            continue
        size = size_of(message)
        if size > room or len(calls[-1]) == MAX_MESSAGES:
            calls.append([])
            room = MAX_BYTES
        calls[-1].append(message)
        room -= size
    return calls
