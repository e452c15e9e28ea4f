"""News of mails that were sent: what bounced, what was called spam, what arrived."""

import json
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from shop.adapters.mail import digest_of
from shop.adapters.queue import BatchFailed
from shop.alerts.models import Alert
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.events.relay import relay
from shop.mail.feedback import receive
from shop.mail.models import MailRefusal, OutgoingMail
from shop.mail.services import queue_mail, send_due_mail
from shop.orders.models import Order
from shop.tests.builders import make_order, make_user

pytestmark = pytest.mark.django_db(transaction=True)

SAM = "sam@example.org"
WORDS = f"smtp; 550 5.1.1 <{SAM}>: user unknown"
PARTS: dict[str, dict[str, Any]] = {
    "Bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "Sam@Example.org", "status": "5.1.1", "diagnosticCode": WORDS}],
        "timestamp": "2026-11-23T08:00:00.000Z",
        "feedbackId": "0100-bounce",
    },
    "Complaint": {
        "complainedRecipients": [{"emailAddress": SAM}],
        "timestamp": "2026-11-23T09:00:00.000Z",
        "feedbackId": "0100-complaint",
        "complaintFeedbackType": "abuse",
    },
    "Delivery": {"timestamp": "2026-11-23T07:59:00.000Z", "smtpResponse": "250 ok", "recipients": [SAM]},
    "DeliveryDelay": {"timestamp": "2026-11-23T07:58:00.000Z", "delayType": "MailboxFull"},
    "Send": {},
}


def news(kind: str, key: str = "order-confirmation:1", **changes: Any) -> dict[str, Any]:
    """A record of the queue: an event of SES in a topic's envelope."""
    mail = {"messageId": "0100-ses", "destination": [SAM], "tags": {"mail": [digest_of(key)]}}
    told = {"eventType": kind, "mail": mail, kind[0].lower() + kind[1:]: PARTS[kind] | changes}
    return record({"Type": "Notification", "TopicArn": "arn:aws:sns:x", "Message": json.dumps(told)})


def record(body: Any) -> dict[str, Any]:
    return {"messageId": str(uuid4()), "body": json.dumps(body), "eventSourceARN": "arn:aws:sqs:us-east-1:1:q"}


@pytest.fixture
def order() -> Order:
    """One whose confirmation was sent."""
    order = make_order(email=SAM)
    write(order)
    send_due_mail()
    return order


def write(order: Order | None = None, key: str = "order-confirmation:1", *, marketing: bool = False) -> None:
    context = {"order": order} if order else {}
    queue_mail(key=key, to="Sam@example.org", template="account-closed", context=context, marketing=marketing)


def mail_of(key: str = "order-confirmation:1") -> OutgoingMail:
    return OutgoingMail.objects.get(key=key)


def test_a_hard_bounce_is_noted_and_staff_are_told_on_the_order(order: Order) -> None:
    receive([news("Bounce")])
    refusal, mail = MailRefusal.objects.get(), mail_of()
    assert (refusal.email, refusal.kind) == (SAM, "bounce")
    assert (mail.outcome, mail.outcome_words) == (
        "bounced",
        "Permanent, General: smtp; 550 5.1.1 <(e-mail)>: user unknown",
    )
    assert mail.outcome_at is not None and mail.outcome_at.isoformat() == "2026-11-23T08:00:00+00:00"
    relay()
    alert = Alert.objects.get()
    assert (alert.key, alert.order_id) == (f"mail-bounced:{order.number}", order.pk)
    assert SAM not in alert.advice + alert.title + json.dumps(OutboxEvent.objects.get().detail)


def test_nothing_more_is_sent_to_an_address_that_bounced_and_staff_are_told(order: Order) -> None:
    receive([news("Bounce")])
    relay()
    Alert.objects.all().close()
    write(order, "shipped:1")
    assert send_due_mail() == 0
    mail = mail_of("shipped:1")
    assert mail.state == "withheld"
    assert mail.last_error.startswith("Bounced on 23 November 2026. Permanent, General")
    relay()
    assert Alert.objects.open().get().key == f"mail-bounced:{order.number}"


def test_whoever_complained_gets_only_what_they_need(order: Order) -> None:
    receive([news("Complaint")])
    assert MailRefusal.objects.get().kind == "complaint"
    assert mail_of().outcome == "complained"
    write(order, "shipped:1")
    write(None, "news:1", marketing=True)
    assert send_due_mail() == 1
    assert (mail_of("shipped:1").state, mail_of("news:1").state) == ("sent", "withheld")
    relay()
    assert not Alert.objects.exists()


def test_a_soft_bounce_is_noted_and_nothing_else(order: Order) -> None:
    receive([news("Bounce", bounceType="Transient", bounceSubType="MailboxFull")])
    assert mail_of().outcome == "soft"
    assert not MailRefusal.objects.exists()
    write(order, "shipped:1")
    assert send_due_mail() == 1


def test_no_spam_after_all_refuses_nobody(order: Order) -> None:
    receive([news("Complaint", complaintFeedbackType="not-spam")])
    assert (mail_of().outcome, MailRefusal.objects.count()) == ("", 0)


@pytest.mark.parametrize("told", list(permutations(["Send", "DeliveryDelay", "Delivery", "Complaint"])))
def test_in_whatever_order_news_come_the_weightiest_stands(told: tuple[str, ...], order: Order) -> None:
    for kind in told:
        receive([news(kind), news(kind)])
    assert mail_of().outcome == "complained"
    assert MailRefusal.objects.count() == 1


def test_a_bounce_told_twice_is_one_refusal_and_one_alert_also_after_it_was_lifted(order: Order) -> None:
    receive([news("Bounce"), news("Bounce")])
    assert MailRefusal.objects.all().lift(make_user()) == 1
    receive([news("Bounce")])
    assert MailRefusal.objects.standing(SAM).count() == 0
    assert OutboxEvent.objects.count() == 1


def test_a_lifted_address_gets_mails_again(order: Order) -> None:
    receive([news("Bounce")])
    alice = make_user()
    MailRefusal.objects.all().lift(alice)
    refusal = MailRefusal.objects.get()
    assert (refusal.lifted_by, refusal.lifted_at is None) == (alice, False)
    write(order, "shipped:1")
    assert send_due_mail() == 1


def test_a_bounce_of_a_mail_that_is_gone_still_refuses_its_address() -> None:
    receive([news("Bounce")])
    assert MailRefusal.objects.standing(SAM).count() == 1
    assert not OutboxEvent.objects.exists()


def test_a_bounced_notice_to_the_staff_makes_no_further_notice(settings: Settings) -> None:
    settings.STAFF_EMAILS = [SAM]
    order = make_order()
    alert = Alert.objects.create(key="a", title="A", advice="Look", order=order, raised_at=clock.now())
    OutgoingMail.objects.create(
        key="alert:1:0", digest=digest_of("alert:1:0"), about=order.number, to=SAM, channel="staff", state="sent"
    )
    receive([news("Bounce", "alert:1:0")])
    relay()
    assert list(Alert.objects.all()) == [alert]


STRANGE = {
    "no JSON": {"messageId": "m", "body": "{"},
    "a list": record([1]),
    "a message that is none": record({"Type": "Notification", "Message": "hello"}),
    "no kind": record({"Message": json.dumps({"mail": {}})}),
    "no mail": record({"Message": json.dumps({"eventType": "Bounce"})}),
    "a bounce of nobody": news("Bounce", bouncedRecipients=[]),
    "a bounce without a number": news("Bounce", feedbackId=None),
    "tags that are none": record({"eventType": "Bounce", "mail": {"tags": []}, "bounce": PARTS["Bounce"]}),
    "recipients that are none": news("Complaint", complainedRecipients="sam"),
}


@pytest.mark.parametrize("case", STRANGE)
def test_news_that_cannot_be_read_keep_no_others_back(case: str, order: Order) -> None:
    with pytest.raises(BatchFailed, match="Malformed"):
        receive([STRANGE[case], news("Delivery")])
    assert (mail_of().outcome, MailRefusal.objects.count()) == ("delivered", 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"bouncedRecipients": [{"emailAddress": "nobody"}, {"emailAddress": ""}, {"emailAddress": "a\0@b.example"}]},
        {"bouncedRecipients": [{"emailAddress": "nobody"}], "timestamp": "9999-12-31T23:59:59-23:59"},
        {"bouncedRecipients": [{"emailAddress": "nobody"}], "timestamp": "2026-02-31T08:00:00Z"},
    ],
)
def test_a_bounce_of_no_address_at_no_time_is_noted_on_the_mail_and_refuses_nothing(
    changes: dict[str, Any], order: Order
) -> None:
    receive([news("Bounce", **changes)])
    assert (mail_of().outcome, MailRefusal.objects.count()) == ("bounced", 0)


def test_what_a_mailbox_said_is_noted_without_what_no_table_keeps(order: Order) -> None:
    receive([news("Bounce", bouncedRecipients=[{"emailAddress": SAM, "diagnosticCode": "550 \0no\ud800body"}])])
    assert (mail_of().outcome, mail_of().outcome_words) == ("bounced", "Permanent, General: 550 no?body")
    assert MailRefusal.objects.get().email == SAM


def test_the_older_form_without_a_topics_envelope_is_read_too(order: Order) -> None:
    mail = {"messageId": "0100-ses", "tags": {"mail": [digest_of("order-confirmation:1")]}}
    receive([record({"notificationType": "Delivery", "mail": mail, "delivery": PARTS["Delivery"]})])
    assert mail_of().outcome == "delivered"
