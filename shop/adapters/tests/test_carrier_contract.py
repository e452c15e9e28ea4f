"""What the shop expects of every carrier that makes labels: one suite over the sandbox and a real test account."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from django.db import transaction
from django.utils.module_loading import import_string
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from shop.adapters.carrier_courier import CourierCarrier
from shop.adapters.carrier_easypost import EasyPostCarrier
from shop.adapters.carriers import BadTracking, Carrier, CarrierRefused, CarrierUnavailable, LabelRequest, Place
from shop.core.numbers import secret_key
from shop.delivery.labels import obtain

HOME = Place("AspireClothes", "1 Sample Yard", "London", "GB", postcode="E8 0ZZ")
SAM = Place("Sam Okafor", "14 Navarino Road", "London", "GB", postcode="E8 3PN", email="sam@example.com")
# Where EasyPost's own test accounts have a carrier.
OFFICE = Place("AspireClothes", "417 Montgomery Street", "San Francisco", "US", region="CA", postcode="94104")
HARBOUR = Place("Sam Okafor", "179 N Harbor Dr", "Redondo Beach", "US", region="CA", postcode="90277")


@dataclass(frozen=True)
class Hauler:
    """A carrier. Where nobody drives for it, `happen` and the rest are None.

    happen: something of the port's kinds happens to a parcel; lose: the answer to the next label is lost; sold: labels
    that were paid for; base, key: names of its settings.
    """

    adapter: Carrier
    base: str
    key: str
    sender: Place = HOME
    recipient: Place = SAM
    happen: Callable[[str, str], None] | None = None
    lose: Callable[[], object] | None = None
    sold: Callable[[], int] | None = None

    def asks(self, **fields: object) -> LabelRequest:
        wanted = LabelRequest(secret_key(), "SH-7KM29Q", self.sender, self.recipient, 800, currency="GBP", value=7800)
        return replace(wanted, **fields)  # type: ignore[arg-type]


@pytest.fixture(params=["sandbox-courier", "sandbox-easypost", "easypost"])
def hauler(request: pytest.FixtureRequest, settings: Settings) -> Hauler:
    """The same test over both carriers of the sandbox, and over EasyPost itself when a test account's key is there."""
    if request.param == "easypost":
        return real_easypost(request, settings)
    server: LiveServer = request.getfixturevalue("live_server")
    request.getfixturevalue("transactional_db")
    make = {"sandbox-courier": sandbox_courier, "sandbox-easypost": sandbox_easypost}[request.param]
    return make(settings, server.url)


def real_easypost(request: pytest.FixtureRequest, settings: Settings) -> Hauler:
    key = os.environ.get("EASYPOST_TEST_KEY", "")
    if not key.startswith("EZTK"):
        pytest.skip(f"{request.node.name}: not run against EasyPost itself (EASYPOST_TEST_KEY is not set)")
    request.getfixturevalue("transactional_db")
    settings.EASYPOST_API_KEY, settings.EASYPOST_API_BASE, settings.EASYPOST_SERVICES = key, "", []
    return Hauler(EasyPostCarrier(), "EASYPOST_API_BASE", "EASYPOST_API_KEY", OFFICE, HARBOUR)


def sandbox_courier(settings: Settings, site: str) -> Hauler:
    from sandbox.courier import driving  # noqa: PLC0415 - keeps the contract free of the sandbox
    from sandbox.courier.models import CourierParcel  # noqa: PLC0415
    from sandbox.models import Weather  # noqa: PLC0415

    words = {"in-transit": "in-transit", "out": "out-for-delivery", "delivered": "delivered", "lost": "lost",
             "failed": "attempt-failed"}  # fmt: skip
    settings.COURIER_API_BASE = f"{site}/sandbox/courier"
    return Hauler(
        CourierCarrier(),
        "COURIER_API_BASE",
        "COURIER_API_KEY",
        happen=lambda reference, kind: driving.happen(reference, words[kind]),
        lose=lambda: Weather.objects.update_or_create(pk=1, defaults={"lose_labels": 1}),
        sold=CourierParcel.objects.exclude(state="cancelled").count,
    )


def sandbox_easypost(settings: Settings, site: str) -> Hauler:
    from sandbox.easypost import driving  # noqa: PLC0415 - keeps the contract free of the sandbox
    from sandbox.easypost.models import EasyPostShipment  # noqa: PLC0415
    from sandbox.models import Weather  # noqa: PLC0415

    words = {"in-transit": "in_transit", "out": "out_for_delivery", "delivered": "delivered", "lost": "lost",
             "failed": "failure"}  # fmt: skip
    settings.EASYPOST_API_BASE = f"{site}/sandbox/easypost/v2"
    return Hauler(
        EasyPostCarrier(),
        "EASYPOST_API_BASE",
        "EASYPOST_API_KEY",
        happen=lambda reference, kind: driving.happen(reference, words[kind]),
        lose=lambda: Weather.objects.update_or_create(pk=1, defaults={"lose_labels": 1}),
        sold=EasyPostShipment.objects.exclude(tracking_code="").filter(refund_status="").count,
    )


def driven(hauler: Hauler, reference: str, *kinds: str) -> None:
    """All that happens to a parcel; skipped where nobody drives for us."""
    if hauler.happen is None:
        pytest.skip("nobody takes parcels along here")
    for kind in kinds:
        hauler.happen(reference, kind)


def test_a_label_is_a_pdf_of_the_size_of_a_label_printer_and_is_found_by_our_key(hauler: Hauler) -> None:
    request = hauler.asks()
    label = hauler.adapter.label(request)
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", label.pdf)
    assert label.pdf.startswith(b"%PDF") and label.reference and label.tracking_number
    assert label.cost is None or label.cost > 0
    if hauler.sold:
        # 100 x 150 mm, in points.
        assert box and (round(float(box[1])), round(float(box[2]))) == (283, 425)
        assert label.cost == 330
    assert hauler.adapter.find(request.key) == label


def test_asked_twice_under_one_key_there_is_one_label(hauler: Hauler) -> None:
    request = hauler.asks()
    first = hauler.adapter.label(request)
    assert hauler.adapter.label(request) == first
    assert hauler.sold is None or hauler.sold() == 1


def test_an_answer_that_is_lost_is_no_answer_and_the_label_is_found(hauler: Hauler) -> None:
    if hauler.lose is None:
        pytest.skip("nobody loses answers here")
    request = hauler.asks()
    hauler.lose()
    with pytest.raises(CarrierUnavailable):
        hauler.adapter.label(request)
    hauler.lose()
    other = obtain(hauler.adapter, hauler.asks())
    found = hauler.adapter.find(request.key)
    assert found is not None and other.pdf.startswith(b"%PDF") and other.reference != found.reference
    assert hauler.sold is not None and hauler.sold() == 2


def test_nothing_is_found_under_a_key_that_was_never_used(hauler: Hauler) -> None:
    assert hauler.adapter.find(secret_key()) is None


def test_a_label_is_given_back_once_and_then_is_none(hauler: Hauler) -> None:
    request = hauler.asks()
    label = hauler.adapter.label(request)
    hauler.adapter.cancel(label.reference)
    hauler.adapter.cancel(label.reference)
    assert hauler.adapter.find(request.key) is None
    assert hauler.adapter.label(hauler.asks()).reference != label.reference


def test_the_label_of_a_parcel_on_its_way_is_not_taken_back(hauler: Hauler) -> None:
    label = hauler.adapter.label(hauler.asks())
    driven(hauler, label.reference, "in-transit")
    with pytest.raises(CarrierRefused):
        hauler.adapter.cancel(label.reference)


def test_a_label_nobody_made_cannot_be_given_back_or_followed(hauler: Hauler) -> None:
    with pytest.raises(CarrierRefused):
        hauler.adapter.cancel("shp_nobody")
    with pytest.raises(CarrierRefused):
        hauler.adapter.track("shp_nobody")


def test_an_address_without_its_street_is_refused_and_nothing_is_sold(hauler: Hauler) -> None:
    request = hauler.asks(recipient=replace(hauler.recipient, street="", city=""))
    with pytest.raises(CarrierRefused):
        hauler.adapter.label(request)
    assert hauler.sold is None or hauler.sold() == 0


def test_no_call_is_made_inside_a_transaction(hauler: Hauler) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        hauler.adapter.find("some-key")


def test_without_a_key_or_with_a_wrong_one_there_is_no_label(hauler: Hauler, settings: Settings) -> None:
    for key in ("", "EZTK-another-shops-key"):
        setattr(settings, hauler.key, key)
        with pytest.raises(CarrierRefused):
            hauler.adapter.label(hauler.asks())


def test_nobody_answering_is_no_answer(hauler: Hauler, settings: Settings) -> None:
    setattr(settings, hauler.base, "http://127.0.0.1:1/v2")
    with pytest.raises(CarrierUnavailable):
        hauler.adapter.find("some-key")


def test_all_that_happened_to_a_parcel_is_told_in_its_order(hauler: Hauler) -> None:
    label = hauler.adapter.label(hauler.asks())
    driven(hauler, label.reference, "in-transit", "out", "failed", "delivered")
    news = hauler.adapter.track(label.reference)
    assert [each.kind for each in news] == ["in-transit", "out", "failed", "delivered"]
    assert {each.reference for each in news} == {label.reference}
    assert len({each.source for each in news}) == 4
    assert hauler.adapter.track(label.reference) == news


def test_a_lost_parcel_is_told_as_lost(hauler: Hauler) -> None:
    label = hauler.adapter.label(hauler.asks())
    driven(hauler, label.reference, "in-transit", "lost")
    assert [each.kind for each in hauler.adapter.track(label.reference)] == ["in-transit", "lost"]


def test_a_message_is_believed_only_as_it_was_signed_and_says_what_asking_would(hauler: Hauler) -> None:
    label = hauler.adapter.label(hauler.asks())
    driven(hauler, label.reference, "delivered")
    from sandbox.deliveries import MESSAGES  # noqa: PLC0415
    from sandbox.models import Event  # noqa: PLC0415

    event = Event.objects.get()
    _, body, headers = import_string(MESSAGES[event.provider])(event)
    assert list(hauler.adapter.read_webhook(body, headers)) == list(hauler.adapter.track(label.reference))
    (name,) = headers.keys() - {"Content-Type"}
    forged = [
        (body.replace(b"delivered", b"failedxxx"), headers),
        (body + b" ", headers),
        (body, {}),
        (body, {name: ""}),
        (body, {name: "\u00e9"}),
        (body, {name: headers[name][:-1]}),
    ]
    for wrong, signed in forged:
        with pytest.raises(BadTracking):
            hauler.adapter.read_webhook(wrong, signed)


@pytest.mark.parametrize("secret", ["COURIER_WEBHOOK_SECRET", "EASYPOST_WEBHOOK_SECRET"])
def test_without_a_secret_no_message_is_believed(settings: Settings, secret: str) -> None:
    setattr(settings, secret, "")
    adapter = CourierCarrier() if secret.startswith("COURIER") else EasyPostCarrier()
    signed = "hmac-sha256-hex=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
    with pytest.raises(BadTracking, match="no secret is set"):
        adapter.read_webhook(b"", {"X-Hmac-Signature": signed, "Courier-Signature": signed})
