"""The PayPal half: what it refuses as PayPal does, and the page where a buyer agrees."""

import base64
import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from sandbox import checks
from sandbox.models import Event, IdempotencyRecord, Weather
from sandbox.paypal.models import PayPalCapture, PayPalDispute, PayPalOrder, PayPalRefund

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def all_webhooks_get_lost() -> None:
    Weather.objects.create(pk=1, lose_next=1000)


def money(value: str, currency: str = "GBP") -> dict[str, str]:
    return {"currency_code": currency, "value": value}


def order_params(value: str = "20.50", currency: str = "GBP", **unit: Any) -> dict[str, Any]:
    context = {"return_url": "https://shop.example/return/?attempt=1", "cancel_url": "https://shop.example/cancelled/"}
    amount = {**money(value, currency), "breakdown": {"item_total": money(value, currency)}}
    items = [{"name": "<b>Shirt</b>", "quantity": "1", "unit_amount": money(value, currency)}]
    return {
        "intent": "CAPTURE",
        "purchase_units": [{"custom_id": "a1", "amount": amount, "items": items, **unit}],
        "payment_source": {"paypal": {"experience_context": context}},
    }


def basic(client: str = "sandbox-client", secret: str = "sandbox-secret") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()}


def post(path: str, body: Any = None, request_id: str = "") -> Any:
    """A POST with a token; the answer."""
    token = (
        Client()
        .post("/sandbox/paypal/v1/oauth2/token", {"grant_type": "client_credentials"}, headers=basic())
        .json()["access_token"]
    )
    headers = {"Authorization": f"Bearer {token}"} | ({"PayPal-Request-Id": request_id} if request_id else {})
    data = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
    return Client().post(f"/sandbox/paypal/{path}", data, "application/json", headers=headers)


def made(**unit: Any) -> PayPalOrder:
    response = post("v2/checkout/orders", order_params(**unit))
    assert response.status_code == 200, response.content
    return PayPalOrder.objects.get(pk=response.json()["id"])


def agree(order: PayPalOrder, funding: str = "balance") -> Any:
    return Client().post(f"/sandbox/paypal/approve/{order.pk}/", {"funding": funding})


def captured(funding: str = "balance") -> PayPalOrder:
    order = made()
    agree(order, funding)
    assert post(f"v2/checkout/orders/{order.pk}/capture").status_code == 200
    return order


def issue(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["details"][0]["issue"]


@pytest.mark.parametrize("given", [basic("AeA1-live"), basic(secret="wrong"), {}, {"Authorization": "Basic ü"}])
def test_only_the_sandboxs_own_credentials_get_a_token(given: dict[str, str]) -> None:
    response = Client().post("/sandbox/paypal/v1/oauth2/token", {"grant_type": "client_credentials"}, headers=given)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("given", ["", "Bearer x", "Bearer eyJjbGllbnQiOiJ4In0:x:y", "Bearer ü:ü:ü", "Basic x"])
def test_without_a_token_nothing_is_done(given: str) -> None:
    path, headers = "/sandbox/paypal/v2/checkout/orders", {"Authorization": given}
    response = Client().post(path, json.dumps(order_params()), "application/json", headers=headers)
    assert (response.status_code, PayPalOrder.objects.count()) == (401, 0)


def without(params: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != name}


@pytest.mark.parametrize(
    ("params", "says"),
    [
        (order_params() | {"colour": "blue"}, (400, "SANDBOX_UNKNOWN_PARAMETER")),
        (order_params(custm_id="a1"), (400, "SANDBOX_UNKNOWN_PARAMETER")),
        (order_params(amount={**money("1.00"), "total": "1"}), (400, "SANDBOX_UNKNOWN_PARAMETER")),
        (without(order_params(), "intent"), (400, "MISSING_REQUIRED_PARAMETER")),
        (order_params() | {"intent": "AUTHORIZE"}, (400, "INVALID_PARAMETER_VALUE")),
        (order_params(custom_id="x" * 128), (400, "INVALID_STRING_LENGTH")),
        (order_params(custom_id="a\0b"), (400, "INVALID_PARAMETER_SYNTAX")),
        (order_params(custom_id="\ud800"), (400, "INVALID_PARAMETER_SYNTAX")),
        (order_params(custom_id=["a"]), (400, "INVALID_PARAMETER_SYNTAX")),
        (order_params("1e3"), (400, "INVALID_PARAMETER_SYNTAX")),
        (order_params("٣"), (400, "INVALID_PARAMETER_SYNTAX")),
        (order_params() | {"purchase_units": []}, (400, "INVALID_ARRAY_LENGTH")),
        ([], (400, "INVALID_PARAMETER_SYNTAX")),
        (b"{", (400, "MALFORMED_REQUEST_JSON")),
        (b"[" * 5000, (400, "MALFORMED_REQUEST_JSON")),
        (order_params("0.00"), (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
        (order_params("-1.00"), (422, "CANNOT_BE_ZERO_OR_NEGATIVE")),
        (order_params("1.005"), (422, "DECIMAL_PRECISION")),
        (order_params("1200.50", "JPY"), (422, "DECIMALS_NOT_SUPPORTED")),
        (order_params("1.00", "HUF"), (422, "DECIMALS_NOT_SUPPORTED")),
        (order_params("1.00", "KWD"), (422, "CURRENCY_NOT_SUPPORTED")),
        (order_params(amount=money("20.50")), (422, "ITEM_TOTAL_REQUIRED")),
        (
            order_params(amount={**money("20.51"), "breakdown": {"item_total": money("20.50")}}),
            (422, "AMOUNT_MISMATCH"),
        ),
        (
            order_params(amount={**money("20.51"), "breakdown": {"item_total": money("20.51")}}),
            (422, "ITEM_TOTAL_MISMATCH"),
        ),
        (
            order_params(amount={**money("20.50"), "breakdown": {"item_total": money("20.50", "EUR")}}),
            (422, "MISMATCHED_CURRENCY"),
        ),
    ],
)
def test_what_paypal_would_refuse_is_refused_by_its_name_and_makes_nothing(params: Any, says: tuple[int, str]) -> None:
    assert issue(post("v2/checkout/orders", params, "key")) == says
    assert (PayPalOrder.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)


def test_one_request_id_does_one_thing_once() -> None:
    first = post("v2/checkout/orders", order_params(), "key").json()
    assert post("v2/checkout/orders", order_params(), "key").json() == first
    says = issue(post("v2/checkout/orders", order_params("9.00"), "key"))
    assert says == (422, "PAYPAL_REQUEST_ID_PREVIOUSLY_USED")
    assert PayPalOrder.objects.count() == 1
    assert issue(post("v2/checkout/orders", order_params(), "x" * 109)) == (400, "INVALID_STRING_LENGTH")


def test_money_is_taken_once_and_only_after_the_buyer_agreed() -> None:
    order = made()
    path = f"v2/checkout/orders/{order.pk}/capture"
    assert issue(post(path)) == (422, "ORDER_NOT_APPROVED")
    agree(order)
    first = post(path, request_id="k:capture").json()
    assert post(path, request_id="k:capture").json() == first
    assert issue(post(path, request_id="another")) == (422, "ORDER_ALREADY_CAPTURED")
    assert [(taken.status, str(taken.value)) for taken in PayPalCapture.objects.all()] == [("COMPLETED", "20.50")]
    types = sorted(Event.objects.values_list("type", flat=True))
    assert types == ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"]


def test_the_same_invoice_is_not_paid_twice() -> None:
    orders = [made(invoice_id="A-1"), made(invoice_id="A-1")]
    for order in orders:
        agree(order)
    assert post(f"v2/checkout/orders/{orders[0].pk}/capture").status_code == 200
    assert issue(post(f"v2/checkout/orders/{orders[1].pk}/capture")) == (422, "DUPLICATE_INVOICE_ID")


def test_a_declined_source_takes_nothing() -> None:
    order = made()
    agree(order, "declined")
    assert issue(post(f"v2/checkout/orders/{order.pk}/capture")) == (422, "INSTRUMENT_DECLINED")
    assert PayPalCapture.objects.count() == 0


def test_refunds_stop_at_what_was_taken() -> None:
    path = f"v2/payments/captures/{captured().captures.get().pk}/refund"
    assert issue(post(path, {"amount": money("20.51")})) == (422, "REFUND_AMOUNT_EXCEEDED")
    assert issue(post(path, {"amount": money("1.00", "EUR")})) == (422, "MISMATCHED_CURRENCY")
    assert issue(post(path, {"amount": money("0.00")})) == (422, "CANNOT_BE_ZERO_OR_NEGATIVE")
    assert issue(post(path, {"amout": money("1.00")})) == (400, "SANDBOX_UNKNOWN_PARAMETER")
    assert post(path, {"amount": money("20.00")}).json()["status"] == "COMPLETED"
    assert PayPalCapture.objects.get().status == "PARTIALLY_REFUNDED"
    assert post(path, {}).json()["amount"] == money("0.50")
    assert issue(post(path, {})) == (422, "CAPTURE_FULLY_REFUNDED")
    assert PayPalRefund.objects.count() == 2


@pytest.mark.parametrize(("action", "status"), [("clear", "COMPLETED"), ("deny", "DECLINED")])
def test_an_echeck_waits_for_its_bank(action: str, status: str) -> None:
    order = captured("echeck")
    assert PayPalCapture.objects.get().status == "PENDING"
    assert Client().post(f"/sandbox/orders/{order.pk}/{action}/").status_code == 303
    assert PayPalCapture.objects.get().status == status
    names = {"clear": "PAYMENT.CAPTURE.COMPLETED", "deny": "PAYMENT.CAPTURE.DENIED"}
    assert Event.objects.filter(type=names[action]).count() == 1


@pytest.mark.parametrize(("action", "outcome"), [("win", "RESOLVED_SELLER_FAVOUR"), ("lose", "RESOLVED_BUYER_FAVOUR")])
def test_a_dispute_is_opened_once_and_ends_once(action: str, outcome: str) -> None:
    order = captured()
    assert "Open dispute" in Client().get("/sandbox/").content.decode()
    for press in ("win", "lose", "dispute", "dispute", action, "win", "lose"):
        assert Client().post(f"/sandbox/orders/{order.pk}/{press}/").status_code == 303
    dispute, capture = PayPalDispute.objects.get(), PayPalCapture.objects.get()
    assert (dispute.outcome, dispute.value) == (outcome, order.value)
    assert capture.refunded == (0 if action == "win" else order.value)
    reversed_too = [] if action == "win" else ["PAYMENT.CAPTURE.REVERSED"]
    told = Event.objects.exclude(type__startswith="CHECKOUT").exclude(type="PAYMENT.CAPTURE.COMPLETED")
    assert sorted(told.values_list("type", flat=True)) == [
        "CUSTOMER.DISPUTE.CREATED",
        "CUSTOMER.DISPUTE.RESOLVED",
        *reversed_too,
    ]


def test_an_order_that_was_forgotten_is_nowhere() -> None:
    order = made()
    Client().post(f"/sandbox/orders/{order.pk}/forget/")
    assert issue(post(f"v2/checkout/orders/{order.pk}/capture")) == (404, "INVALID_RESOURCE_ID")
    assert agree(order).status_code == 404
    assert Client().post(f"/sandbox/orders/{order.pk}/forget/").status_code == 404


def test_the_page_says_that_it_is_a_sandbox_and_what_is_paid() -> None:
    html = Client().get(f"/sandbox/paypal/approve/{made().pk}/").content.decode()
    assert "No money moves here" in html
    assert "£20.50" in html
    assert "&lt;b&gt;Shirt&lt;/b&gt;" in html


def test_who_agrees_or_cancels_is_led_back_as_paypal_does_it() -> None:
    order = made()
    cancelled = Client().post(f"/sandbox/paypal/approve/{order.pk}/", {"cancel": "1"})
    assert cancelled["Location"] == f"https://shop.example/cancelled/?token={order.pk}"
    for _ in range(2):
        back = f"https://shop.example/return/?attempt=1&token={order.pk}&PayerID={order.payer_id}"
        assert agree(order)["Location"] == back
    assert Event.objects.filter(type="CHECKOUT.ORDER.APPROVED").count() == 1
    assert "Nothing to agree to" in Client().get(f"/sandbox/paypal/approve/{order.pk}/").content.decode()


@pytest.mark.parametrize("funding", ["", "gold", "\0"])
def test_an_unknown_source_agrees_to_nothing(funding: str) -> None:
    order = made()
    assert agree(order, funding).status_code == 200
    order.refresh_from_db()
    assert order.status == "PAYER_ACTION_REQUIRED"


def test_the_control_page_lists_the_orders() -> None:
    order = captured("echeck")
    html = Client().get("/sandbox/").content.decode()
    assert order.pk in html
    assert "eCheck bounces" in html


def test_an_unknown_address_is_a_404_and_a_form_is_no_json() -> None:
    assert issue(post("v2/teapots")) == (404, "SANDBOX_UNKNOWN_ADDRESS")
    token = Client().post("/sandbox/paypal/v1/oauth2/token", {"grant_type": "client_credentials"}, headers=basic())
    headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
    assert Client().post("/sandbox/paypal/v2/checkout/orders", {"a": "b"}, headers=headers).status_code == 415


def test_the_sandbox_is_impossible_with_debug_off(settings: Settings) -> None:
    settings.DEBUG = settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = False
    assert checks.misplaced()
