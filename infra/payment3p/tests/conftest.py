"""The worker with a table and a secret of its own on moto."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import boto3
import pytest
from pytest_django import Settings

from infra.payment3p.worker import handler as worker
from sandbox.models import Weather
from shop.checkout.paying import start_payment
from shop.checkout.tests.paying_builders import attempt_of, place, states
from shop.checkout.tests.test_with_sandbox import press_pay
from shop.orders.models import Order

SECRET = "whsec_of_the_worker"


@dataclass
class Asked:
    """What a shop was sent."""

    method: str
    body: bytes
    signature: str


class Shop(ThreadingHTTPServer):
    """A shop that answers as it is told and remembers what it was asked. answers: the next ones; 200 after them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers: list[int] = []
        self.asked: list[Asked] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    server: Shop

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(Asked(self.command, body, self.headers.get("Stripe-Signature", "")))
        answer = self.server.answers.pop(0) if self.command == "POST" and self.server.answers else 200
        self.send_response(answer)
        self.send_header("Location", self.server.address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop in this process that takes every event unless told otherwise."""
    with Shop() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def table(cloud: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of the worker's table. The worker's environment is complete but for the shop's address."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud)
    name = f"payment3p-{uuid4().hex}"
    aws("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "event", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "event", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    secret = json.dumps({"SECRET_KEY": "of the shop", "STRIPE_WEBHOOK_SECRET": SECRET})
    aws("secretsmanager").create_secret(Name=name, SecretString=secret)
    monkeypatch.setenv("TABLE", name)
    monkeypatch.setenv("SECRET", name)
    worker.webhook_secret.cache_clear()
    yield name
    worker.webhook_secret.cache_clear()


@lru_cache
def aws(service: str) -> Any:
    session: Any = boto3.session.Session()
    return session.client(service)


@pytest.fixture
def order(shop_site: str, table: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Order:
    """It was paid for at the provider, all of whose own messages to the shop got lost."""
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    monkeypatch.setenv("WEBHOOK_URL", settings.SANDBOX_WEBHOOK_URL)
    Weather.objects.create(pk=1, lose_next=100)
    placed = place()
    page = start_payment(attempt_of(placed).pk)
    press_pay(page[page.index("/sandbox") :])
    assert states(placed) == ("open", "pending")
    return placed


def row(table: str, event_id: str = "evt_1") -> dict[str, Any]:
    """An event's row, without DynamoDB's types; empty when there is none."""
    item = aws("dynamodb").get_item(TableName=table, Key={"event": {"S": event_id}}).get("Item", {})
    return {name: next(iter(value.values())) for name, value in item.items()}


def envelope(event: dict[str, Any]) -> dict[str, Any]:
    """As the bus hands over what Stripe put on it."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": event["type"],
        "source": "aws.partner/stripe.com/ed_test_61",
        "account": "123456789012",
        "time": "2026-11-20T10:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1::event-source/aws.partner/stripe.com/ed_test_61"],
        "detail": event,
    }


def batch(*bodies: str) -> dict[str, Any]:
    """As Lambda is handed messages of a queue: m0, m1, ..."""
    return {"Records": [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]}


def message(event_id: str = "evt_1", type: str = "checkout.session.completed") -> str:
    """The body of a message about an event of the provider's."""
    event = {"id": event_id, "object": "event", "type": type, "data": {"object": {"id": "cs_1", "name": "Zoë"}}}
    return json.dumps(envelope(event))


def failed(*bodies: str) -> list[str]:
    """Hand the messages to the worker; those that have to come again."""
    return [entry["itemIdentifier"] for entry in worker.handler(batch(*bodies), None)["batchItemFailures"]]
