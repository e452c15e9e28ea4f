"""The port to the event bus: takes messages, and says which it did not take."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypedDict

# The names of the keys are those of the cloud's bus, so that a rule written for one form matches everywhere.
Message = TypedDict(
    "Message",
    {"id": str, "detail-type": str, "source": str, "time": str, "detail": dict[str, Any]},
)

Deliver = Callable[[Message], None]

# What one call may carry, and how big that may be: EventBridge's limits, held everywhere, so that a big event fails on
# a laptop first.
MAX_MESSAGES = 10
MAX_BYTES = 256 * 1024


def size_of(message: Message) -> int:
    """Bytes of the whole message: a little more than EventBridge counts of it."""
    return len(json.dumps(message).encode())


def too_big(message: Message) -> str:
    """Why no bus takes the message; empty when it is small enough."""
    size = size_of(message)
    return f"{size} bytes are more than {MAX_BYTES}, the most that a bus takes" if size > MAX_BYTES else ""


class EventBus(Protocol):
    """A bus is made with the function that hands a message to the shop's own consumers.

    One that delivers through a queue ignores that function: there the queue's reader calls it.
    """

    def __init__(self, deliver: Deliver) -> None: ...

    def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        """Hand over at most MAX_MESSAGES; returns the reason by id of each that was not taken.

        May raise when none was taken. Never called inside a transaction.
        """
