"""What holds of every way to the staff; and what a topic takes."""

import json
from uuid import uuid4

import pytest
from botocore.stub import Stubber
from django.db import transaction
from pytest_django import Settings

from shop.adapters.aws import client
from shop.adapters.mail import Mail
from shop.adapters.notices import MailNotices
from shop.adapters.notices_sns import TopicNotices, subject_of
from shop.alerts.services import raise_alert
from shop.events import registry
from shop.events.relay import relay
from shop.events.services import emit
from shop.mail.models import OutgoingMail
from shop.mail.services import send_due_mail
from shop.tests.builders import make_order, make_variant

pytestmark = pytest.mark.django_db(transaction=True)


class Topic:
    """A topic at moto's, with a queue that gets what is published."""

    def __init__(self, settings: Settings) -> None:
        name = f"staff-{uuid4()}"
        self.queue = client("sqs").create_queue(QueueName=name)["QueueUrl"]
        told = client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        self.arn = client("sns").create_topic(Name=name)["TopicArn"]
        client("sns").subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=told["Attributes"]["QueueArn"])
        settings.STAFF_NOTICES = f"{TopicNotices.__module__}.TopicNotices"
        settings.STAFF_TOPIC_ARN = self.arn

    def read(self) -> list[tuple[str, str]]:
        """Subject and text of each notice."""
        told = client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        found = [json.loads(each["Body"]) for each in told.get("Messages", [])]
        return [(each["Subject"], each["Message"]) for each in found]


class Mails:
    """A mail to each of two people."""

    def __init__(self, settings: Settings) -> None:
        settings.STAFF_NOTICES = f"{MailNotices.__module__}.MailNotices"
        settings.STAFF_EMAILS = ["ann@example.org", "nonsense", "ben@example.org"]

    def read(self) -> list[tuple[str, str]]:
        sent = OutgoingMail.objects.filter(state="sent", to="ann@example.org").order_by("pk")
        return [(mail.subject, mail.text) for mail in sent]


@pytest.fixture(params=["mail", "topic"])
def staff(request: pytest.FixtureRequest, settings: Settings) -> Mails | Topic:
    if request.param == "mail":
        return Mails(settings)
    request.getfixturevalue("cloud")
    return Topic(settings)


def test_staff_hear_of_an_alert_once_and_only_once_it_is_committed(staff: Mails | Topic) -> None:
    with transaction.atomic():
        raise_alert(key="a", title="A refund failed", advice="Ask the bank.")
        raise_alert(key="a", title="A refund failed", advice="Ask the bank.")
        assert staff.read() == []
    send_due_mail()
    ((subject, text),) = staff.read()
    assert subject == "Needs you: A refund failed"
    assert "Ask the bank." in text


def test_staff_hear_nothing_of_what_was_rolled_back(staff: Mails | Topic) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        raise_alert(key="a", title="A refund failed", advice="Ask the bank.")
        raise RuntimeError
    send_due_mail()
    assert staff.read() == []


def test_staff_hear_of_a_sale_and_of_low_stock(staff: Mails | Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    order = make_order(make_variant())
    handlers = {
        "OrderPaid": ("shop.orders.handlers.tell_staff_sold",),
        "StockLow": ("shop.warehouse.handlers.mail_stock_low",),
    }
    for name, consumers in handlers.items():
        monkeypatch.setitem(registry.HANDLERS, name, consumers)
    with transaction.atomic():
        emit("OrderPaid", {"order_id": order.pk, "number": order.number})
        emit("StockLow", {"variant_id": 1, "sku": "TEE-1", "location": "main", "available": 2})
    relay()
    send_due_mail()
    subjects = [subject for subject, _ in staff.read()]
    assert len(subjects) == 2
    assert subjects[0].startswith(f"Sold: order {order.number} for ")
    assert subjects[1] == "2 left: TEE-1"


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("Zoë – 12 € or £5", "Zoe - 12 EUR or GBP 5"),
        ("a\nb\tc", "a b c"),
        ("🧵", "Notice from the shop"),
        ("x" * 200, "x" * 99),
    ],
)
def test_a_subject_is_what_sns_takes(subject: str, plain: str) -> None:
    assert subject_of(Mail("k", "t", subject, "", "")) == plain


@pytest.mark.parametrize("code", ["ThrottledException", "ExpiredToken", "NotFoundException"])
def test_a_notice_that_the_topic_does_not_take_comes_again(code: str, cloud: str, settings: Settings) -> None:
    Topic(settings)
    raise_alert(key="a", title="A", advice="Look")
    with Stubber(client("sns")) as stub:
        stub.add_client_error("publish", code)
        assert send_due_mail() == 0
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts) == ("pending", 1)
    assert code in row.last_error


def test_a_topic_is_never_asked_inside_a_transaction(cloud: str, settings: Settings) -> None:
    Topic(settings)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        TopicNotices().send(Mail("k", "t", "s", "x", ""))
