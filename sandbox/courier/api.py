"""The courier's HTTP interface: shipments with their labels, their news, calling one off.

What is not here answers 404 loudly. A second shipment under the same key is refused (409), so that whoever lost an
answer asks for the first one instead of paying for two.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from sandbox.courier.driving import news_json
from sandbox.courier.models import CourierParcel
from sandbox.courier.paper import Paper, label
from sandbox.models import Weather

Json = dict[str, Any]
KEY_PREFIX = "sandbox-"
PLACE = ("name", "street", "city", "country", "street2", "region", "postcode", "phone", "email")
NEEDED = ("name", "street", "city", "country")
HEAVIEST = 30_000


class Refused(Exception):
    """An answer with an HTTP status of 400 or more."""

    def __init__(self, status: int, words: str, code: str = "") -> None:
        super().__init__(words)
        self.status, self.code = status, code


@csrf_exempt
def api(request: HttpRequest, path: str) -> HttpResponse:
    """Every address below /sandbox/courier/v1/."""
    try:
        refuse_stranger(request.headers.get("Authorization", ""))
        return JsonResponse(operation(request.method or "", path)(request))
    except Refused as refused:
        return JsonResponse({"error": str(refused), "code": refused.code}, status=refused.status)


def refuse_stranger(authorization: str) -> None:
    """Raise Refused unless the sandbox's own key came as a bearer token."""
    key = authorization.removeprefix("Bearer ")
    if not key.startswith(KEY_PREFIX) or not constant_time_compare(key, settings.COURIER_API_KEY):
        raise Refused(401, "This is a sandbox: it takes its own key only.")


def operation(method: str, path: str) -> Callable[[HttpRequest], Json]:
    """What answers there. Raises Refused (404) where there is nothing."""
    place = path.split("/")
    match [method, *place]:
        case ["POST", "shipments"]:
            return create
        case ["GET", "shipments"]:
            return find
        case ["GET", "shipments", parcel]:
            return lambda request: shipment_json(request, get(parcel))
        case ["GET", "shipments", parcel, "events"]:
            return lambda request: {"events": [news_json(news) for news in get(parcel).news.all()]}
        case ["POST", "shipments", parcel, "cancel"]:
            return lambda request: cancel(request, parcel)
    raise Refused(404, f"The courier has no {method} /{path}.")


def create(request: HttpRequest) -> Json:
    """A shipment and its label, once for each key."""
    asked = read(request)
    key = str(asked.get("key", ""))
    if not 8 <= len(key) <= 80:
        raise Refused(422, "key: 8 to 80 characters")
    weight = asked.get("weight_grams")
    if not isinstance(weight, int) or not 0 < weight <= HEAVIEST:
        raise Refused(422, f"weight_grams: 1 to {HEAVIEST}")
    try:
        with transaction.atomic():
            parcel = CourierParcel.objects.create(
                key=key,
                reference=str(asked.get("reference", ""))[:60],
                service=str(asked.get("service") or "parcel")[:40],
                sender=place_of(asked, "sender"),
                recipient=place_of(asked, "recipient"),
                weight_grams=weight,
                cost=250 + weight // 10,
            )
    except IntegrityError:
        raise Refused(409, f"There is a shipment under the key {key}.", "key-used") from None
    lose_answer()
    return shipment_json(request, parcel)


def lose_answer() -> None:
    """The label is made; in bad weather whoever asked for it does not hear so."""
    weather = Weather.today()
    if Weather.objects.filter(pk=weather.pk, lose_labels__gt=0).update(lose_labels=F("lose_labels") - 1):
        raise Refused(504, "The gateway has waited long enough.")


def find(request: HttpRequest) -> Json:
    found = CourierParcel.objects.filter(key=request.GET.get("key", "")).exclude(state=CourierParcel.State.CANCELLED)
    return {"shipments": [shipment_json(request, parcel) for parcel in found]}


def cancel(request: HttpRequest, parcel_id: str) -> Json:
    unused = CourierParcel.objects.filter(pk=get(parcel_id).pk, state__in=["label-made", "cancelled"])
    if not unused.update(state=CourierParcel.State.CANCELLED, key=f"cancelled {parcel_id}"):
        raise Refused(409, "We have that parcel: its label cannot be given back.", "left")
    return shipment_json(request, get(parcel_id))


def get(parcel_id: str) -> CourierParcel:
    parcel = CourierParcel.objects.filter(pk=parcel_id).first()
    if parcel is None:
        raise Refused(404, "There is no such shipment.")
    return parcel


def read(request: HttpRequest) -> Json:
    try:
        found = json.loads(request.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(400, "The body is not a JSON object.")
    return found


def place_of(asked: Json, name: str) -> dict[str, str]:
    given = asked.get(name)
    given = given if isinstance(given, dict) else {}
    for part in NEEDED:
        if not given.get(part):
            raise Refused(422, f"{name}.{part}: missing")
    return {part: str(given.get(part) or "")[:120] for part in PLACE}


def shipment_json(request: HttpRequest, parcel: CourierParcel) -> Json:
    page = reverse("sandbox-courier-track", args=[parcel.tracking_number])
    return {
        "id": parcel.pk,
        "key": parcel.key,
        "reference": parcel.reference,
        "state": parcel.state,
        "service": parcel.service,
        "cost": parcel.cost,
        "tracking_number": parcel.tracking_number,
        "tracking_url": request.build_absolute_uri(page),
        "label_pdf": base64.b64encode(label(paper_of(parcel))).decode(),
    }


def paper_of(parcel: CourierParcel) -> Paper:
    return Paper(
        carrier="LOCAL COURIER",
        tracking_number=parcel.tracking_number,
        service=parcel.service,
        weight_grams=parcel.weight_grams,
        reference=parcel.reference,
        recipient=parcel.recipient,
        sender=parcel.sender,
    )
