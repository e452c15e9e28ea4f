"""What carriers do with a parcel, and EasyPost telling the shop of it by signed messages."""

import hashlib
import hmac
import json
import unicodedata
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sandbox.deliveries import send
from sandbox.easypost.models import EasyPostShipment
from sandbox.easypost.shapes import tracker_json
from sandbox.models import Event, make_id

# By what happens: EasyPost's status, its finer word, where, and what is said of it.
HAPPENINGS: dict[str, tuple[str, str, str, str]] = {
    "in_transit": ("in_transit", "departed_facility", "Leeds", "Departed the facility"),
    "out_for_delivery": ("out_for_delivery", "out_for_delivery", "London", "With the driver"),
    "available_for_pickup": ("available_for_pickup", "arrived_at_pickup_location", "Parcel shop", "Waits at the shop"),
    "delivered": ("delivered", "arrived_at_destination", "London", "Delivered"),
    "failure": ("failure", "delivery_exception", "London", "Nobody at home"),
    "lost": ("failure", "lost", "", "Not found at three depots"),
    "return_to_sender": ("return_to_sender", "return", "Leeds", "Refused by the recipient"),
}


def happen(shipment_id: str, what: str) -> None:
    """Something happens to a parcel; the shop hears of all that its tracker knows by then."""
    status, detail, city, words = HAPPENINGS[what]
    with transaction.atomic():
        shipment = EasyPostShipment.objects.select_for_update().get(pk=shipment_id)
        shipment.details.append(
            {
                "object": "TrackingDetail",
                "status": status,
                "status_detail": detail,
                "message": words,
                "datetime": timezone.now().isoformat(),
                "source": "RoyalMail",
                "tracking_location": {"object": "TrackingLocation", "city": city or None, "country": "GB"},
            }
        )
        shipment.save(update_fields=["details"])
        event_id = make_id("evt_ep")
        body = event_json(event_id, shipment)
        send(Event.objects.create(id=event_id, provider=Event.Provider.EASYPOST, type="tracker.updated", object=body))


def event_json(event_id: str, shipment: EasyPostShipment) -> dict[str, Any]:
    site = settings.SANDBOX_EASYPOST_WEBHOOK_URL.partition("/webhooks/")[0]
    return {
        "id": event_id,
        "object": "Event",
        "mode": "test",
        "description": "tracker.updated",
        "previous_attributes": {},
        "result": tracker_json(shipment, site),
    }


def message(event: Event) -> tuple[str, bytes, dict[str, str]]:
    """(address, body, headers) of one delivery, signed over its bytes."""
    body = json.dumps(event.object).encode()
    secret = unicodedata.normalize("NFKD", settings.EASYPOST_WEBHOOK_SECRET).encode()
    digest = hmac.new(secret, body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Hmac-Signature": f"hmac-sha256-hex={digest}"}
    return settings.SANDBOX_EASYPOST_WEBHOOK_URL, body, headers
