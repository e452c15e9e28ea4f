"""The bus takes every event of the shop to its queue, and nobody else's: the template's own pattern, on moto."""

import json
from typing import Any
from uuid import uuid4

import boto3
import pytest

from infra import load
from shop.events.schemas import SCHEMAS


def made_on_moto(cloud: str) -> tuple[Any, Any, str, str]:
    """The bus and its queue as the template has them; the clients, the bus's name, the queue's address."""
    stage = f"t{uuid4().hex[:8]}"
    stack = load.resources("messaging", stage)
    events: Any = boto3.client("events", "us-east-1", endpoint_url=cloud)
    sqs: Any = boto3.client("sqs", "us-east-1", endpoint_url=cloud)
    rule = stack["EventsRule"].properties
    url = sqs.create_queue(QueueName=stack["Events"].properties["QueueName"])["QueueUrl"]
    events.create_event_bus(Name=stack["Bus"].properties["Name"])
    events.put_rule(Name=rule["Name"], EventBusName=rule["EventBusName"], EventPattern=json.dumps(rule["EventPattern"]))
    targets = [{"Id": target["Id"], "Arn": target["Arn"]} for target in rule["Targets"]]
    events.put_targets(Rule=rule["Name"], EventBusName=rule["EventBusName"], Targets=targets)
    return events, sqs, rule["EventBusName"], url


def arrived(sqs: Any, url: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            body = json.loads(message["Body"])
            found.append((body["source"], body["detail-type"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return sorted(found)


def test_every_event_of_the_shop_arrives(cloud: str) -> None:
    events, sqs, bus, url = made_on_moto(cloud)
    sent = sorted((schema.source, name) for name, schema in SCHEMAS.items())
    for source, name in sent:
        answer = events.put_events(
            Entries=[{"EventBusName": bus, "Source": source, "DetailType": name, "Detail": "{}"}]
        )
        assert answer["FailedEntryCount"] == 0
    assert arrived(sqs, url) == sent


@pytest.mark.parametrize(
    "source",
    ["aspireclothes", "aspireclothesorders", "notaspireclothes.orders", "AspireClothes.orders", "aws.s3", "stripe.com"],
)
def test_what_others_say_does_not_arrive(cloud: str, source: str) -> None:
    events, sqs, bus, url = made_on_moto(cloud)
    events.put_events(Entries=[{"EventBusName": bus, "Source": source, "DetailType": "OrderPaid", "Detail": "{}"}])
    assert arrived(sqs, url) == []


def test_no_other_rule_stands_on_the_bus() -> None:
    rules = [
        f"{stack}.{name}"
        for stack in load.STACKS
        for name, made in load.resources(stack, "dev").items()
        if made.type == "AWS::Events::Rule"
    ]
    assert rules == ["messaging.EventsRule"]
