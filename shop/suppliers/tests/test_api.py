"""The HTTP interface: keys, reading, confirming, proposing, ship notices; and what it refuses."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from shop.suppliers.keys import new_key
from shop.suppliers.models import Supplier
from shop.suppliers.openapi import BASE, description
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseProposal
from shop.suppliers.tests.builders import make_purchase, make_sent, make_supplier

pytestmark = pytest.mark.django_db
DAY = (timezone.localdate() + timedelta(days=10)).isoformat()


@pytest.fixture
def order() -> PurchaseOrder:
    return make_sent(units=20)


@pytest.fixture
def software(order: PurchaseOrder) -> Client:
    return Client(headers={"Authorization": f"Bearer {new_key(order.supplier)}"})


def post(client: Client, path: str, body: Any) -> Any:
    content = body if isinstance(body, str) else json.dumps(body)
    return client.post(f"{BASE}/orders/{path}/", content, content_type="application/json")


def test_only_the_hash_of_a_key_is_kept_and_a_new_one_ends_the_old() -> None:
    supplier = make_supplier()
    key = new_key(supplier)
    assert key not in str(Supplier.objects.values())
    assert Client().get(f"{BASE}/orders/", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    new_key(supplier)
    assert Client().get(f"{BASE}/orders/", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_a_supplier_sees_its_own_orders_alone(software: Client, order: PurchaseOrder) -> None:
    other, draft = make_sent(), make_purchase(supplier=order.supplier)
    assert [each["number"] for each in software.get(f"{BASE}/orders/").json()["orders"]] == [order.number]
    assert software.get(f"{BASE}/orders/{order.number}/").json()["lines"][0]["quantity"] == 20
    for hidden in (other, draft):
        assert software.get(f"{BASE}/orders/{hidden.number}/").status_code == 404


def test_confirming_twice_counts_once(software: Client, order: PurchaseOrder) -> None:
    line = order.lines.get()
    body = {"lines": [{"line": line.pk, "quantity": 18, "arrives_on": DAY}]}
    for _ in range(2):
        answer = post(software, f"{order.number}/confirm", body)
        assert (answer.status_code, answer.json()["state"]) == (200, "confirmed")
    assert order.notes.filter(to_state="confirmed").count() == 1
    assert order.notes.get(to_state="confirmed").channel == "api"
    body["lines"][0]["quantity"] = 3
    assert post(software, f"{order.number}/confirm", body).status_code == 409


def test_confirming_more_than_asked_writes_nothing(software: Client, order: PurchaseOrder) -> None:
    line = order.lines.get()
    answer = post(
        software, f"{order.number}/confirm", {"lines": [{"line": line.pk, "quantity": 21, "arrives_on": DAY}]}
    )
    assert answer.status_code == 422
    assert answer.json()["lines"] == [{"line": line.pk, "problem": "20 at most: that many were ordered."}]
    assert PurchaseOrder.objects.get().state == "sent"


def test_a_proposal_leaves_what_it_does_not_name(software: Client, order: PurchaseOrder) -> None:
    line = order.lines.get()
    answer = post(software, f"{order.number}/proposals", {"lines": [{"line": line.pk, "unit_cost": 2300}]})
    assert answer.status_code == 200
    assert PurchaseProposal.objects.values_list("quantity", "unit_cost").get() == (20, 2300)


def test_a_ship_notice_moves_the_day(software: Client, order: PurchaseOrder) -> None:
    body = {"shipped_on": timezone.localdate().isoformat(), "tracking": "JD001", "arrives_on": DAY}
    assert post(software, f"{order.number}/ship-notice", body).json()["lines"][0]["arrives_on"] == DAY
    notes = order.notes.count()
    assert post(software, f"{order.number}/ship-notice", body).json()["tracking"] == "JD001"
    assert order.notes.count() == notes


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{", '{"lines": []}', '{"lines": [1]}', '{"lines": [{"line": true, "quantity": 1}]}',
     '{"lines": [{"line": 1, "quantity": -1}]}', '{"lines": [{"line": 1, "quantity": 1e3}]}',
     '{"lines": [{"line": 1, "quantity": 1, "arrives_on": "soon"}]}', "[" * 100_000,
     '{"lines": [{"line": 1, "quantity": 1, "note": "a\\u0000b"}]}'],
)  # fmt: skip
def test_a_body_that_is_not_as_described_is_a_400_with_words(software: Client, order: PurchaseOrder, body: str) -> None:
    answer = post(software, f"{order.number}/confirm", body)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


def test_a_large_body_a_wrong_method_and_a_missing_key_are_refused(software: Client, order: PurchaseOrder) -> None:
    assert post(software, f"{order.number}/confirm", " " * 200_001).status_code == 413
    assert software.get(f"{BASE}/orders/{order.number}/confirm/").status_code == 405
    assert Client().get(f"{BASE}/orders/").status_code == 401


def test_the_interface_has_a_limit_a_supplier(software: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.suppliers.views.api.A_MINUTE", 2)
    answers = [software.get(f"{BASE}/orders/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0


def test_every_address_is_described(client: Client) -> None:
    routes = {str(pattern.pattern) for pattern in get_resolver("shop.suppliers.urls").url_patterns}
    real = {re.sub(r"<str:(\w+)>", r"{\1}", route) for route in routes if route.startswith("supplier/api/v1/orders")}
    assert {BASE.strip("/") + path for path in description()["paths"]} == real
    assert client.get(f"{BASE}/openapi.json").json() == description()
    assert "Confirm every line" in client.get(f"{BASE}/").content.decode()


def test_a_quantity_that_is_left_out_stays_as_it_was_confirmed(software: Client, order: PurchaseOrder) -> None:
    line = order.lines.get()
    post(software, f"{order.number}/confirm", {"lines": [{"line": line.pk, "quantity": 8, "arrives_on": DAY}]})
    assert (
        post(software, f"{order.number}/proposals", {"lines": [{"line": line.pk, "unit_cost": 2100}]}).status_code
        == 200
    )
    proposal = PurchaseProposal.objects.get()
    assert (proposal.quantity, proposal.unit_cost) == (8, 2100)


def test_a_number_that_none_can_be_is_not_found(software: Client) -> None:
    assert software.get(f"{BASE}/orders/a%00b/").status_code == 404
