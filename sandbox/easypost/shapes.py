"""Shipments and trackers as EasyPost writes them."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from sandbox.easypost.models import EasyPostShipment

Json = dict[str, Any]


def shipment_json(request: HttpRequest, shipment: EasyPostShipment) -> Json:
    is_bought = shipment.selected_rate is not None
    return {
        "id": shipment.pk,
        "object": "Shipment",
        "mode": "test",
        "reference": shipment.reference or None,
        "status": shipment.status,
        "rates": shipment.rates,
        "messages": shipment.messages,
        "options": shipment.asked.get("options") or {},
        "selected_rate": shipment.selected_rate,
        "tracking_code": shipment.tracking_code or None,
        "refund_status": shipment.refund_status or None,
        "postage_label": postage_label(request, shipment) if is_bought else None,
        "tracker": tracker_json(shipment, request.build_absolute_uri("/")) if is_bought else None,
    }


def postage_label(request: HttpRequest, shipment: EasyPostShipment) -> Json:
    return {
        "id": f"pl_{shipment.pk[4:]}",
        "object": "PostageLabel",
        "label_size": "4x6",
        "label_file_type": "application/pdf",
        "label_url": request.build_absolute_uri(reverse("sandbox-easypost-label", args=[shipment.pk])),
        "label_pdf_url": None,
    }


def tracker_json(shipment: EasyPostShipment, site: str) -> Json:
    """site: where the sandbox answers, for the address of the parcel's page."""
    page = reverse("sandbox-easypost-track", args=[shipment.tracking_code])
    return {
        "id": f"trk_{shipment.pk[4:]}",
        "object": "Tracker",
        "mode": "test",
        "tracking_code": shipment.tracking_code,
        "status": shipment.status,
        "shipment_id": shipment.pk,
        "carrier": (shipment.selected_rate or {}).get("carrier"),
        "tracking_details": shipment.details,
        "public_url": site.rstrip("/") + page,
    }
