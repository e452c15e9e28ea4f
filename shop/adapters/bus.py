"""The port to the event bus: takes messages, and says which it did not take."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypedDict

# The names of the keys are those of the cloud's bus, so that a rule written for one form matches everywhere.
Message = TypedDict(
    "Message",
    {"id": str, "detail-type": str, "source": str, "time": str, "detail": dict[str, Any]},
)

Deliver = Callable[[Message], None]

# What one call may carry.
MAX_MESSAGES = 10


class EventBus(Protocol):
    """A bus is made with the function that hands a message to the shop's own consumers.

    One that delivers through a queue ignores that function: there the queue's reader calls it.
    """

    def __init__(self, deliver: Deliver) -> None: ...

    def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        """Hand over at most MAX_MESSAGES; returns the reason by id of each that was not taken.

        May raise when none was taken. Never called inside a transaction.
        """
