"""The courier's adapter against the sandbox, over HTTP."""

import json
import time
from datetime import UTC, datetime

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from sandbox.courier import driving
from sandbox.courier.models import CourierParcel
from sandbox.deliveries import deliver_due
from sandbox.models import Weather
from shop.adapters.carrier_courier import CourierCarrier, sign
from shop.adapters.carriers import BadTracking, CarrierRefused, LabelRequest, Place
from shop.core.numbers import secret_key
from shop.delivery.labels import make_label
from shop.delivery.tests.builders import make_packed

HOME = Place("AspireClothes", "1 Sample Yard", "London", "GB", postcode="E8 0ZZ")
SAM = Place("Sam Okafor", "14 Navarino Road", "London", "GB", postcode="E8 3PN", email="sam@example.com")


@pytest.fixture
def courier(settings: Settings, live_server: LiveServer, transactional_db: None) -> CourierCarrier:
    settings.COURIER_API_BASE = f"{live_server.url}/sandbox/courier"
    settings.SANDBOX_COURIER_WEBHOOK_URL = f"{live_server.url}/webhooks/carrier/courier/"
    return CourierCarrier()


def asked(**fields: object) -> LabelRequest:
    base = {"key": secret_key(), "reference": "SH-1", "sender": HOME, "recipient": SAM, "weight_grams": 800}
    return LabelRequest(**{**base, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"weight_grams": 31_000}, "weight_grams"), ({"recipient": Place("", "x", "y", "GB")}, "recipient.name")],
)
def test_what_the_courier_refuses_is_told_in_its_words(
    courier: CourierCarrier, fields: dict[str, object], words: str
) -> None:
    with pytest.raises(CarrierRefused, match=words):
        courier.label(asked(**fields))
    assert not CourierParcel.objects.exists()


def test_a_wrong_key_is_refused(courier: CourierCarrier, settings: Settings) -> None:
    settings.COURIER_API_KEY = "real-key"
    with pytest.raises(CarrierRefused, match="its own key"):
        courier.label(asked())


def test_a_parcel_is_followed_from_label_to_door_by_signed_messages(courier: CourierCarrier) -> None:
    shipment = make_packed()
    Weather.objects.update_or_create(pk=1, defaults={"lose_labels": 1})
    make_label(shipment.pk, actor=None)
    parcel = CourierParcel.objects.get()
    for kind in ("collected", "out-for-delivery", "delivered"):
        driving.happen(parcel.pk, kind)
    assert deliver_due() == 3
    shipment.refresh_from_db()
    assert (shipment.state, shipment.tracking_number) == ("delivered", parcel.tracking_number)
    assert [tracked.kind for tracked in courier.track(parcel.pk)] == ["dispatched", "out", "delivered"]
    assert shipment.events.count() == 4


BODY = json.dumps({"id": "e1", "shipment": "p1", "kind": "delivered", "at": datetime.now(UTC).isoformat()}).encode()


def signed(body: bytes, at: int | None = None, secret: str = "sandbox-courier-secret") -> dict[str, str]:
    return {"Courier-Signature": sign(body, int(time.time()) if at is None else at, secret)}


def test_news_is_read_from_a_signed_message() -> None:
    (news,) = CourierCarrier().read_webhook(BODY, signed(BODY))
    assert (news.source, news.reference, news.kind) == ("courier:e1", "p1", "delivered")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Courier-Signature": "t=1,v1=zz"},
        signed(BODY, secret="another"),
        signed(BODY + b" "),
        signed(BODY, at=int(time.time()) - 900),
    ],
)
def test_what_is_not_certainly_from_the_courier_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadTracking):
        CourierCarrier().read_webhook(BODY, headers)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 1, "kind": "delivered", "shipment": "p", "at": "now"}'])
def test_a_signed_message_in_no_form_of_the_couriers_is_refused(body: bytes) -> None:
    with pytest.raises(BadTracking):
        CourierCarrier().read_webhook(body, signed(body))
