"""What is EasyPost's own: a label's two steps, its bad days, its words for what happens, and what it costs to load."""

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import requests
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from sandbox.deliveries import deliver, deliver_due, send
from sandbox.easypost import driving
from sandbox.easypost.models import EasyPostShipment
from sandbox.models import Delivery, Event, Weather
from shop.adapters import carrier_easypost
from shop.adapters.carrier_easypost import EasyPostCarrier, meaning, rate_of
from shop.adapters.carriers import BadTracking, CarrierRefused, CarrierUnavailable, LabelRequest
from shop.adapters.easypost_shapes import news_of, ounces, shipment_of
from shop.adapters.tests.test_carrier_contract import HOME, SAM
from shop.core.errors import ShopError
from shop.core.numbers import secret_key
from shop.delivery.labels import drop_label, make_label
from shop.delivery.models import ShippingMethod
from shop.delivery.shipment_models import Shipment
from shop.delivery.tests.builders import make_packed

ASKED = LabelRequest("key-of-ours", "SH-7KM29Q", HOME, SAM, 800, value=7800, currency="GBP")


@pytest.fixture
def easypost(settings: Settings, live_server: LiveServer, transactional_db: None) -> EasyPostCarrier:
    settings.EASYPOST_API_BASE = f"{live_server.url}/sandbox/easypost/v2"
    settings.SANDBOX_EASYPOST_WEBHOOK_URL = f"{live_server.url}/webhooks/carrier/easypost/"
    return EasyPostCarrier()


def weather(**trouble: int) -> None:
    Weather.objects.update_or_create(pk=1, defaults=trouble)


def parcel() -> Shipment:
    """A packed one that goes with EasyPost."""
    shipment = make_packed()
    ShippingMethod.objects.update(carrier="easypost")
    return shipment


@pytest.mark.parametrize("trouble", ["break_next", "limit_next"])
def test_a_request_that_was_not_carried_out_is_made_once_more(easypost: EasyPostCarrier, trouble: str) -> None:
    shipment = parcel()
    weather(**{trouble: 1})
    make_label(shipment.pk, actor=None)
    assert EasyPostShipment.objects.count() == 1
    weather(**{trouble: 3})
    with pytest.raises(CarrierUnavailable):
        easypost.find(secret_key())


def test_what_was_bought_without_our_hearing_of_it_is_not_bought_again(easypost: EasyPostCarrier) -> None:
    shipment = parcel()
    weather(lose_labels=1)
    make_label(shipment.pk, actor=None)
    bought = EasyPostShipment.objects.get()
    shipment.refresh_from_db()
    assert (shipment.carrier_reference, shipment.tracking_number) == (bought.pk, bought.tracking_code)
    assert (shipment.service, shipment.label_cost) == ("RoyalMail Tracked48", 330)


def test_a_shipment_that_was_made_but_not_bought_is_bought_and_no_other_made(easypost: EasyPostCarrier) -> None:
    asked = replace(ASKED, key=secret_key())
    carrier_easypost.call(lambda client: client.shipment.create(**shipment_of(asked, ())))
    assert easypost.find(asked.key) is None
    label = easypost.label(asked)
    assert EasyPostShipment.objects.get().pk == label.reference


def test_whoever_bought_first_bought_for_both(easypost: EasyPostCarrier) -> None:
    asked = replace(ASKED, key=secret_key())
    first = easypost.label(asked)
    stale = {"id": first.reference, "rates": EasyPostShipment.objects.get().rates}
    assert easypost._bought(stale, "")["tracking_code"] == first.tracking_number


def test_a_label_given_back_is_followed_by_one_under_another_key(easypost: EasyPostCarrier) -> None:
    shipment = parcel()
    make_label(shipment.pk, actor=None)
    drop_label(shipment.pk, actor=None)
    make_label(shipment.pk, actor=None)
    assert list(EasyPostShipment.objects.order_by("created").values_list("refund_status", flat=True)) == [
        "submitted",
        "",
    ]


def test_an_address_that_no_carrier_serves_is_refused_with_the_carriers_words(easypost: EasyPostCarrier) -> None:
    with pytest.raises(CarrierRefused, match=r"no service for this parcel\. The address is not served"):
        easypost.label(replace(ASKED, recipient=replace(SAM, city="Nowhere")))
    assert not EasyPostShipment.objects.exclude(tracking_code="").exists()


def test_messages_twice_and_in_the_wrong_order_move_a_parcel_once_and_never_back(easypost: EasyPostCarrier) -> None:
    shipment = parcel()
    make_label(shipment.pk, actor=None)
    shipment.refresh_from_db()
    for what in ("in_transit", "out_for_delivery", "delivered"):
        driving.happen(shipment.carrier_reference, what)
    for event in Event.objects.all():
        send(event)
    taken = [deliver(delivery) for delivery in Delivery.objects.order_by("-event__created", "pk")]
    shipment.refresh_from_db()
    assert (taken, shipment.state) == ([True] * 6, "delivered")
    assert list(shipment.events.values_list("kind", flat=True)) == ["label", "in-transit", "out", "delivered"]


def test_a_parcel_refused_at_the_door_has_come_back_once_it_is_delivered_to_us(easypost: EasyPostCarrier) -> None:
    shipment = parcel()
    make_label(shipment.pk, actor=None)
    shipment.refresh_from_db()
    states = []
    for what in ("in_transit", "return_to_sender", "in_transit", "delivered"):
        driving.happen(shipment.carrier_reference, what)
        deliver_due()
        shipment.refresh_from_db()
        states.append(shipment.state)
    assert states == ["in-transit", "failed", "failed", "returned"]
    assert shipment.events.get(kind="failed").note == "On its way back to us. Refused by the recipient"


def test_weights_are_ounces_rounded_up_so_that_no_parcel_is_declared_too_light() -> None:
    assert [str(ounces(grams)) for grams in (100, 800, 28_349)] == ["3.6", "28.3", "1000.0"]


def test_a_parcel_over_a_border_has_its_declaration_or_is_refused() -> None:
    abroad = replace(ASKED, recipient=replace(SAM, country="FR"))
    with pytest.raises(CarrierRefused, match="EASYPOST_CUSTOMS"):
        shipment_of(abroad, ())
    (item,) = shipment_of(abroad, ("Clothing", "6109.10", "PT"))["customs_info"]["customs_items"]
    assert (item["value"], item["currency"], item["origin_country"], item["weight"]) == ("78.00", "GBP", "PT", 28.3)
    assert "customs_info" not in shipment_of(ASKED, ())


RATES = [
    {"id": "1", "carrier": "RoyalMail", "service": "Tracked24", "rate": "10.00", "currency": "GBP"},
    {"id": "2", "carrier": "RoyalMail", "service": "Tracked48", "rate": "9.50", "currency": "GBP"},
    {"id": "3", "carrier": "USPS", "service": "Priority", "rate": "1.00", "currency": "USD"},
]


@pytest.mark.parametrize(
    ("allowed", "service", "chosen"),
    [
        ([], "", "2"),
        ([], "RoyalMail Tracked24", "1"),
        (["RoyalMail Tracked24"], "", "1"),
        (["RoyalMail Tracked24"], "RoyalMail Tracked48", "1"),
        (["USPS Priority"], "", "3"),
    ],
)
def test_the_cheapest_allowed_service_is_bought_in_our_own_money_if_there_is_one(
    settings: Settings, allowed: list[str], service: str, chosen: str
) -> None:
    settings.EASYPOST_SERVICES = allowed
    assert rate_of({"rates": RATES}, service)["id"] == chosen


def test_none_of_the_allowed_services_is_a_refusal(settings: Settings) -> None:
    settings.EASYPOST_SERVICES = ["DPDUK NextDay"]
    with pytest.raises(CarrierRefused, match="no service"):
        rate_of({"rates": RATES}, "")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (0, "", CarrierUnavailable),
        (500, "", CarrierUnavailable),
        (429, "RATE_LIMITED", CarrierUnavailable),
        (422, "SHIPMENT.PURCHASE.IN_PROGRESS", CarrierUnavailable),
        (422, "SHIPMENT.POSTAGE.FAILURE", CarrierRefused),
        (402, "", CarrierRefused),
        (404, "", carrier_easypost.Unknown),
    ],
)
def test_a_refusal_is_one_only_where_nothing_can_have_happened(status: int, code: str, kind: type[Exception]) -> None:
    assert type(meaning(status, code, "words")) is kind


def test_a_call_that_ends_in_time_out_is_made_once_and_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    calls = []

    def time_out(*args: object, **kwargs: Any) -> None:
        calls.append(kwargs["timeout"])
        raise requests.ReadTimeout

    monkeypatch.setattr(requests.Session, "request", time_out)
    with pytest.raises(CarrierUnavailable):
        EasyPostCarrier().find("some-key")
    assert calls == [(4, 20)]


def test_nothing_is_tried_again_behind_our_back(settings: Settings) -> None:
    for base in ("", "http://127.0.0.1:1/v2"):
        client = carrier_easypost.client_for("EZTKsandbox", base)
        adapter = client._requests_session.get_adapter(f"{client.api_base}/shipments")
        assert adapter.max_retries.total == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "label",
    [{"label_url": "http://elsewhere.example/x.pdf", "label_file_type": "application/pdf"}, {"label_pdf_url": "file:///etc/passwd"}],
)  # fmt: skip
def test_a_label_is_fetched_from_nowhere_but_a_safe_address(settings: Settings, label: dict[str, str]) -> None:
    settings.EASYPOST_API_BASE = ""
    with pytest.raises(CarrierUnavailable, match="no address"):
        carrier_easypost.pdf_of({"id": "shp_1", "postage_label": label})


@pytest.mark.parametrize(
    "tracker",
    [{"tracking_details": [{}]}, {"tracking_details": [{"status": "delivered", "datetime": "now"}]},
     {"tracking_details": [{"status": "delivered", "datetime": "2026-11-23T10:00:00"}]}, {"tracking_details": "x"}],
)  # fmt: skip
def test_a_tracker_that_is_none_is_told_as_such(tracker: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        news_of({"shipment_id": "shp_1", **tracker})


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"result": {"object": "Tracker", "tracking_details": [1]}}'])
def test_a_signed_message_in_no_form_of_easyposts_is_refused(settings: Settings, body: bytes) -> None:
    with pytest.raises(BadTracking, match="not in EasyPost's form"):
        EasyPostCarrier().read_webhook(body, signed(body, settings))


def test_a_signed_message_about_something_else_brings_no_news(settings: Settings) -> None:
    body = json.dumps({"description": "batch.created", "result": {"object": "Batch"}}).encode()
    assert EasyPostCarrier().read_webhook(body, signed(body, settings)) == []


def signed(body: bytes, settings: Settings) -> dict[str, str]:
    import hmac  # noqa: PLC0415

    digest = hmac.new(settings.EASYPOST_WEBHOOK_SECRET.encode(), body, "sha256").hexdigest()
    return {"X-Hmac-Signature": f"hmac-sha256-hex={digest}"}


def test_the_secret_is_signed_with_in_normal_form(settings: Settings) -> None:
    settings.EASYPOST_WEBHOOK_SECRET = "caf\u00e9"
    body = b'{"result": null}'
    import hmac  # noqa: PLC0415

    digest = hmac.new("cafe\u0301".encode(), body, "sha256").hexdigest()
    assert EasyPostCarrier().read_webhook(body, {"X-Hmac-Signature": f"hmac-sha256-hex={digest}"}) == []


def test_a_process_that_makes_no_label_does_not_load_the_client() -> None:
    code = "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'storefront.settings.local'; "
    code += "import django.conf; import shop.adapters.carrier_easypost; "
    code += "print({'easypost', 'requests'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_parcel_to_another_country_without_a_declaration_says_so_and_stays(
    easypost: EasyPostCarrier, settings: Settings
) -> None:
    settings.EASYPOST_CUSTOMS = []
    shipment = parcel()
    shipment.order.country = "FR"
    shipment.order.save()
    with pytest.raises((CarrierRefused, ShopError), match="customs declaration"):
        make_label(shipment.pk, actor=None)
    shipment.refresh_from_db()
    assert (shipment.state, shipment.carrier_reference) == ("packed", "")
