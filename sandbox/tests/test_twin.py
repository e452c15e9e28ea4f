"""A purchase on the pretended AWS over HTTP, and all that may go wrong between the bus and the shop's consumers."""

import json
import math
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from sandbox.cloud.batches import batch
from sandbox.models import Weather
from sandbox.tests.twin_builders import ONCE, buy, depth, effects, forget, forget_tables, waiting
from sandbox.twin import alarms, consumer, looking, making, peek
from sandbox.twin.clients import client as aws
from sandbox.twin.models import Invocation
from shop.core import clock
from shop.events.models import InboxEntry, OutboxEvent
from shop.orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)
MAILS = 1


def confirmations(buyer: Any) -> int:
    """How many mails of the order went out through SES."""
    order = Order.objects.get(email=buyer.email)
    return sum(mail["to"] == buyer.email and order.number in mail["subject"] for mail in peek.look()["mails"])


def test_a_purchase_has_each_of_its_effects_once(twin: str) -> None:
    buyer = buy(twin)
    assert depth("kick") > 0
    consumer.drain()
    assert (effects(), confirmations(buyer)) == (ONCE, MAILS)
    assert [depth(queue) for queue in ("events", "kick", "events-dead", "kick-dead")] == [0, 0, 0, 0]
    assert buyer.go(f"{twin}/me/").json()["bag"] == 0
    assert set(Invocation.objects.values_list("failure", flat=True)) == {""}


def test_deliveries_that_come_twice_change_nothing(twin: str) -> None:
    buyer = buy(twin)
    consumer.drain()
    events = looking.peek()["events"]
    assert len(events) >= 2
    for event in events:
        assert looking.repeat(event["id"]) and looking.repeat(event["id"])
    assert consumer.drain() >= 2 * len(events)
    assert (effects(), confirmations(buyer)) == (ONCE, MAILS)


def test_while_nobody_reads_the_queues_all_waits_and_then_happens_once(twin: str) -> None:
    Weather.today()
    Weather.objects.update(queues_stopped=True)
    buyer = buy(twin)
    assert consumer.tick("relay")
    function = consumer.Consumer(lambda words: None)
    function.due = dict.fromkeys(consumer.schedules(), math.inf)
    function.round()
    assert (InboxEntry.objects.count(), depth("events") > 0, "OrderPaid" in waiting()) == (0, True, True)
    Weather.objects.update(queues_stopped=False)
    function.round()
    assert (effects(), confirmations(buyer)) == (ONCE, MAILS)


def test_a_poisoned_message_ends_among_the_dead_letters_and_rings_while_all_others_are_handled(
    twin: str, settings: Any
) -> None:
    looking.poison()
    buyer = buy(twin)
    consumer.drain()
    assert (effects(), confirmations(buyer)) == (ONCE, MAILS)
    assert depth("events") == 0 and depth("events-dead") >= 1
    ringing = f"{consumer.sources()[0]}-dead"
    assert [name for name in alarms.judge() if settings.STAGE in name] == [ringing]
    notices = looking.peek()["notices"][f"{ringing.removesuffix('-events-dead')}-staff"]
    assert notices[0]["subject"] == f"ALARM: {ringing}"
    # What is replayed is refused again, and harms nobody.
    assert looking.replay(ringing) >= 1
    consumer.drain()
    assert (effects(), depth("events-dead") >= 1) == (ONCE, True)


def test_words_that_no_table_keeps_are_noted_without_them_and_the_reading_goes_on(twin: str) -> None:
    ours = {"id": "d0bd0a7c-3f1f-4f3c-8a0d-6f0a3e5c9a11", "time": "2026-11-23T07:44:58+00:00"}
    detail = {"order_id": 7, "number": "A", "\ud800\0": 1, "_event": ours}
    strange = {"detail-type": "OrderPaid", "source": "aspireclothes.orders", "detail": detail}
    queue = consumer.url_of(consumer.sources()[0])
    aws("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(strange))
    consumer.drain()
    assert depth("events") == 0 and depth("events-dead") == 1
    failures = set(Invocation.objects.values_list("failure", flat=True))
    assert [words.rpartition(": ")[2] for words in failures] == ["? is not a field"]


def test_a_round_that_breaks_is_reported_and_the_next_goes_on(twin: str) -> None:
    said: list[str] = []
    breaking = iter([OperationalError("the database is starting up")])

    def work() -> None:
        for error in breaking:
            raise error

    function = consumer.Consumer(said.append, extra=(work,))
    function.due = dict.fromkeys(consumer.schedules(), math.inf)
    function.round()
    looking.poison()
    function.round()
    assert said[0] == "the function's round broke off: OperationalError('the database is starting up')"
    assert said[1].startswith("made ") and Invocation.objects.exists()


def test_what_is_lost_with_the_queues_comes_again_from_the_outbox(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    buyer = buy(twin)
    assert consumer.tick("relay")
    forget()
    making.make_all(visibility=0)
    consumer.drain()
    assert InboxEntry.objects.count() == 0
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    for job in ("republish unacknowledged", "relay"):
        assert consumer.tick(job)
    consumer.drain()
    assert consumer.tick("mail")
    assert (effects(), confirmations(buyer)) == (ONCE, MAILS)


def test_all_is_made_again_also_while_the_queues_are_not_read_and_when_it_is_lost_in_the_midst_of_making(
    twin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Weather.today()
    Weather.objects.update(queues_stopped=True)
    function = consumer.Consumer(lambda words: None)
    function.due = dict.fromkeys(consumer.schedules(), math.inf)
    function.round()
    forget()
    make_queue, lost = making.MAKERS[making.QUEUE], iter([forget_tables])

    def lost_meanwhile(properties: Any) -> None:
        for lose in lost:
            lose()
        make_queue(properties)

    monkeypatch.setitem(making.MAKERS, making.QUEUE, lost_meanwhile)
    for _ in range(4):
        function.round()
    making.check_there()
    assert depth("events") == 0


def test_what_is_published_while_nobody_plays_aws_stays_in_the_outbox(twin: str) -> None:
    buyer = buy(twin)
    forget()
    consumer.tick("relay")
    assert set(OutboxEvent.objects.values_list("state", flat=True)) == {OutboxEvent.State.PENDING}
    making.make_all(visibility=0)
    OutboxEvent.objects.update(next_attempt_at=clock.now())
    assert consumer.tick("relay")
    consumer.drain()
    assert (effects(), confirmations(buyer)) == (ONCE, MAILS)


def test_making_all_again_leaves_what_is_there(twin: str, settings: Any) -> None:
    buy(twin)
    before = (depth("kick"), looking.table(settings.CARTS_TABLE)["count"])
    making.make_all()
    assert (depth("kick"), looking.table(settings.CARTS_TABLE)["count"]) == before
    assert before[0] >= 1
    assert before[1] == 1


def test_the_page_shows_what_lies_there_and_its_buttons_work(twin: str, client: Client) -> None:
    buyer = buy(twin)
    client.post("/sandbox/twin/trouble/poison/")
    consumer.drain()
    html = client.get("/sandbox/twin/").content.decode()
    dead = f"{consumer.sources()[0]}-dead"
    for words in (dead, "OrderPaid", Order.objects.get(email=buyer.email).number, "-carts", "-media-", "Replay"):
        assert words in html
    assert client.post("/sandbox/twin/consumer/stop/").status_code == 303
    assert Weather.today().queues_stopped
    assert "The queues are not read" in client.get("/sandbox/twin/").content.decode()
    client.post("/sandbox/twin/consumer/start/")
    assert client.post(f"/sandbox/twin/queues/{dead}/").status_code == 303
    assert (depth("events-dead"), depth("events") >= 1) == (0, True)
    event = looking.peek()["events"][0]["id"]
    assert client.post(f"/sandbox/twin/events/{event}/").status_code == 303


@pytest.mark.parametrize(
    "path", ["consumer/burn/", "queues/aspireclothes-none/", "events/no-such-event/", "trouble/storm/"]
)
def test_what_there_is_not_is_404_and_buttons_take_no_link(twin: str, client: Client, path: str) -> None:
    assert client.post(f"/sandbox/twin/{path}").status_code == 404
    assert client.get(f"/sandbox/twin/{path}").status_code == 405


def test_a_shop_without_a_twin_has_no_page_and_one_whose_cloud_is_away_says_so(client: Client, settings: Any) -> None:
    assert client.get("/sandbox/twin/").status_code == 404
    settings.TWIN_PEEK = "http://127.0.0.1:1"
    answer = client.get("/sandbox/twin/")
    assert (answer.status_code, "does not answer" in answer.content.decode()) == (503, True)


def test_a_batch_looks_as_lambda_has_it(twin: str) -> None:
    looking.poison()
    queue = consumer.sources()[0]
    (message,) = aws("sqs").receive_message(QueueUrl=consumer.url_of(queue), AttributeNames=["All"])["Messages"]
    (made,) = batch([message], consumer.arn_of(queue))["Records"]
    assert (made["eventSource"], made["eventSourceARN"]) == ("aws:sqs", f"arn:aws:sqs:us-east-1:123456789012:{queue}")
    assert (made["body"], made["attributes"]["ApproximateReceiveCount"]) == ('{"detail-type": "Poison"}', "1")
    assert set(made) == {
        *("messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody"),
        *("eventSource", "eventSourceARN", "awsRegion"),
    }
