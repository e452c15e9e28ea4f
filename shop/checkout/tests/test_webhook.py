"""The provider's messages: only its own are believed, and none is lost or worked on twice."""

import json
import threading
import time
from typing import Any

import pytest
import stripe
from django.test import Client
from pytest_django import Settings

from shop.adapters.payments import ProviderUnavailable, SessionState
from shop.alerts.models import Alert
from shop.checkout.paying import start_payment
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, place, states
from shop.events.models import OutboxEvent
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, ProviderEvent
from shop.tests.parallel import in_parallel
from shop.warehouse import services as warehouse

pytestmark = pytest.mark.django_db
SECRET = "whsec_test"
PAID = {"status": "complete", "payment_status": "paid", "intent_status": "succeeded"}


@pytest.fixture(autouse=True)
def secret(settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = SECRET


def started() -> tuple[Order, PaymentAttempt]:
    order = place()
    start_payment(attempt_of(order).pk)
    return order, attempt_of(order)


def message(attempt: PaymentAttempt, type: str = "checkout.session.completed", event_id: str = "evt_1") -> str:
    session = {"id": attempt.session_id, "object": "checkout.session", "metadata": {"attempt": str(attempt.pk)}}
    return json.dumps({"id": event_id, "object": "event", "type": type, "data": {"object": session}})


def post(body: str | bytes, signature: str | None = None) -> Any:
    text = body if isinstance(body, str) else body.decode(errors="replace")
    if signature is None:
        signature = stripe.WebhookSignature.generate_signature_header(text, SECRET)
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    headers = {"Stripe-Signature": signature} if signature else {}
    return client.post("/webhooks/stripe/", body, content_type="application/json", headers=headers)


def paid_events() -> int:
    return OutboxEvent.objects.filter(name="OrderPaid").count()


def test_a_signed_message_pays_the_order(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, **PAID)
    assert post(message(attempt)).status_code == 200
    assert (states(order), paid_events()) == (("paid", "paid"), 1)
    row = ProviderEvent.objects.get()
    assert (row.attempt, row.deliveries, row.processed_at is None) == (attempt, 1, False)


def test_a_message_alone_proves_nothing(fake: FakeProvider) -> None:
    order, attempt = started()
    assert post(message(attempt)).status_code == 200
    assert (states(order), paid_events()) == (("open", "pending"), 0)


def test_a_repeat_is_taken_and_does_nothing(fake: FakeProvider) -> None:
    _, attempt = started()
    fake.says(attempt, **PAID)
    body = message(attempt)
    assert [post(body).status_code for _ in range(3)] == [200, 200, 200]
    assert fake.calls.count("retrieve") == 1
    assert (ProviderEvent.objects.get().deliveries, paid_events()) == (3, 1)


def stale(body: str) -> str:
    return str(stripe.WebhookSignature.generate_signature_header(body, SECRET, timestamp=int(time.time()) - 301))


def test_unsigned_foreign_stale_and_changed_messages_are_refused(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, **PAID)
    body = message(attempt)
    forged = stripe.WebhookSignature.generate_signature_header(body, "whsec_other")
    good = stripe.WebhookSignature.generate_signature_header(body, SECRET)
    for sent, signature in [
        (body, ""),
        (body, "nonsense"),
        (body, "t=1,v1="),
        (body, forged),
        (body, stale(body)),
        (body.replace("evt_1", "evt_2"), good),
    ]:
        response = post(sent, signature)
        assert (response.status_code, response.content[:8]) == (400, b"refused:")
    assert (states(order), ProviderEvent.objects.count()) == (("open", "pending"), 0)


@pytest.mark.parametrize("body", ["", "{}", "[]", "not json", '{"id": "evt_1", "type": "x", "data": {"object": 1}}'])
def test_a_signed_body_that_is_no_event_is_refused(fake: FakeProvider, body: str) -> None:
    assert post(body).status_code == 400
    assert not ProviderEvent.objects.exists()


def test_a_body_that_is_no_text_is_refused(fake: FakeProvider) -> None:
    assert post(b"\xff\xfe\x00", "t=1,v1=00").status_code == 400


def test_a_huge_body_is_refused_unread(fake: FakeProvider) -> None:
    assert post("x" * (512 * 1024 + 1)).content == b"refused: the body is too large\n"


@pytest.mark.parametrize("empty", ["", "  "])
def test_without_a_secret_nothing_is_believed(fake: FakeProvider, settings: Settings, empty: str) -> None:
    settings.STRIPE_WEBHOOK_SECRET = empty
    body = message(started()[1])
    assert post(body, stripe.WebhookSignature.generate_signature_header(body, empty)).status_code == 400


def test_only_post_is_taken() -> None:
    assert Client().get("/webhooks/stripe/").status_code == 405


@pytest.mark.parametrize("named", ["", "nonsense", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_attempt_is_an_alert_and_asked_for_again(
    fake: FakeProvider, caplog: pytest.LogCaptureFixture, named: str
) -> None:
    session = {"id": "cs_1", "object": "checkout.session", "metadata": {"attempt": named}}
    body = json.dumps({"id": "evt_9", "type": "checkout.session.completed", "data": {"object": session}})
    assert post(body).status_code == 500
    row = ProviderEvent.objects.get()
    assert (row.processed_at, row.attempt) == (None, None)
    assert "no payment attempt" in row.last_error
    assert "could not be processed" in caplog.text
    assert post(body).status_code == 500
    alert = Alert.objects.open().get()
    assert (alert.key, alert.times) == (f"unknown-payment:stripe:{named or 'evt_9'}", 2)


def test_other_types_are_stored_and_left_alone(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, **PAID)
    assert post(message(attempt, "payment_intent.payment_failed")).status_code == 200
    assert (states(order), ProviderEvent.objects.get().processed_at is None) == (("open", "pending"), False)


def test_a_message_that_fails_stays_open_and_its_repeat_is_worked_on(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, **PAID)
    fake.errors = [ProviderUnavailable("timed out")]
    assert post(message(attempt)).status_code == 500
    row = ProviderEvent.objects.get()
    assert (row.processed_at, row.last_error) == (None, "timed out")
    assert post(message(attempt)).status_code == 200
    assert (states(order), paid_events()) == (("paid", "paid"), 1)


def test_messages_out_of_order_end_the_same(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, **PAID)
    for number, type in enumerate(
        ["checkout.session.async_payment_succeeded", "checkout.session.expired", "checkout.session.completed"]
    ):
        assert post(message(attempt, type, f"evt_{number}")).status_code == 200
    assert (states(order), paid_events()) == (("paid", "paid"), 1)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_pay_and_settle_exactly_once(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    order, attempt = started()
    fake.says(attempt, **PAID)
    ask, all_have_asked = fake.retrieve_session, threading.Barrier(8, timeout=60)

    def asked_together(session_id: str) -> SessionState:
        """Nobody writes before all of them know that it is paid."""
        all_have_asked.wait()
        return ask(session_id)

    monkeypatch.setattr(fake, "retrieve_session", asked_together)
    settled: list[object] = []
    real = warehouse.settle

    def counted(**arguments: Any) -> None:
        settled.append(arguments)
        real(**arguments)

    monkeypatch.setattr(warehouse, "settle", counted)
    answers: list[int] = []
    same, other = message(attempt), message(attempt, event_id="evt_2")
    turns = iter([same, other] * 4)

    assert in_parallel(lambda: answers.append(post(next(turns)).status_code), 8) == []
    assert (answers, states(order)) == ([200] * 8, ("paid", "paid"))
    assert (paid_events(), len(settled), ProviderEvent.objects.count()) == (1, 1, 2)
    assert list(order.state_changes.values_list("to_state", flat=True)) == ["pending", "paid"]
