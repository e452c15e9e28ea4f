"""Carriers' messages: signed, about one of our parcels, taken once."""

import json
import time

import pytest
from django.test import Client

from shop.adapters.carrier_courier import sign
from shop.core import clock
from shop.delivery.shipment_models import Shipment
from shop.delivery.tests.builders import make_packed

pytestmark = pytest.mark.django_db
PAGE = "/webhooks/carrier/courier/"


def message(kind: str, shipment: str = "par_1", number: str = "e1") -> bytes:
    return json.dumps({"id": number, "shipment": shipment, "kind": kind, "at": clock.now().isoformat()}).encode()


def post(client: Client, body: bytes, signature: str = "") -> tuple[int, str]:
    signed = signature or sign(body, int(time.time()), "sandbox-courier-secret")
    answer = client.post(PAGE, body, content_type="application/json", headers={"Courier-Signature": signed})
    return answer.status_code, answer.content.decode().strip()


def test_a_message_moves_its_parcel_once(client: Client) -> None:
    shipment = make_packed(carrier_reference="par_1", carrier="courier")
    Shipment.objects.update(carrier="courier")
    body = message("delivered")
    assert [post(client, body), post(client, body)] == [(200, "taken: 1"), (200, "taken: 0")]
    shipment.refresh_from_db()
    assert shipment.state == Shipment.State.DELIVERED


def test_news_of_a_parcel_that_is_none_of_ours_is_dropped(client: Client) -> None:
    make_packed(carrier_reference="par_1")
    assert post(client, message("delivered", "par_2")) == (200, "taken: 0")
    assert Shipment.objects.get().state == Shipment.State.PACKED


def test_a_forged_message_changes_nothing(client: Client) -> None:
    make_packed(carrier_reference="par_1")
    status, words = post(client, message("delivered"), "t=1,v1=00")
    assert (status, words) == (400, "refused: the signature is wrong")
    assert Shipment.objects.get().state == Shipment.State.PACKED


def test_an_unknown_carrier_is_not_found(client: Client) -> None:
    assert client.post("/webhooks/carrier/nobody/", b"{}", content_type="application/json").status_code == 404
    assert client.post("/webhooks/carrier/table/", b"{}", content_type="application/json").status_code == 400
    assert client.get(PAGE).status_code == 405


def test_a_body_too_large_is_refused(client: Client) -> None:
    assert post(client, b"x" * 300_000)[0] == 400


@pytest.mark.parametrize(
    "spoilt",
    [
        {"note": "left\0behind"},
        {"place": "\ud800"},
        {"id": "e\x001"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"at": "9999-12-31T23:59:59-14:00"},
    ],
    ids=["null", "half a letter", "null in its id", "year 1", "year 9999"],
)
def test_signed_news_that_no_table_can_keep_is_refused(client: Client, spoilt: dict[str, str]) -> None:
    make_packed(carrier_reference="par_1")
    Shipment.objects.update(carrier="courier")
    body = json.dumps(json.loads(message("delivered")) | spoilt).encode()
    assert post(client, body) == (400, "refused: the message is not in the courier's form")
    assert Shipment.objects.get().state == Shipment.State.PACKED
