"""Makes on the pretended AWS what the stacks of infra/ make on AWS, as far as the shop talks to it.

From the templates' own properties, but by each service's API: moto's CloudFormation leaves out what it does not know
and says that it made it. May run again at any time: what is there stays.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError
from django.conf import settings

from infra import load
from sandbox.twin.clients import client
from sandbox.twin.edge import make_distribution

STACKS = ("data", "messaging", "mail")
# Whoever tries things out does not want to wait for three minutes until a message that failed comes again.
VISIBILITY_SECONDS = 5
THERE = ("AlreadyExists", "ResourceInUse", "AlreadyOwned", "QueueAlreadyExists", "QueueNameExists")

Properties = Mapping[str, Any]


def make_all(visibility: int = VISIBILITY_SECONDS) -> int:
    """Make whatever is missing; how many things there are now. visibility: of every queue, in seconds."""
    made = 0
    for kind, make in MAKERS.items():
        for properties in of_kind(kind):
            make({**properties, "VisibilityTimeout": visibility} if kind == QUEUE else properties)
            made += 1
    sender(settings.SHOP_EMAIL)
    make_distribution()
    return made


def check_there() -> None:
    """Raises ClientError where the pretended AWS has forgotten what is made first: then also in the midst of making."""
    (first, *_) = MAKERS
    client("dynamodb").describe_table(TableName=next(of_kind(first))["TableName"])


def of_kind(kind: str) -> Iterator[Properties]:
    """The resources of that type in the stacks; queues that others name as their dead letters first."""
    found = [made.properties for made in resources() if made.type == kind]
    yield from sorted(found, key=lambda properties: "RedrivePolicy" in properties)


@lru_cache(maxsize=1)
def resources() -> list[load.Resource]:
    return [made for stack in STACKS for made in load.resources(stack, settings.STAGE).values()]


def unless_there(call: Callable[..., Any], **params: Any) -> Any:
    """The call; nothing where what it makes is there already."""
    try:
        return call(**params)
    except ClientError as error:
        if not any(word in error.response["Error"]["Code"] for word in THERE):
            raise
        return None


def table(properties: Properties) -> None:
    dynamodb, name = client("dynamodb"), properties["TableName"]
    wanted = ("KeySchema", "AttributeDefinitions", "BillingMode")
    if unless_there(dynamodb.create_table, TableName=name, **{key: properties[key] for key in wanted}):
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"])


def bus(properties: Properties) -> None:
    unless_there(client("events").create_event_bus, Name=properties["Name"])


def queue(properties: Properties) -> None:
    attributes = {"VisibilityTimeout": str(properties["VisibilityTimeout"])}
    if "RedrivePolicy" in properties:
        attributes["RedrivePolicy"] = json.dumps(properties["RedrivePolicy"])
    unless_there(client("sqs").create_queue, QueueName=properties["QueueName"], Attributes=attributes)


def rule(properties: Properties) -> None:
    events, where = client("events"), {"EventBusName": properties["EventBusName"]}
    events.put_rule(Name=properties["Name"], EventPattern=json.dumps(properties["EventPattern"]), **where)
    targets = [{"Id": target["Id"], "Arn": target["Arn"]} for target in properties["Targets"]]
    events.put_targets(Rule=properties["Name"], Targets=targets, **where)


def archive(properties: Properties) -> None:
    unless_there(
        client("events").create_archive,
        ArchiveName=properties["ArchiveName"],
        EventSourceArn=properties["SourceArn"],
        RetentionDays=properties["RetentionDays"],
    )


def topic(properties: Properties) -> None:
    client("sns").create_topic(Name=properties["TopicName"])


def subscription(properties: Properties) -> None:
    wanted = {key: properties[key] for key in ("TopicArn", "Protocol", "Endpoint")}
    raw = str(properties.get("RawMessageDelivery", False)).lower()
    client("sns").subscribe(**wanted, Attributes={"RawMessageDelivery": raw})


def alarm(properties: Properties) -> None:
    cloudwatch, left_out = client("cloudwatch"), ("Tags", "AlarmDescription")
    # An alarm that is put again forgets its state.
    if cloudwatch.describe_alarms(AlarmNames=[properties["AlarmName"]])["MetricAlarms"]:
        return
    cloudwatch.put_metric_alarm(**{key: value for key, value in properties.items() if key not in left_out})


def bucket(properties: Properties) -> None:
    unless_there(client("s3").create_bucket, Bucket=properties["BucketName"])


def configuration_set(properties: Properties) -> None:
    unless_there(client("sesv2").create_configuration_set, ConfigurationSetName=properties["Name"])


def sender(address: str) -> None:
    unless_there(client("sesv2").create_email_identity, EmailIdentity=address.partition("@")[2])


QUEUE = "AWS::SQS::Queue"
# In the order in which they need each other.
MAKERS: dict[str, Callable[[Properties], None]] = {
    "AWS::DynamoDB::Table": table,
    QUEUE: queue,
    "AWS::Events::EventBus": bus,
    "AWS::Events::Rule": rule,
    "AWS::Events::Archive": archive,
    "AWS::SNS::Topic": topic,
    "AWS::SNS::Subscription": subscription,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::S3::Bucket": bucket,
    "AWS::SES::ConfigurationSet": configuration_set,
}
