"""EasyPost, which sells the labels of many carriers, through its own client.

A shipment there is free and has our key as its reference; what costs money is the label bought for it, which a
shipment has once. So whoever asks again looks for the shipment first and buys for that one, never for a second.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from shop.adapters.carriers import (
    BadTracking,
    CarrierRefused,
    CarrierUnavailable,
    Label,
    LabelRequest,
    Tracked,
    is_uncertain,
)
from shop.adapters.easypost_shapes import Json, news_of, shipment_of
from shop.adapters.network import refuse_inside_transaction
from shop.core.money import Money, shop_currency

if TYPE_CHECKING:
    from easypost.easypost_client import EasyPostClient

# (to connect, to answer): EasyPost waits for the carrier while it buys. Looking, making and buying, twice, stay
# below the time for which nobody else asks (shop/delivery/labels.py).
TIMEOUT_SECONDS = (4, 20)
LARGEST_LABEL = 5 * 1024 * 1024
# Refusals after which nobody can say either: the carrier behind has not answered, or still works on it.
UNFINISHED = frozenset({"SHIPMENT.PURCHASE.IN_PROGRESS", "SHIPMENT.POSTAGE.TIMED_OUT", "SHIPMENT.POSTAGE.NO_RESPONSE"})
GIVEN_BACK = frozenset({"submitted", "refunded"})
PDF = "application/pdf"


class EasyPostCarrier:
    """The `easypost` entry of settings.CARRIERS."""

    name = "easypost"
    title = "EasyPost"
    makes_labels = True

    def label(self, request: LabelRequest) -> Label:
        shipment = self._under(request.key)
        if shipment is None:
            wanted = shipment_of(request, settings.EASYPOST_CUSTOMS)
            shipment = call(lambda client: client.shipment.create(**wanted))
        return label_of(shipment if shipment.get("postage_label") else self._bought(shipment, request.service))

    def find(self, key: str) -> Label | None:
        shipment = self._under(key)
        return label_of(shipment) if shipment and shipment.get("postage_label") else None

    def cancel(self, reference: str) -> None:
        try:
            call(lambda client: client.shipment.refund(reference))
        except CarrierRefused:
            # Asked before, it is on its way; the second request for it is refused.
            if self._get(reference).get("refund_status") not in GIVEN_BACK:
                raise

    def track(self, reference: str) -> Sequence[Tracked]:
        shipment = self._get(reference)
        try:
            return news_of({**(shipment.get("tracker") or {}), "shipment_id": reference})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CarrierUnavailable("EasyPost's answer is not in its form") from error

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Sequence[Tracked]:
        tracker = verified(body, headers).get("result")
        if not isinstance(tracker, dict) or tracker.get("object") != "Tracker":
            return []
        try:
            return news_of(tracker)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadTracking("the message is not in EasyPost's form") from error

    def _get(self, reference: str) -> Json:
        return call(lambda client: client.shipment.retrieve(reference))

    def _under(self, key: str) -> Json | None:
        """The shipment with that key as its reference, unless its label was given back."""
        try:
            found = self._get(key)
        except Unknown:
            return None
        is_it = found.get("reference") == key and found.get("refund_status") not in GIVEN_BACK
        return found if is_it else None

    def _bought(self, shipment: Json, service: str) -> Json:
        """The shipment with its label, bought now unless somebody was first."""
        rate = rate_of(shipment, service)
        try:
            return call(lambda client: client.shipment.buy(shipment["id"], rate={"id": rate["id"]}))
        except BoughtBefore:
            return self._get(shipment["id"])


class Unknown(CarrierRefused):
    """EasyPost has nothing under that name."""


class BoughtBefore(CarrierRefused):
    """The shipment has its label."""


def rate_of(shipment: Json, service: str) -> Json:
    """The cheapest of the services that may be used, in the shop's currency where there is one. CarrierRefused: none.

    service: the one that the parcel is to go by, if it is among them.
    """
    offered: list[Json] = shipment.get("rates") or []
    allowed = settings.EASYPOST_SERVICES
    rates = [rate for rate in offered if not allowed or service_of(rate) in allowed]
    rates = [rate for rate in rates if service_of(rate) == service] or rates
    if not rates:
        said = "; ".join(str(each.get("message", "")) for each in shipment.get("messages") or [])
        raise CarrierRefused(f"EasyPost offers no service for this parcel. {said}".strip()[:400])
    try:
        return min(rates, key=lambda rate: (rate["currency"] != shop_currency(), Decimal(rate["rate"])))
    except (KeyError, TypeError, InvalidOperation) as error:
        raise CarrierUnavailable("EasyPost's answer is not in its form") from error


def service_of(rate: Json) -> str:
    """Such as 'RoyalMail Tracked48'."""
    return f"{rate.get('carrier')} {rate.get('service')}"


def label_of(shipment: Json) -> Label:
    """The label of a shipment that has one, its PDF fetched. Raises CarrierUnavailable."""
    try:
        rate = shipment["selected_rate"]
        cost = Money.from_decimal(str(rate["rate"]), str(rate["currency"]))
        return Label(
            reference=str(shipment["id"]),
            tracking_number=str(shipment["tracking_code"]),
            tracking_url=str((shipment.get("tracker") or {}).get("public_url") or ""),
            pdf=pdf_of(shipment),
            service=service_of(rate),
            cost=cost.amount if cost.currency == shop_currency() else None,
        )
    except (KeyError, TypeError, InvalidOperation) as error:
        raise CarrierUnavailable("EasyPost's answer is not in its form") from error


def pdf_of(shipment: Json) -> bytes:
    """The label's PDF; of one that was made as a picture, the PDF that EasyPost makes of it."""
    label = shipment["postage_label"]
    address = label.get("label_pdf_url") or (label["label_url"] if label.get("label_file_type") == PDF else "")
    if not address:
        made = call(lambda client: client.shipment.label(shipment["id"], file_format="PDF"))
        address = made["postage_label"]["label_pdf_url"]
    return fetch(str(address))


def fetch(address: str) -> bytes:
    """A PDF at an address that EasyPost named. Raises CarrierUnavailable: the label is bought, and found again."""
    import requests  # noqa: PLC0415 - heavy: only processes that talk to a carrier load it

    scheme = "http://" if settings.EASYPOST_API_BASE.startswith("http://") else "https://"
    if not address.startswith(scheme):
        raise CarrierUnavailable("EasyPost named no address of the label that may be asked")
    try:
        response = requests.get(address, timeout=TIMEOUT_SECONDS)
    except requests.RequestException as error:
        raise CarrierUnavailable(f"the label could not be fetched: {error}") from error
    pdf = response.content
    if response.status_code != 200 or not pdf.startswith(b"%PDF") or len(pdf) > LARGEST_LABEL:
        raise CarrierUnavailable("the label could not be fetched, or is no PDF")
    return pdf


def verified(body: bytes, headers: Mapping[str, str]) -> Json:
    """The event in a message that EasyPost signed with our secret. Raises BadTracking.

    Header X-Hmac-Signature: HMAC-SHA256 of the raw body, the secret in normal form KD. There is no time in it: a
    message that is sent once more brings no news.
    """
    from easypost.errors.general.signature_verification_error import SignatureVerificationError  # noqa: PLC0415 - as in call()
    from easypost.util import validate_webhook  # noqa: PLC0415 - as in call()

    secret = settings.EASYPOST_WEBHOOK_SECRET
    if not secret:
        raise BadTracking("no secret is set (EASYPOST_WEBHOOK_SECRET)")
    signature = headers.get("X-Hmac-Signature", "")
    try:
        event = validate_webhook(body, {"X-Hmac-Signature": signature}, secret)
    except (SignatureVerificationError, TypeError) as error:
        raise BadTracking("the signature is missing or wrong") from error
    except ValueError as error:
        raise BadTracking("the message is not in EasyPost's form") from error
    if not isinstance(event, dict):
        raise BadTracking("the message is not in EasyPost's form")
    return event


def call(work: "Callable[[EasyPostClient], Any]") -> Json:
    """One call; what EasyPost answered. Raises Unknown, BoughtBefore, CarrierRefused or CarrierUnavailable."""
    # The client and its HTTP library take half a second to load, and most processes never make a label.
    from easypost.errors.api.api_error import ApiError  # noqa: PLC0415
    from easypost.errors.general.easypost_error import EasyPostError  # noqa: PLC0415

    refuse_inside_transaction()
    if not settings.EASYPOST_API_KEY:
        raise CarrierRefused("EasyPost is not set up (EASYPOST_API_KEY).")
    try:
        answer = work(client_for(settings.EASYPOST_API_KEY, settings.EASYPOST_API_BASE))
        found: Json = answer.to_dict()
        return found
    except ApiError as error:
        raise meaning(error.http_status or 0, error.code or "", error.message) from error
    except (EasyPostError, AttributeError) as error:
        raise CarrierUnavailable(f"EasyPost's answer is not in its form: {error}") from error


def meaning(status: int, code: str, words: str) -> CarrierRefused | CarrierUnavailable:
    """The port's error for an answer; status: 0 where there was none."""
    said = f"EasyPost: {words or code or status}"[:400]
    if is_uncertain(status) or code in UNFINISHED:
        return CarrierUnavailable(said)
    if status == 404:
        return Unknown(said)
    return BoughtBefore(said) if code == "SHIPMENT.POSTAGE.EXISTS" else CarrierRefused(said)


@lru_cache(maxsize=1)
def client_for(key: str, base: str) -> "EasyPostClient":
    """Keeps connections open, and may be shared by threads."""
    from easypost.easypost_client import EasyPostClient  # noqa: PLC0415 - as in call()
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 - as in call()

    client = EasyPostClient(key, **({"api_base": base} if base else {}), timeout=TIMEOUT_SECONDS)  # type: ignore[arg-type]
    # By itself the client tries three times more: nobody at the packing table waits so long, and we look first.
    client._requests_session.mount(client.api_base, HTTPAdapter(max_retries=0))
    return client
