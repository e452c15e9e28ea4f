"""Messages of the shop's own queues: each queue, known by its ARN, has one receiver."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from storefront.aws import schedules
from storefront.aws.refusals import Refused

Record = dict[str, Any]

# Setting that names the queue -> who takes its messages: a function of all records; it raises if one has to come again.
RECEIVERS = {
    "EVENTS_QUEUE_ARN": "shop.events.queue.receive",
    "MAIL_FEEDBACK_QUEUE_ARN": "shop.mail.feedback.receive",
    "KICK_QUEUE_ARN": "storefront.aws.queues.kick",
}
# What somebody waits for who just wrote it: the minute's schedule would do it too, only later.
KICKED = ("relay", "purge edge", "mail")


def receive(event: dict[str, Any]) -> None:
    """Hand the whole batch to the queue's receiver. Raises Refused, and what the receiver raises."""
    records = event["Records"]
    if not isinstance(records, list) or not records or not all(isinstance(record, dict) for record in records):
        raise Refused("Records is no list of messages")
    if not all(record.get("eventSource") == "aws:sqs" for record in records):
        raise Refused("only messages of queues are taken")
    sources = {str(record.get("eventSourceARN")) for record in records}
    if len(sources) > 1:
        raise Refused(f"one batch from several queues: {', '.join(sorted(sources))}")
    source = sources.pop()
    receive_all = receiver_of(source)
    try:
        receive_all(records)
    finally:
        if source == settings.EVENTS_QUEUE_ARN:
            # What its consumers wrote down to fall at the edge falls now, whichever of them failed.
            schedules.job_named("purge edge").run()


def receiver_of(queue: str) -> Any:
    """Who takes the messages of the queue with that ARN. Raises Refused where it is none of ours."""
    for setting, receiver in RECEIVERS.items():
        if queue and queue == getattr(settings, setting):
            return import_string(receiver)
    raise Refused(f"messages of a queue that the shop does not know: {queue}")


def kick(records: list[Record]) -> None:
    """Somebody wrote events or mails: send them on now. A failing relay does not hold up the mails."""
    failures = []
    for name in KICKED:
        try:
            schedules.job_named(name).run()
        except Exception as error:  # noqa: BLE001 - all of them are raised below
            failures.append(error)
    if failures:
        raise ExceptionGroup("a kicked job failed", failures)
