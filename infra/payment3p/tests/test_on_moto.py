"""The synthesized template, deployed to moto: an event on the bus comes out at the shop, by the template's own code.

`make payment3p`, with which `make test` begins, makes the template; without it these tests are skipped by name.
"""

import json
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from cfnlint.api import ManualArgs, lint_file
from pytest_django import Settings

from infra.payment3p import testing
from infra.payment3p.tests.conftest import SECRET, Shop, aws, envelope
from sandbox.models import Event
from sandbox.stripe.shapes import event_json
from shop.checkout import after_payment
from shop.checkout.announced import SESSION_EVENTS
from shop.checkout.tests.paying_builders import states
from shop.checkout.tests.test_with_sandbox import told
from shop.orders.models import Order

STAGES = ["dev", "staging", "production"]
PARTNER, REHEARSAL = "aws.partner/stripe.com/ed_test_61", "rehearsal.payment3p"
# All that the shop works on.
TYPES = sorted(SESSION_EVENTS | {name for name in after_payment.READERS if name.islower()})

# moto knows none of the former two; with the last one it would ask Docker to run the function.
LEFT_OUT = {"AWS::SQS::QueuePolicy", "AWS::CloudWatch::Alarm", "AWS::Lambda::EventSourceMapping"}


def template_of(stage: str) -> Path:
    made = testing.templates()
    if not made:
        pytest.skip("there is no template of infra/payment3p: `make payment3p` makes it")
    return made[stage]


class Deployed:
    """A stage's stack under a name of its own, so that it stands beside others, with its shop at an address."""

    def __init__(self, stage: str, site: str) -> None:
        self.name = f"aspireclothes-{uuid4().hex[:8]}"
        self.path = self.name.replace("-", "/")
        text = template_of(stage).read_text().replace(f"aspireclothes-{stage}", self.name)
        text = text.replace(f"aspireclothes/{stage}", self.path).replace(f"aspireclothes-payment3p/{stage}", self.name)
        template = playable(json.loads(text))
        functions = [entry for entry in template["Resources"].values() if entry["Type"] == "AWS::Lambda::Function"]
        self.code = functions[0]["Properties"]["Code"]["ZipFile"]
        aws("events").create_event_bus(Name=self.name)
        aws("secretsmanager").create_secret(Name=self.path, SecretString=json.dumps({"STRIPE_WEBHOOK_SECRET": SECRET}))
        topic = aws("sns").create_topic(Name=self.name)["TopicArn"]
        for name, value in (("SITE_URL", site), ("STAFF_TOPIC_ARN", topic)):
            aws("ssm").put_parameter(Name=f"/{self.path}/{name}", Value=value, Type="String")
        aws("cloudformation").create_stack(StackName=self.name, TemplateBody=json.dumps(template))
        # What is told to people leads to what was made.
        self.queue, self.dead, self.function = (self.told(name) for name in ("QUEUE_URL", "DEAD_QUEUE_URL", "FUNCTION"))

    def told(self, name: str) -> str:
        return str(aws("ssm").get_parameter(Name=f"/{self.name}/{name}")["Parameter"]["Value"])

    def publish(self, source: str, *events: dict[str, Any]) -> None:
        entries = [
            {"EventBusName": self.name, "Source": source, "DetailType": event["type"], "Detail": json.dumps(event)}
            for event in events
        ]
        assert aws("events").put_events(Entries=entries)["FailedEntryCount"] == 0

    def waiting(self, queue: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        )
        return found

    def run(self, monkeypatch: pytest.MonkeyPatch) -> int:
        """The function's own code over what waits, as Lambda does it; how many messages it was given."""
        configuration = aws("lambda").get_function_configuration(FunctionName=self.function)
        for name, value in configuration["Environment"]["Variables"].items():
            monkeypatch.setenv(name, value)
        module = ModuleType("index")
        exec(self.code, vars(module))
        messages = {found["MessageId"]: found for found in self.waiting(self.queue)}
        records = [{"messageId": name, "body": found["Body"]} for name, found in messages.items()]
        answer = getattr(module, configuration["Handler"].removeprefix("index."))({"Records": records}, None)
        for name in messages.keys() - {failed["itemIdentifier"] for failed in answer["batchItemFailures"]}:
            aws("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=messages[name]["ReceiptHandle"])
        return len(records)


def playable(template: dict[str, Any]) -> dict[str, Any]:
    """The template as far as moto can play it."""
    resources = template["Resources"]
    for name, entry in list(resources.items()):
        if entry["Type"] in LEFT_OUT:
            del resources[name]
        elif entry["Type"] == "AWS::SSM::Parameter":
            # AWS wants a map, moto a list.
            del entry["Properties"]["Tags"]
    return template


@pytest.fixture
def stack(shop: Shop, table: str) -> Deployed:
    return Deployed("dev", shop.address)


def event(number: int = 1, type: str = "checkout.session.completed") -> dict[str, Any]:
    return {"id": f"evt_{number}", "object": "event", "type": type, "data": {"object": {"id": "cs_1"}}}


@pytest.mark.parametrize("stage", STAGES)
def test_cloudformation_would_take_it(stage: str) -> None:
    # W3005: the CDK says twice that the function needs its role.
    settings = ManualArgs(regions=["us-east-1", "eu-west-2"], ignore_checks=["W3005"])
    assert lint_file(template_of(stage), config=settings) == []


def test_every_event_that_the_shop_works_on_comes_through(stack: Deployed) -> None:
    assert len(TYPES) > 10
    for number, type in enumerate(TYPES):
        stack.publish(PARTNER, event(number, type))
    came: list[dict[str, Any]] = []
    while found := stack.waiting(stack.queue):
        came += [json.loads(message["Body"]) for message in found]
    assert sorted(entry["detail-type"] for entry in came) == TYPES
    assert set(came[0]) <= set(envelope(event()))


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_else_on_the_bus_does(shop: Shop, table: str, stage: str) -> None:
    stack = Deployed(stage, shop.address)
    strangers = ["aspireclothes.shop", "aws.partner/shopify.com/1", "aws.partner/stripe.com.example/1", REHEARSAL + "s"]
    for source in [*strangers, PARTNER, REHEARSAL]:
        stack.publish(source, event())
    came = {json.loads(message["Body"])["source"] for message in stack.waiting(stack.queue)}
    # Nobody rehearses with the real shop.
    assert came == ({PARTNER} if stage == "production" else {PARTNER, REHEARSAL})


def test_an_event_on_the_bus_is_told_to_the_shop_once(
    stack: Deployed, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.publish(PARTNER, event(1), event(2), event(1))
    assert stack.run(monkeypatch) == 3
    assert [json.loads(asked.body) for asked in shop.asked] == [event(1), event(2)]
    assert (stack.waiting(stack.queue), stack.waiting(stack.dead)) == ([], [])


def test_poison_ends_among_the_dead_and_the_others_arrive(
    stack: Deployed, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At once instead of after six minutes.
    aws("sqs").set_queue_attributes(QueueUrl=stack.queue, Attributes={"VisibilityTimeout": "0"})
    stack.publish(PARTNER, event(1), {"type": "checkout.session.completed"})
    assert [stack.run(monkeypatch) for _ in range(6)] == [2, 1, 1, 1, 1, 0]
    (dead,) = stack.waiting(stack.dead)
    assert json.loads(dead["Body"])["detail"] == {"type": "checkout.session.completed"}
    assert [json.loads(asked.body)["id"] for asked in shop.asked] == ["evt_1"]


@pytest.mark.django_db(transaction=True)
def test_a_purchase_is_paid_by_the_bus_alone(
    order: Order, shop_site: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Deployed("production", shop_site)
    announced = [event_json(entry) for entry in Event.objects.all()]
    stack.publish(PARTNER, *announced, *announced)
    while stack.run(monkeypatch):
        pass
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])
    assert stack.waiting(stack.dead) == []
