"""The worker alone: told once it is due, kept once, and never lost, whatever breaks."""

import json
import logging
import time

import pytest
import stripe

from infra.payment3p.tests.conftest import SECRET, Shop, aws, failed, message, row
from infra.payment3p.worker import handler as worker

MONTH = 30 * 24 * 3600


@pytest.fixture(autouse=True)
def place(table: str, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_URL", f"{shop.address}/webhooks/stripe/")


def test_the_shop_is_told_as_the_provider_would_do_it(shop: Shop, table: str) -> None:
    assert failed(message()) == []
    (asked,) = shop.asked
    assert (asked.method, json.loads(asked.body)) == ("POST", json.loads(message())["detail"])
    assert stripe.WebhookSignature.verify_header(asked.body.decode(), asked.signature, SECRET, tolerance=60)


def test_the_row_says_what_came_when_and_that_it_was_taken(shop: Shop, table: str) -> None:
    before = int(time.time())
    assert failed(message()) == []
    kept = row(table)
    received = int(kept["received_at"])
    assert before <= received <= int(kept["delivered_at"]) <= int(time.time())
    assert kept == {
        "event": "evt_1",
        "type": "checkout.session.completed",
        "state": "delivered",
        "received_at": str(received),
        "delivered_at": kept["delivered_at"],
        "expires": str(received + MONTH),
    }


def test_an_event_that_comes_again_is_not_told_again(shop: Shop, table: str) -> None:
    assert failed(message(), message()) == []
    first = row(table)
    assert failed(message()) == []
    assert (len(shop.asked), row(table)) == (1, first)


@pytest.mark.parametrize("answer", [400, 403, 404, 500, 502, 503])
def test_what_the_shop_does_not_take_comes_again(shop: Shop, table: str, answer: int) -> None:
    shop.answers = [answer]
    assert failed(message()) == ["m0"]
    assert row(table)["state"] == "received"
    assert failed(message()) == []
    assert (row(table)["state"], len(shop.asked)) == ("delivered", 2)


@pytest.mark.parametrize("answer", [301, 302, 303, 307, 308])
def test_a_redirect_is_no_yes_and_is_not_followed(shop: Shop, table: str, answer: int) -> None:
    shop.answers = [answer]
    assert failed(message()) == ["m0"]
    assert ([asked.method for asked in shop.asked], row(table)["state"]) == (["POST"], "received")


def test_without_an_answer_it_comes_again(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_URL", "http://127.0.0.1:1/webhooks/stripe/")
    assert failed(message()) == ["m0"]
    assert row(table)["state"] == "received"


@pytest.mark.parametrize(
    "poison",
    [
        "",
        "not json",
        "[]",
        "null",
        "7",
        "{}",
        '{"detail": null}',
        '{"detail": []}',
        '{"detail": "evt_1"}',
        '{"detail": {"id": "evt_1"}}',
        '{"detail": {"id": "", "type": "x"}}',
        '{"detail": {"id": 7, "type": "x"}}',
        '{"detail": {"id": ["evt_1"], "type": "x"}}',
        '{"detail": {"id": "evt_1", "type": null}}',
    ],
)
def test_a_message_without_an_event_fails_alone(shop: Shop, table: str, poison: str) -> None:
    assert failed(message("evt_0"), poison, message("evt_2")) == ["m1"]
    assert [json.loads(asked.body)["id"] for asked in shop.asked] == ["evt_0", "evt_2"]
    assert row(table) == {}


def test_one_that_the_shop_refuses_fails_alone(shop: Shop, table: str) -> None:
    shop.answers = [200, 500, 200]
    assert failed(message("evt_1"), message("evt_2"), message("evt_3")) == ["m1"]
    assert [row(table, f"evt_{number}")["state"] for number in (1, 2, 3)] == ["delivered", "received", "delivered"]


class PowerCut(BaseException):
    """What ends a function so that none of it runs on: its time is up, its machine is gone."""


def cut(*_: object) -> None:
    raise PowerCut


@pytest.mark.parametrize(("after", "told_before"), [("post", 0), ("mark_delivered", 1)])
def test_a_function_that_ends_in_the_middle_loses_nothing(
    shop: Shop, table: str, monkeypatch: pytest.MonkeyPatch, after: str, told_before: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(worker, after, cut)
        with pytest.raises(PowerCut):
            failed(message())
    assert (len(shop.asked), row(table)["state"]) == (told_before, "received")
    assert failed(message()) == []
    assert (len(shop.asked), row(table)["state"]) == (told_before + 1, "delivered")


def test_a_new_secret_is_read_once_the_shop_refused_the_old_one(shop: Shop, table: str) -> None:
    assert failed(message("evt_0")) == []
    aws("secretsmanager").update_secret(SecretId=table, SecretString='{"STRIPE_WEBHOOK_SECRET": "whsec_new"}')
    shop.answers = [400]
    assert failed(message()) == ["m0"]
    assert failed(message()) == []
    body, signature = shop.asked[-1].body.decode(), shop.asked[-1].signature
    assert stripe.WebhookSignature.verify_header(body, signature, "whsec_new", tolerance=60)


@pytest.mark.parametrize("secret", ["{}", "not json", "[]"])
def test_without_the_secret_nobody_is_told_and_nothing_is_lost(shop: Shop, table: str, secret: str) -> None:
    aws("secretsmanager").update_secret(SecretId=table, SecretString=secret)
    assert failed(message()) == ["m0"]
    assert (shop.asked, row(table)["state"]) == ([], "received")


def test_without_the_table_nobody_is_told(shop: Shop, table: str) -> None:
    aws("dynamodb").delete_table(TableName=table)
    assert failed(message()) == ["m0"]
    assert shop.asked == []


def test_the_log_names_events_and_tells_nothing_of_them(
    shop: Shop, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "payment3p")
    shop.answers = [500]
    failed(message("evt_1"), message("evt_2"), "not json")
    ours = [record.getMessage() for record in caplog.records if record.name == "payment3p"]
    assert ours == [
        "message m0 was not handed over",
        "event evt_2 (checkout.session.completed) was taken",
        "message m2 was not handed over",
    ]
    assert "the shop answered 500" in caplog.text
    assert not [word for word in (SECRET, "cs_1", "Zo") if word in caplog.text]
