"""Batches from a queue, as a function of the cloud is given them: each message for itself, the batch as a whole."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shop.adapters.kick import kicking
from shop.core.storable import storable

log = logging.getLogger(__name__)

Record = Mapping[str, Any]


class Malformed(Exception):
    """A message that nobody of ours sent so; the queue moves it to its dead letters after a few deliveries."""


class BatchFailed(Exception):
    """Some messages of a batch could not be handled, each named with its reason. All others were."""


def handle_each(records: Sequence[Record], handle: Callable[[Record], None]) -> None:
    """Handle every message, whatever became of the others.

    Raises BatchFailed when any failed: the queue then brings the whole batch again, so handling one twice must do no
    harm. What was written meanwhile is worked on at once.
    """
    faults = []
    with kicking():
        for record in records:
            try:
                handle(record)
            except Exception as error:  # noqa: BLE001 - the others still have to be handled
                name = str(record.get("messageId", "?"))
                # The words may quote the message, and half a character in a log line is one that no reader takes.
                words = storable(f"{type(error).__name__}: {error}")
                log.warning("message %s was not handled: %s", name, words)
                faults.append(f"{name}: {words}")
    if faults:
        raise BatchFailed("; ".join(faults))


def body_of(record: Record) -> dict[str, Any]:
    """The JSON object in a record. Raises Malformed for anything else."""
    return object_in(record.get("body"))


def object_in(text: Any) -> dict[str, Any]:
    """The JSON object in a text. Raises Malformed for anything else."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise Malformed(f"it is no JSON: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise Malformed(f"it is a {type(found).__name__}, not an object")
    return found
