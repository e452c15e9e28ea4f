"""The far end of the cloud's bus: what its rule laid into the queue, handed to the shop's consumers."""

from collections.abc import Sequence

from shop.adapters.bus import Message
from shop.adapters.bus_eventbridge import message_of
from shop.adapters.queue import Malformed, Record, body_of, handle_each
from shop.events.dispatch import dispatch
from shop.events.envelope import Event
from shop.events.schemas import SCHEMAS, InvalidEvent, check


class UnknownEvent(Exception):
    """An event that this release does not know: perhaps a newer one sent it, and will read it from the dead letters."""


class ForeignEvent(Exception):
    """An event from another account than the queue's."""


def receive(records: Sequence[Record]) -> None:
    """Handle a batch from the queue; each consumer's inbox lets through only what it has not done.

    Raises BatchFailed when any message could not be handled, once all others were.
    """
    handle_each(records, lambda record: dispatch(read(record)))


def read(record: Record) -> Message:
    """The event in a queue's record. Raises Malformed, UnknownEvent or ForeignEvent, with words."""
    envelope = body_of(record)
    # arn:aws:sqs:<region>:<account>:<name>. EventBridge always says whose the event is; who plays it may not.
    account = envelope.get("account")
    if account is not None and [account] != str(record.get("eventSourceARN")).split(":")[4:5]:
        raise ForeignEvent(f"it comes from account {str(account)[:60]!r}")
    name, source = envelope.get("detail-type"), envelope.get("source")
    if not isinstance(name, str) or name not in SCHEMAS:
        raise UnknownEvent(f"{str(name)[:60]!r} of {str(source)[:60]!r} has no schema")
    if source != SCHEMAS[name].source:
        raise Malformed(f"{name} comes from {str(source)[:60]!r}")
    try:
        message = message_of(envelope)
        Event.from_message(message)
        check(name, message["detail"])
    except InvalidEvent as error:
        raise Malformed(str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Malformed(f"{name} is not in the shop's envelope: {error!r}") from error
    return message
