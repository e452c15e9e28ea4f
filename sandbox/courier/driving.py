"""What the courier's people do with a parcel, and telling the shop of it by signed messages."""

import hashlib
import hmac
import json
import time
from typing import Any

from django.conf import settings
from django.db import transaction

from sandbox.courier.models import CourierNews, CourierParcel
from sandbox.deliveries import send
from sandbox.models import Event, make_id

State = CourierParcel.State
# Where it happens, and what is said of it.
PLACES: dict[str, tuple[str, str]] = {
    State.COLLECTED: ("London", "Collected from the sender"),
    State.IN_TRANSIT: ("Leeds depot", "Left the depot"),
    State.OUT: ("Local depot", "With the driver"),
    State.READY: ("Parcel shop", "Waits at the counter"),
    State.DELIVERED: ("Front door", "Handed over"),
    State.FAILED: ("Front door", "Nobody at home"),
    State.LOST: ("", "Not found at three depots"),
    State.RETURNED: ("London", "Brought back to the sender"),
}


def happen(parcel_id: str, kind: str) -> None:
    """Something happens to a parcel; the shop hears of it."""
    place, note = PLACES[kind]
    with transaction.atomic():
        parcel = CourierParcel.objects.select_for_update().get(pk=parcel_id)
        parcel.state = kind
        parcel.save(update_fields=["state"])
        news = CourierNews.objects.create(id=make_id("evt_lc"), parcel=parcel, kind=kind, place=place, note=note)
        event = Event.objects.create(
            id=news.id, provider=Event.Provider.COURIER, type=f"parcel.{kind}", object=news_json(news)
        )
        send(event)


def news_json(news: CourierNews) -> dict[str, Any]:
    return {
        "id": news.id,
        "shipment": news.parcel_id,
        "kind": news.kind,
        "at": news.at.isoformat(),
        "place": news.place,
        "note": news.note,
    }


def message(event: Event) -> tuple[str, bytes, dict[str, str]]:
    """(address, body, headers) of one delivery, signed at the time it goes."""
    body, at = json.dumps(event.object).encode(), int(time.time())
    secret = settings.COURIER_WEBHOOK_SECRET.encode()
    digest = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "Courier-Signature": f"t={at},v1={digest}"}
    return settings.SANDBOX_COURIER_WEBHOOK_URL, body, headers
