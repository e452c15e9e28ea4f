"""The shop's buses with all that lies behind them, for tests that hold of each."""

import json
from typing import Any, Protocol
from uuid import uuid4

from pytest_django import Settings

from shop.adapters.aws import client
from shop.adapters.bus_eventbridge import EventBridgeBus
from shop.adapters.bus_inprocess import InProcessBus
from shop.events.queue import receive
from shop.events.relay import relay

ACCOUNT = "123456789012"
# Those of the shop, and nothing else: the rule of the shop's bus.
PATTERN = {"source": [{"prefix": "aspireclothes."}]}


class World(Protocol):
    """A bus, and a way to have everything on it arrive."""

    def run(self) -> int:
        """Relay what the outbox holds and deliver it; how many events the bus took."""


class InProcess:
    """The bus calls the consumers itself."""

    def __init__(self, settings: Settings) -> None:
        settings.EVENT_BUS = f"{InProcessBus.__module__}.InProcessBus"

    def run(self) -> int:
        return relay()


class EventBridge:
    """A bus at moto's with the shop's rule, its queue, and the queue's dead letters."""

    def __init__(self, settings: Settings, *, visibility: int = 30) -> None:
        settings.EVENT_BUS = f"{EventBridgeBus.__module__}.EventBridgeBus"
        name = settings.EVENT_BUS_NAME = f"bus-{uuid4()}"
        sqs, events = client("sqs"), client("events")
        self.dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        redrive = json.dumps({"deadLetterTargetArn": arn_of(self.dead), "maxReceiveCount": 2})
        attributes = {"VisibilityTimeout": str(visibility), "RedrivePolicy": redrive}
        self.queue = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn = arn_of(self.queue)
        events.create_event_bus(Name=name)
        events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps(PATTERN))
        events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": self.arn}])

    def run(self) -> int:
        taken = relay()
        while records := self.fetch():
            receive(records)
            self.done(records)
        return taken

    def fetch(self) -> list[dict[str, Any]]:
        """A batch, in the form in which a function is given it."""
        told = client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [record_of(each["Body"], self.arn, each["ReceiptHandle"]) for each in told.get("Messages", [])]

    def done(self, records: list[dict[str, Any]]) -> None:
        for record in records:
            client("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=record["receiptHandle"])

    def dead_letters(self) -> int:
        told = client("sqs").get_queue_attributes(QueueUrl=self.dead, AttributeNames=["ApproximateNumberOfMessages"])
        return int(told["Attributes"]["ApproximateNumberOfMessages"])


def arn_of(queue: str) -> str:
    told = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return str(told["Attributes"]["QueueArn"])


def record_of(body: str, arn: str, receipt: str = "r") -> dict[str, Any]:
    """A record as Lambda hands it over."""
    return {
        "messageId": str(uuid4()),
        "receiptHandle": receipt,
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "us-east-1",
    }
