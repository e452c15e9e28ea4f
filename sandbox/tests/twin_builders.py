"""A twin of a test's own: a stage that nobody else has on the pretended AWS, and a buyer with a browser."""

from collections import Counter

from django.conf import settings

from sandbox.twin import consumer
from sandbox.twin.clients import client
from sandbox.twin.making import of_kind
from shop.catalog.models import ProductVariant
from shop.events.models import InboxEntry, OutboxEvent
from shop.events.registry import HANDLERS
from shop.invoices.models import Document
from shop.orders.models import Order
from shop.tests.builders import make_product, make_rate, make_variant
from torture.shopper import Shopper

# What comes of one paid order of one shirt, whatever happens on the way.
ONCE = {"not acknowledged": [], "twice": [], "paid reactions": len(HANDLERS["OrderPaid"]), "invoices": 1}


def shirt() -> ProductVariant:
    make_rate("standard", 395, None)
    return make_variant(make_product("Quarry Linen Shirt"), stock=10, price=7800)


def buy(site: str, name: str = "sam") -> Shopper:
    """From the product to the page of the paid order, over HTTP."""
    buyer = Shopper(site, name)
    assert buyer.place(shirt().pk), buyer.page.url
    buyer.card()
    assert Order.objects.get(email=buyer.email).state == Order.State.PAID
    assert buyer.faults == []
    return buyer


def effects() -> dict[str, object]:
    """What came of all events: what is left to do, what was done twice, reactions to the payment, and invoices."""
    done = Counter(InboxEntry.objects.values_list("consumer", "event_id"))
    paid = OutboxEvent.objects.get(name="OrderPaid")
    return {
        "not acknowledged": waiting(),
        "twice": [what for what, times in done.items() if times > 1],
        "paid reactions": InboxEntry.objects.filter(event_id=paid.pk).count(),
        "invoices": Document.objects.count(),
    }


def waiting() -> list[str]:
    """Events with consumers that have not handled them all."""
    named = OutboxEvent.objects.filter(name__in=[name for name, consumers in HANDLERS.items() if consumers])
    return list(named.filter(acknowledged_at=None).values_list("name", flat=True))


def depth(queue: str) -> int:
    """How many messages it has, visible or not. queue: the end of its name."""
    url = consumer.url_of(f"aspireclothes-{settings.STAGE}-{queue}")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def forget() -> None:
    """What a restart of moto does to this stage: all of it is gone."""
    client("cloudwatch").delete_alarms(AlarmNames=[each["AlarmName"] for each in of_kind("AWS::CloudWatch::Alarm")])
    for properties in of_kind("AWS::SQS::Queue"):
        client("sqs").delete_queue(QueueUrl=consumer.url_of(properties["QueueName"]))
    forget_tables()
    for properties in of_kind("AWS::Events::Archive"):
        client("events").delete_archive(ArchiveName=properties["ArchiveName"])
    for properties in of_kind("AWS::Events::Rule"):
        where = {"EventBusName": properties["EventBusName"], "Rule": properties["Name"]}
        client("events").remove_targets(Ids=[target["Id"] for target in properties["Targets"]], **where)
        client("events").delete_rule(EventBusName=properties["EventBusName"], Name=properties["Name"])
    for properties in of_kind("AWS::Events::EventBus"):
        client("events").delete_event_bus(Name=properties["Name"])


def forget_tables() -> None:
    for properties in of_kind("AWS::DynamoDB::Table"):
        client("dynamodb").delete_table(TableName=properties["TableName"])
