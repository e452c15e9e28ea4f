"""What the adapter sends to PayPal, what it makes of its answers, and settings that must not take money."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from pytest_django import Settings

from shop.adapters import payments_paypal, paypal_client
from shop.adapters.payments import (
    BadWebhook,
    PageGone,
    PayLine,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    RefundRequest,
    SessionRequest,
)
from shop.adapters.payments_paypal import PayPalProvider
from shop.adapters.paypal_client import PayPalRefused
from shop.adapters.paypal_orders import minor_units, money, session_state

pytestmark = pytest.mark.django_db
ATTEMPT = UUID("6b1f0a52-8f0e-4a35-9a3a-1a2b3c4d5e6f")
TOKEN = (200, {"access_token": "A-token", "expires_in": 32400})
APPROVED: dict[str, Any] = {
    "id": "5O1",
    "status": "APPROVED",
    "create_time": "2026-01-01T10:00:00Z",
    "purchase_units": [{"custom_id": str(ATTEMPT), "amount": {"currency_code": "GBP", "value": "81.95"}}],
    "links": [{"rel": "self", "href": "https://x"}, {"rel": "payer-action", "href": "https://www.paypal.com/pay"}],
}


@dataclass
class FakeHttp:
    """Answers calls in turn and remembers them."""

    answers: list[Any] = field(default_factory=list)
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        self.calls.append((method, url, options))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer[0]
        response._content = answer[1] if isinstance(answer[1], bytes) else json.dumps(answer[1]).encode()
        return response

    def paths(self) -> list[str]:
        return [f"{method} {url.removeprefix('https://api-m.paypal.com')}" for method, url, _ in self.calls]


@pytest.fixture
def http(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FakeHttp:
    settings.PAYPAL_CLIENT_ID, settings.PAYPAL_CLIENT_SECRET = "client", "secret"
    settings.PAYPAL_WEBHOOK_ID, settings.PAYPAL_API_BASE = "WH1", ""
    fake = FakeHttp()
    monkeypatch.setattr(paypal_client, "_session", lambda: fake)
    monkeypatch.setattr(paypal_client, "_tokens", {})
    return fake


def captured(status: str = "COMPLETED", value: str = "81.95") -> dict[str, Any]:
    capture = {"id": "CAP1", "status": status, "amount": {"currency_code": "GBP", "value": value}}
    unit = {**APPROVED["purchase_units"][0], "payments": {"captures": [capture]}}
    return {**APPROVED, "status": "COMPLETED", "purchase_units": [unit]}


def refused(issue: str, status: int = 422) -> tuple[int, dict[str, Any]]:
    return status, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": issue, "description": "no"}]}


def request_for(currency: str = "GBP", *lines: PayLine) -> SessionRequest:
    return SessionRequest(
        attempt_id=ATTEMPT,
        reference="A7KM-29QX",
        currency=currency,
        lines=lines or (PayLine("Shirt " * 30, 7800, 2, "Sky, M"), PayLine("Delivery", 395)),
        email="ann@example.com",
        success_url="https://shop.example/return/",
        cancel_url="https://shop.example/return/?cancelled=1",
        expires_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (1235, "GBP", "12.35"),
        (5, "EUR", "0.05"),
        (1200, "JPY", "1200"),
        (120000, "HUF", "1200"),
        (45000, "TWD", "450"),
        (99_999_999, "USD", "999999.99"),
    ],
)
def test_amounts_are_written_as_paypal_takes_them(amount: int, currency: str, written: str) -> None:
    assert money(amount, currency) == {"currency_code": currency, "value": written}
    assert minor_units({"currency_code": currency, "value": written}) == (amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "says"),
    [(1, "HUF", "whole HUF"), (45050, "TWD", "whole TWD"), (1, "KWD", "no payments"), (1, "ISK", "no payments")],
)
def test_what_paypal_does_not_take_is_refused_before_any_call(amount: int, currency: str, says: str) -> None:
    with pytest.raises(ProviderRefused, match=says):
        money(amount, currency)


def test_an_amount_that_is_not_whole_in_our_units_equals_none_of_ours() -> None:
    assert minor_units({"currency_code": "GBP", "value": "12.345"})[0] < 0
    assert minor_units({"currency_code": "JPY", "value": "1200.5"})[0] < 0


def test_the_order_adds_up_and_names_its_attempt() -> None:
    unit = PayPalProvider().freeze(request_for())["purchase_units"][0]
    assert unit["amount"]["value"] == unit["amount"]["breakdown"]["item_total"]["value"] == "159.95"
    items = [(item["quantity"], item["unit_amount"]["value"]) for item in unit["items"]]
    assert items == [("2", "78.00"), ("1", "3.95")]
    assert len(unit["items"][0]["name"]) == 127
    assert (unit["custom_id"], unit["invoice_id"]) == (str(ATTEMPT), "A7KM-29QX-6b1f0a528f0e")


def test_an_order_is_made_under_its_key_with_the_frozen_parameters(http: FakeHttp) -> None:
    http.answers = [TOKEN, (201, {**APPROVED, "status": "PAYER_ACTION_REQUIRED"})]
    params = PayPalProvider().freeze(request_for())
    state = PayPalProvider().create_session(params, idempotency_key="key:session")
    assert (state.session_id, state.status, state.url) == ("5O1", "open", "https://www.paypal.com/pay")
    assert (state.amount_total, state.currency, state.attempt_id) == (8195, "GBP", str(ATTEMPT))
    _, _, sent = http.calls[1]
    assert (json.loads(sent["data"]), sent["headers"]["PayPal-Request-Id"]) == (params, "key:session")
    assert (sent["timeout"], sent["allow_redirects"]) == ((4, 8), False)


@pytest.mark.parametrize(
    ("status", "means"),
    [
        ("COMPLETED", ("complete", "paid", "succeeded")),
        ("PARTIALLY_REFUNDED", ("complete", "paid", "succeeded")),
        ("REFUNDED", ("complete", "paid", "succeeded")),
        ("PENDING", ("complete", "unpaid", "processing")),
        ("DECLINED", ("complete", "unpaid", "canceled")),
        ("FAILED", ("complete", "unpaid", "canceled")),
    ],
)
def test_a_capture_says_what_became_of_the_money(status: str, means: tuple[str, str, str]) -> None:
    state = session_state(captured(status, "1.00"))
    assert (state.status, state.payment_status, state.intent_status) == means
    assert (state.intent_id, state.amount_total) == ("CAP1", 100)


def test_a_capture_that_took_money_counts_before_one_that_was_declined() -> None:
    order = captured()
    captures = order["purchase_units"][0]["payments"]["captures"]
    captures.append({**captures[0], "id": "CAP2", "status": "DECLINED"})
    assert session_state(order).intent_id == "CAP1"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((400, {"name": "INVALID_REQUEST"}), PayPalRefused),
        (refused("INSTRUMENT_DECLINED"), PayPalRefused),
        ((403, {"name": "NOT_AUTHORIZED"}), PayPalRefused),
        ((404, {"name": "RESOURCE_NOT_FOUND"}), PageGone),
        (refused("PREVIOUS_REQUEST_IN_PROGRESS"), ProviderUnavailable),
        (refused("PAYPAL_REQUEST_ID_PREVIOUSLY_USED"), ProviderUnavailable),
        ((409, {"name": "RESOURCE_CONFLICT"}), ProviderUnavailable),
        ((429, {"name": "RATE_LIMIT_REACHED"}), ProviderUnavailable),
        ((500, {"name": "INTERNAL_SERVER_ERROR"}), ProviderUnavailable),
        ((503, b"<html>"), ProviderUnavailable),
        ((302, b""), ProviderUnavailable),
        ((200, b"not json"), ProviderUnavailable),
        ((200, {}), ProviderUnavailable),
        ((200, {**APPROVED, "status": "COMPLETED"}), ProviderUnavailable),
        ((200, {**APPROVED, "status": "NEW_WORD"}), ProviderUnavailable),
        (requests.ConnectionError("down"), ProviderUnavailable),
        (requests.Timeout("slow"), ProviderUnavailable),
    ],
)
def test_only_a_definite_no_is_a_refusal(http: FakeHttp, answer: Any, told: type[ProviderError]) -> None:
    http.answers = [TOKEN, answer]
    with pytest.raises(ProviderError) as raised:
        PayPalProvider().retrieve_session("5O1")
    assert type(raised.value) is told


def test_the_token_is_asked_for_once_and_again_when_it_ends(http: FakeHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(f"{paypal_client.__name__}.time.monotonic", lambda: now)
    http.answers = [TOKEN, (200, APPROVED), (200, APPROVED), TOKEN, (200, APPROVED)]
    for _ in range(2):
        PayPalProvider().retrieve_session("5O1")
    now += 32400 - 60
    PayPalProvider().retrieve_session("5O1")
    token, order = "POST /v1/oauth2/token", "GET /v2/checkout/orders/5O1"
    assert http.paths() == [token, order, order, token, order]


def test_a_withdrawn_token_is_replaced_once(http: FakeHttp) -> None:
    http.answers = [TOKEN, (401, {}), TOKEN, (200, APPROVED)]
    assert PayPalProvider().retrieve_session("5O1").status == "approved"
    http.answers = [(401, {}), TOKEN, (401, {"name": "AUTHENTICATION_FAILURE"})]
    with pytest.raises(ProviderRefused, match="AUTHENTICATION_FAILURE"):
        PayPalProvider().retrieve_session("5O1")


def test_a_refused_capture_is_believed_only_when_the_order_is_not_captured(http: FakeHttp) -> None:
    http.answers = [TOKEN, refused("ORDER_ALREADY_CAPTURED"), (200, captured())]
    assert PayPalProvider().capture("5O1", idempotency_key="k:capture").payment_status == "paid"
    http.answers = [refused("INSTRUMENT_DECLINED"), (200, captured())]
    assert PayPalProvider().capture("5O1", idempotency_key="k:capture").payment_status == "paid"
    http.answers = [refused("INSTRUMENT_DECLINED"), (200, APPROVED)]
    with pytest.raises(ProviderRefused, match="INSTRUMENT_DECLINED"):
        PayPalProvider().capture("5O1", idempotency_key="k:capture")
    assert {call[2]["headers"].get("PayPal-Request-Id") for call in http.calls if "capture" in call[1]} == {"k:capture"}


@pytest.mark.parametrize(
    "answers",
    [
        [refused("ORDER_ALREADY_CAPTURED"), (200, APPROVED)],
        [(404, {}), (404, {})],
        [refused("INSTRUMENT_DECLINED"), (404, {})],
        [refused("INSTRUMENT_DECLINED"), (500, {})],
        [(500, {})],
    ],
)
def test_a_capture_that_may_have_happened_is_no_refusal(http: FakeHttp, answers: list[Any]) -> None:
    http.answers = [TOKEN, *answers]
    with pytest.raises(ProviderUnavailable):
        PayPalProvider().capture("5O1", idempotency_key="k:capture")


def test_a_refund_carries_our_name_of_it(http: FakeHttp) -> None:
    made = {"id": "R1", "status": "PENDING", "amount": {"currency_code": "GBP", "value": "40.00"}}
    http.answers = [TOKEN, (201, {**made, "custom_id": "refund:ours"})]
    request = RefundRequest("ours", str(ATTEMPT), "CAP1", 4000, "GBP")
    state = PayPalProvider().refund(request, idempotency_key="ours:refund")
    assert (state.refund_id, state.status, state.amount, state.reference) == ("R1", "pending", 4000, "ours")
    _, url, sent = http.calls[1]
    assert url.endswith("/v2/payments/captures/CAP1/refund")
    assert json.loads(sent["data"]) == {
        "amount": {"currency_code": "GBP", "value": "40.00"},
        "custom_id": "refund:ours",
    }


def test_refunds_are_read_from_the_order_newest_first(http: FakeHttp) -> None:
    def refund(name: str, day: int, **fields: str) -> dict[str, Any]:
        money = {"currency_code": "GBP", "value": "1.00"}
        return {
            "id": name,
            "status": "COMPLETED",
            "amount": money,
            "create_time": f"2026-01-0{day}T10:00:00Z",
            **fields,
        }

    order = captured()
    # One made at PayPal itself repeats what the order carries.
    order["purchase_units"][0]["payments"]["refunds"] = [
        refund("R1", 1, custom_id="refund:ours"),
        refund("R2", 2, custom_id=str(ATTEMPT)),
    ]
    http.answers = [TOKEN, (200, {"supplementary_data": {"related_ids": {"order_id": "5O1"}}}), (200, order)]
    listed = PayPalProvider().list_refunds("CAP1")
    assert [(state.refund_id, state.reference) for state in listed] == [("R2", ""), ("R1", "ours")]


SIGNED = {
    "PayPal-Auth-Algo": "SHA256withRSA",
    "PayPal-Cert-Url": "https://api.paypal.com/v1/notifications/certs/CERT-1",
    "PayPal-Transmission-Id": "69cd13f0-d67a-11e5-baa3-778b53f4ae55",
    "PayPal-Transmission-Sig": "lmI95Jx3Y9nhR5SJWlHVIWpg4AgFk7n9bCHSRxbrd8A9zrhdu2rMyFrmz==",
    "PayPal-Transmission-Time": "2026-02-18T20:01:35Z",
}
# Spaces, the order of names and 1.0 are part of what PayPal signed.
MESSAGE = (
    b'{"id":"WH-1", "event_type":"PAYMENT.CAPTURE.COMPLETED","x":1.0,"resource":{"custom_id":"%s",'
    b'"supplementary_data":{"related_ids":{"order_id":"5O1"}},"breakdown":{}}}\n' % str(ATTEMPT).encode()
)


def test_a_message_is_verified_byte_for_byte(http: FakeHttp) -> None:
    http.answers = [TOKEN, (200, {"verification_status": "SUCCESS"})]
    event = PayPalProvider().read_webhook(MESSAGE, SIGNED)
    assert (event.event_id, event.session_id, event.attempt_id) == ("WH-1", "5O1", str(ATTEMPT))
    sent = http.calls[1][2]["data"]
    assert MESSAGE.strip() in sent
    assert json.loads(sent)["webhook_id"] == "WH1"
    assert json.loads(sent)["transmission_id"] == SIGNED["PayPal-Transmission-Id"]


def test_an_unverified_message_is_refused(http: FakeHttp) -> None:
    http.answers = [TOKEN, (200, {"verification_status": "FAILURE"}), (400, {"name": "VALIDATION_ERROR"})]
    for _ in range(2):
        with pytest.raises(BadWebhook):
            PayPalProvider().read_webhook(MESSAGE, SIGNED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"PayPal-Transmission-Sig": ""},
        {"PayPal-Transmission-Id": "x" * 51},
        {"PayPal-Transmission-Id": 'a", "webhook_id": "b'},
        {"PayPal-Cert-Url": "https://paypal.com.evil.example/cert"},
        {"PayPal-Cert-Url": "http://["},
        {"PayPal-Transmission-Time": "٣"},
    ],
)
def test_nonsense_in_a_header_is_refused_without_a_call(http: FakeHttp, wrong: dict[str, str]) -> None:
    with pytest.raises(BadWebhook):
        PayPalProvider().read_webhook(MESSAGE, {**SIGNED, **wrong})
    assert http.calls == []


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{}", b'{"id":1,"event_type":"A","resource":[]}', b"[" * 9999])
def test_a_body_that_is_no_message_is_refused_without_a_call(http: FakeHttp, body: bytes) -> None:
    with pytest.raises(BadWebhook):
        PayPalProvider().read_webhook(body, SIGNED)
    assert http.calls == []


def test_a_message_that_cannot_be_verified_now_is_not_refused(http: FakeHttp) -> None:
    http.answers = [TOKEN, (503, {})]
    with pytest.raises(ProviderUnavailable):
        PayPalProvider().read_webhook(MESSAGE, SIGNED)


def test_a_message_about_a_refund_names_its_capture_and_no_attempt() -> None:
    up = {"rel": "up", "href": "https://api-m.paypal.com/v2/payments/captures/CAP1"}
    payload = {
        "id": "WH-2",
        "event_type": "PAYMENT.CAPTURE.REFUNDED",
        "resource_type": "refund",
        "resource": {"id": "R1", "custom_id": "refund:ours", "links": [up]},
    }
    event = payments_paypal.webhook_event(payload)
    assert (event.attempt_id, event.session_id, payments_paypal.captured_by(payload)) == ("", "", "CAP1")


def test_names_that_cannot_be_paypals_are_not_asked_for(http: FakeHttp) -> None:
    for name in ("", "../v1/oauth2/token", "a/b", "a?b", "é", "x" * 121):
        with pytest.raises(PageGone):
            PayPalProvider().retrieve_session(name)
    assert http.calls == []


def test_no_call_is_made_inside_a_transaction(http: FakeHttp) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        PayPalProvider().retrieve_session("5O1")
    assert http.calls == []


def test_unsafe_settings_make_no_call(http: FakeHttp, settings: Settings) -> None:
    settings.PAYPAL_API_BASE = "http://127.0.0.1:1/sandbox/paypal"
    with pytest.raises(ImproperlyConfigured, match="PayPal's credentials"):
        PayPalProvider().retrieve_session("5O1")
    assert http.calls == []
