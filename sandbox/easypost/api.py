"""EasyPost's HTTP interface as far as the shop uses it: shipments, buying and giving back their labels.

What is not here answers 404 loudly. A shipment has one label: buying a second one is refused, as EasyPost does it.
"""

import json
import secrets
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from sandbox.courier.paper import Paper, label
from sandbox.easypost.models import EasyPostShipment
from sandbox.easypost.shapes import shipment_json
from sandbox.models import Weather

Json = dict[str, Any]
KEY_PREFIX = "EZTKsandbox"
NEEDED = ("street1", "city", "country")
# Carrier, service, price of the first kilogram, of each further one.
SERVICES = (("RoyalMail", "Tracked48", "3.30", "1.10"), ("RoyalMail", "Tracked24", "4.15", "1.20"),
            ("DPDUK", "NextDay", "6.90", "0.90"))  # fmt: skip
# No carrier serves a place of that name.
NOWHERE = "nowhere"
OUNCES_PER_KILOGRAM = Decimal("35.27396195")


class Refused(Exception):
    """An answer with an HTTP status of 400 or more, and EasyPost's code for it."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code = status, code


@csrf_exempt
def api(request: HttpRequest, path: str) -> HttpResponse:
    """Every address below /sandbox/easypost/v2/."""
    try:
        refuse_stranger(request.headers.get("Authorization", ""))
        suffer_weather()
        return JsonResponse(operation(request, path), status=201 if request.method == "POST" else 200)
    except Refused as refused:
        error = {"code": refused.code, "message": str(refused), "errors": []}
        return JsonResponse({"error": error}, status=refused.status)


def refuse_stranger(authorization: str) -> None:
    """Raise Refused unless the sandbox's own key came as a bearer token."""
    key = authorization.removeprefix("Bearer ")
    if not key.startswith(KEY_PREFIX) or not constant_time_compare(key, settings.EASYPOST_API_KEY):
        raise Refused(401, "APIKEY.INACTIVE", "This is a sandbox: it takes its own key only.")


def suffer_weather() -> None:
    """In bad weather a request is not carried out at all, or there are too many of them."""
    if spent("break_next"):
        raise Refused(500, "INTERNAL_SERVER_ERROR", "We're sorry, something went wrong.")
    if spent("limit_next"):
        raise Refused(429, "RATE_LIMITED", "You are making too many requests. Please slow down.")


def spent(name: str) -> bool:
    """Whether one more of that kind of trouble was due; it is used up by that."""
    row = Weather.objects.filter(pk=Weather.today().pk, **{f"{name}__gt": 0})
    return bool(row.update(**{name: F(name) - 1}))


def operation(request: HttpRequest, path: str) -> Json:
    """Do what is asked at that address. Raises Refused, with 404 where there is nothing."""
    match [str(request.method), *path.split("/")]:
        case ["POST", "shipments"]:
            shipment = create(read(request).get("shipment"))
        case ["GET", "shipments", name]:
            shipment = get(name)
        case ["POST", "shipments", name, "buy"]:
            shipment = buy(name, read(request).get("rate"))
        case ["POST", "shipments", name, "refund"]:
            shipment = refund(name)
        case _:
            raise Refused(404, "NOT_FOUND", f"The sandbox's EasyPost has no {request.method} /{path}.")
    return shipment_json(request, shipment)


def read(request: HttpRequest) -> Json:
    try:
        found = json.loads(request.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(422, "PARAMETER.INVALID", "The body is not a JSON object.")
    return found


def create(asked: Any) -> EasyPostShipment:
    """A shipment with its rates. Its reference need not be the only one of its kind, as at EasyPost."""
    if not isinstance(asked, dict):
        raise Refused(422, "PARAMETER.REQUIRED", "Missing required parameter: shipment.")
    for name in ("to_address", "from_address"):
        refuse_incomplete(asked, name)
    weight = (asked.get("parcel") or {}).get("weight")
    if not isinstance(weight, int | float) or weight <= 0:
        raise Refused(422, "PARAMETER.INVALID", "parcel.weight: must be greater than zero.")
    rates, messages = offers(asked, Decimal(str(weight)))
    return EasyPostShipment.objects.create(
        reference=str(asked.get("reference") or "")[:100], asked=asked, rates=rates, messages=messages
    )


def refuse_incomplete(asked: Json, name: str) -> None:
    given = asked.get(name)
    missing = [part for part in NEEDED if not isinstance(given, dict) or not given.get(part)]
    if missing:
        raise Refused(422, "ADDRESS.PARAMETERS.INVALID", f"{name}.{missing[0]}: missing required parameter.")


def offers(asked: Json, ounces: Decimal) -> tuple[list[Json], list[Json]]:
    """The rates for a parcel, and why some carriers have none."""
    crosses = asked["to_address"]["country"] != asked["from_address"]["country"]
    why = ""
    if asked["to_address"]["city"].lower() == NOWHERE:
        why = "The address is not served."
    elif crosses and not (asked.get("customs_info") or {}).get("customs_items"):
        why = "customs_info: required for international shipments."
    elif ounces > 30 * OUNCES_PER_KILOGRAM:
        why = "The parcel is too heavy."
    if why:
        return [], [{"carrier": "RoyalMail", "type": "rate_error", "message": why}]
    more = max(0, int(ounces / OUNCES_PER_KILOGRAM))
    currency = (asked.get("options") or {}).get("currency") or "USD"
    return [
        {
            "id": f"rate_sandbox{secrets.token_hex(8)}",
            "object": "Rate",
            "carrier": carrier,
            "service": service,
            "rate": str(Decimal(first) + more * Decimal(each)),
            "currency": currency,
        }
        for carrier, service, first, each in SERVICES
    ], []


def get(name: str) -> EasyPostShipment:
    """By its id or its reference; of several with one reference the newest."""
    found = EasyPostShipment.objects.filter(Q(pk=name) | Q(reference=name)).order_by("-created").first()
    if found is None:
        raise Refused(404, "NOT_FOUND", "The requested resource could not be found.")
    return found


def buy(name: str, wanted: Any) -> EasyPostShipment:
    """Its label, once; in bad weather whoever bought it does not hear so."""
    with transaction.atomic():
        shipment = EasyPostShipment.objects.select_for_update().get(pk=get(name).pk)
        if shipment.selected_rate:
            raise Refused(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
        asked = wanted.get("id") if isinstance(wanted, dict) else None
        rate = next((rate for rate in shipment.rates if rate["id"] == asked), None)
        if rate is None:
            raise Refused(422, "SHIPMENT.RATE.INVALID", "That is no rate of this shipment.")
        shipment.selected_rate = rate
        shipment.tracking_code = f"EZ{secrets.randbelow(10**9):09d}XX"
        shipment.save()
    if spent("lose_labels"):
        raise Refused(504, "GATEWAY_TIMEOUT", "The gateway has waited long enough.")
    return shipment


def refund(name: str) -> EasyPostShipment:
    """The label is given back, unless it was used or given back before."""
    with transaction.atomic():
        shipment = EasyPostShipment.objects.select_for_update().get(pk=get(name).pk)
        if not shipment.selected_rate or shipment.details or shipment.refund_status:
            raise Refused(422, "SHIPMENT.REFUND.UNAVAILABLE", "A refund is not available for this shipment.")
        shipment.refund_status = "submitted"
        shipment.save()
    return shipment


def label_file(request: HttpRequest, shipment_id: str) -> HttpResponse:
    """The label as a PDF, to whoever knows its address, as EasyPost's own files are."""
    shipment = get_object_or_404(EasyPostShipment, pk=shipment_id)
    to, sender = shipment.asked["to_address"], shipment.asked["from_address"]
    rate = shipment.selected_rate or {}
    paper = Paper(
        carrier="EASYPOST",
        tracking_number=shipment.tracking_code,
        service=f"{rate.get('carrier')} {rate.get('service')}",
        weight_grams=shipment.weight_grams,
        reference=str((shipment.asked.get("options") or {}).get("print_custom_1", "")),
        recipient=place(to),
        sender=place(sender),
    )
    return HttpResponse(label(paper), content_type="application/pdf")


def place(address: Json) -> dict[str, str]:
    names = {"street": "street1", "region": "state", "postcode": "zip"}
    parts = ("name", "street", "street2", "city", "region", "postcode", "country")
    return {part: str(address.get(names.get(part, part)) or "") for part in parts}
