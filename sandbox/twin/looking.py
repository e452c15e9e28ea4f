"""All that the twin's page shows, gathered from the pretended AWS."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from sandbox.models import Weather
from sandbox.twin import consumer, edge
from sandbox.twin.clients import client
from sandbox.twin.models import Invocation

MOST_ITEMS = 10
MOST_OBJECTS = 1_000
SECONDS = 5
DEAD = "-dead"


@dataclass(frozen=True)
class Queue:
    """A queue. messages: id, body in short, how often received, whether one could receive it now."""

    name: str
    messages: list[dict[str, Any]]

    @property
    def is_dead_letters(self) -> bool:
        return self.name.endswith(DEAD)

    @property
    def visible(self) -> int:
        return sum(message["visible"] for message in self.messages)


@dataclass(frozen=True)
class Twin:
    """Everything there is."""

    stopped: bool
    queues: list[Queue]
    events: list[dict[str, Any]]
    topics: dict[str, list[dict[str, str]]]
    mails: list[dict[str, str]]
    rules: list[dict[str, Any]]
    alarms: list[dict[str, str]]
    tables: list[dict[str, Any]]
    buckets: list[dict[str, Any]]
    invalidations: list[dict[str, Any]]
    calls: list[Invocation]

    @property
    def letters(self) -> int:
        """Dead ones, in all queues."""
        return sum(len(queue.messages) for queue in self.queues if queue.is_dead_letters)


def look() -> Twin:
    """What there is now. Raises OSError or an error of botocore's where nobody plays AWS."""
    seen = peek()
    return Twin(
        stopped=Weather.today().queues_stopped,
        queues=[Queue(name, messages) for name, messages in seen["queues"].items()],
        events=[
            {**event, "name": event["detail-type"], "words": json.dumps(event["detail"])} for event in seen["events"]
        ],
        topics=seen["notices"],
        mails=seen["mails"],
        rules=client("events").list_rules(EventBusName=settings.EVENT_BUS_NAME)["Rules"],
        alarms=client("cloudwatch").describe_alarms()["MetricAlarms"],
        tables=[table(name) for name in client("dynamodb").list_tables()["TableNames"]],
        buckets=[bucket(found["Name"]) for found in client("s3").list_buckets()["Buckets"]],
        invalidations=edge.invalidations(),
        calls=list(Invocation.objects.order_by("-pk")[:20]),
    )


def peek() -> dict[str, Any]:
    """What the process that plays AWS tells of itself."""
    with urllib.request.urlopen(settings.TWIN_PEEK, timeout=SECONDS) as answer:  # noqa: S310 - this machine's, from settings
        found: dict[str, Any] = json.load(answer)
    return found


def table(name: str) -> dict[str, Any]:
    """Some items of a table, each as its values without their types."""
    found = client("dynamodb").scan(TableName=name, Limit=MOST_ITEMS)
    counted = client("dynamodb").scan(TableName=name, Select="COUNT")["Count"]
    items = [{key: next(iter(value.values())) for key, value in item.items()} for item in found["Items"]]
    return {"name": name, "count": counted, "shown": [json.dumps(item, sort_keys=True) for item in items]}


def bucket(name: str) -> dict[str, Any]:
    found = client("s3").list_objects_v2(Bucket=name, MaxKeys=MOST_OBJECTS).get("Contents", [])
    return {"name": name, "count": len(found), "bytes": sum(each["Size"] for each in found)}


def replay(dead: str) -> int:
    """Send the dead letters back to the queue that they came from, as SQS's redrive does; how many.

    Each is sent before it is deleted: one may come twice, which the shop's inbox absorbs.
    """
    sqs, total = client("sqs"), 0
    here, there = consumer.url_of(dead), consumer.url_of(dead.removesuffix(DEAD))
    while found := sqs.receive_message(QueueUrl=here, MaxNumberOfMessages=10).get("Messages", []):
        for message in found:
            sqs.send_message(QueueUrl=there, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=here, ReceiptHandle=message["ReceiptHandle"])
        total += len(found)
    return total


def poison() -> None:
    """Lay something into the events queue that the shop never sent."""
    sqs = client("sqs")
    sqs.send_message(QueueUrl=consumer.url_of(consumer.sources()[0]), MessageBody='{"detail-type": "Poison"}')


def repeat(event_id: str) -> bool:
    """Deliver an event of the bus once more, as SQS may do at any time; whether there is one of that id."""
    for event in peek()["events"]:
        if event["id"] == event_id:
            body = json.dumps({**event, "time": str(event["time"])})
            client("sqs").send_message(QueueUrl=consumer.url_of(consumer.sources()[0]), MessageBody=body)
            return True
    return False


def forget_everything() -> None:
    """Have moto forget all it has, as it does when it is started anew."""
    request = urllib.request.Request(f"{settings.AWS_ENDPOINT}/moto-api/reset", method="POST")  # noqa: S310 - as above
    urllib.request.urlopen(request, timeout=SECONDS).close()  # noqa: S310
