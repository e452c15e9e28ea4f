"""What is said to EasyPost and by it, in its own shapes: a parcel to be sent, and the news of its tracker."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_UP, Decimal
from hashlib import sha256
from typing import Any

from shop.adapters.carriers import CarrierRefused, LabelRequest, Place, Tracked
from shop.core.money import Money

Json = dict[str, Any]

GRAMS_PER_OUNCE = Decimal("28.349523125")
# EasyPost's words for what happened, and ours. Others (made, unknown, error, cancelled) move nothing.
KINDS = {
    "in_transit": "in-transit",
    "out_for_delivery": "out",
    "available_for_pickup": "ready",
    "delivered": "delivered",
    "failure": "failed",
    "return_to_sender": "failed",
}


def shipment_of(request: LabelRequest, customs: Sequence[str]) -> Json:
    """The parcel as EasyPost wants it: ounces, a label of 4 x 6 inches, our key as its reference.

    customs: what is in parcels that cross a border: description, tariff number, country of origin. Raises
    CarrierRefused where that is needed and missing.
    """
    wanted: Json = {
        "reference": request.key,
        "to_address": address_of(request.recipient),
        "from_address": address_of(request.sender),
        "parcel": {"weight": float(ounces(request.weight_grams))},
        "options": {"label_format": "PDF", "label_size": "4x6", "print_custom_1": request.reference},
    }
    if request.currency:
        wanted["options"]["currency"] = request.currency
    if request.recipient.country != request.sender.country:
        wanted["customs_info"] = customs_of(request, customs)
    return wanted


def address_of(place: Place) -> dict[str, str]:
    """Without what is not known."""
    parts = {
        "name": place.name,
        "street1": place.street,
        "street2": place.street2,
        "city": place.city,
        "state": place.region,
        "zip": place.postcode,
        "country": place.country,
        "phone": place.phone,
        "email": place.email,
    }
    return {name: value for name, value in parts.items() if value}


def ounces(grams: int) -> Decimal:
    """In tenths, the next higher: a parcel is never declared lighter than it is."""
    return (grams / GRAMS_PER_OUNCE).quantize(Decimal("0.1"), ROUND_UP)


def customs_of(request: LabelRequest, customs: Sequence[str]) -> Json:
    if len(customs) != 3:
        raise CarrierRefused("A parcel to another country needs a customs declaration: set EASYPOST_CUSTOMS.")
    description, tariff_number, origin = customs
    item = {
        "description": description,
        "hs_tariff_number": tariff_number,
        "origin_country": origin,
        "quantity": 1,
        "weight": float(ounces(request.weight_grams)),
        "value": str(Money(request.value, request.currency).decimal),
        "currency": request.currency,
    }
    return {
        "contents_type": "merchandise",
        "restriction_type": "none",
        "non_delivery_option": "return",
        "customs_certify": True,
        "customs_signer": request.sender.name,
        "customs_items": [item],
    }


def news_of(tracker: Mapping[str, Any]) -> list[Tracked]:
    """All that a tracker knows, oldest first. Raises KeyError, TypeError or ValueError for what is no tracker.

    On its way back to us a parcel is one that could not be delivered; what "delivered" says then is that we have it.
    """
    reference, found, is_coming_back = str(tracker.get("shipment_id") or ""), [], False
    for detail in sorted(tracker.get("tracking_details") or [], key=when):
        status = str(detail["status"])
        kind = "lost" if detail.get("status_detail") == "lost" else KINDS.get(status, "")
        if is_coming_back:
            kind = "returned" if status == "delivered" else ""
        is_coming_back = is_coming_back or status == "return_to_sender"
        if kind:
            found.append(piece_of_news(reference, kind, detail))
    return found


def piece_of_news(reference: str, kind: str, detail: Mapping[str, Any]) -> Tracked:
    """One scan of a parcel. It has no id of its own: when, what and where are one."""
    place = str((detail.get("tracking_location") or {}).get("city") or "")
    words = str(detail.get("message") or "")
    mark = sha256("|".join([str(detail["datetime"]), str(detail["status"]), words, place]).encode()).hexdigest()
    back = "On its way back to us. " if detail["status"] == "return_to_sender" else ""
    return Tracked(
        source=f"easypost:{reference}:{mark[:24]}",
        reference=reference,
        kind=kind,
        at=when(detail),
        place=place[:120],
        note=f"{back}{words}".strip()[:200],
    )


def when(detail: Mapping[str, Any]) -> datetime:
    """Its time. Raises ValueError for one without its zone."""
    at = datetime.fromisoformat(str(detail["datetime"]))
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at
