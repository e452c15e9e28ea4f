"""The local courier over HTTP: JSON, a key as bearer token, messages signed like 't=1700000000,v1=<hex>'.

The courier keeps our key with each shipment and refuses a second one under it (409), so a request whose answer was
lost can be found again and never makes two labels.
"""

import base64
import binascii
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.conf import settings

from shop.adapters.carriers import (
    BadTracking,
    CarrierError,
    CarrierRefused,
    CarrierUnavailable,
    Label,
    LabelRequest,
    Tracked,
    is_uncertain,
)
from shop.adapters.network import refuse_inside_transaction

if TYPE_CHECKING:
    from requests import Response, Session

Json = dict[str, Any]

# (to connect, to answer): staff wait for it at the packing table.
TIMEOUT_SECONDS = (4, 10)
# A message older or newer than this is not taken: it may have been recorded and sent again.
FRESH_SECONDS = 300
# The courier's words for what happened, and ours.
KINDS = {
    "label-made": "label",
    "collected": "dispatched",
    "in-transit": "in-transit",
    "out-for-delivery": "out",
    "ready-for-collection": "ready",
    "delivered": "delivered",
    "attempt-failed": "failed",
    "lost": "lost",
    "returned-to-sender": "returned",
}


class CourierCarrier:
    """The `courier` entry of settings.CARRIERS."""

    name = "courier"
    title = "Local Courier"
    makes_labels = True

    def label(self, request: LabelRequest) -> Label:
        body = asdict(request)
        try:
            return self._label_of(call("POST", "/v1/shipments", body))
        except Taken:
            found = self.find(request.key)
            if found is None:
                raise CarrierUnavailable("the courier knows our request but does not show its label yet") from None
            return found

    def find(self, key: str) -> Label | None:
        found = call("GET", f"/v1/shipments?key={quote(key, safe='')}").get("shipments")
        return self._label_of(found[0]) if isinstance(found, list) and found else None

    def cancel(self, reference: str) -> None:
        call("POST", f"/v1/shipments/{quote(reference, safe='')}/cancel", {})

    def track(self, reference: str) -> Sequence[Tracked]:
        events = call("GET", f"/v1/shipments/{quote(reference, safe='')}/events").get("events")
        try:
            return [tracked for event in events or [] if (tracked := news(event))]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CarrierUnavailable("the courier's answer is not in its form") from error

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Sequence[Tracked]:
        verify(body, headers.get("Courier-Signature", ""), settings.COURIER_WEBHOOK_SECRET)
        try:
            found = news(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadTracking("the message is not in the courier's form") from error
        return [found] if found else []

    def _label_of(self, shipment: Json) -> Label:
        try:
            return Label(
                reference=str(shipment["id"]),
                tracking_number=str(shipment["tracking_number"]),
                tracking_url=str(shipment["tracking_url"]),
                pdf=base64.b64decode(shipment["label_pdf"], validate=True),
                service=str(shipment["service"]),
                cost=int(shipment["cost"]),
            )
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            raise CarrierUnavailable("the courier's answer is not in its form") from error


class Taken(CarrierRefused):
    """The courier made a shipment under that key before."""


def news(event: Json) -> Tracked | None:
    """One piece of news; None for a kind that means nothing to us."""
    kind = KINDS.get(str(event["kind"]))
    if kind is None:
        return None
    at = datetime.fromisoformat(str(event["at"]))
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return Tracked(
        source=f"courier:{event['id']}",
        reference=str(event["shipment"]),
        kind=kind,
        at=at,
        place=str(event.get("place", ""))[:120],
        note=str(event.get("note", ""))[:200],
    )


def sign(body: bytes, at: int, secret: str) -> str:
    """The signature of a message sent at that time (Unix seconds)."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={digest}"


def verify(body: bytes, signature: str, secret: str) -> None:
    """Raise BadTracking unless that signature was made of these bytes with our secret within FRESH_SECONDS."""
    if not secret:
        raise BadTracking("no secret is set (COURIER_WEBHOOK_SECRET)")
    stamp = signature.partition(",")[0].removeprefix("t=")
    at = int(stamp) if stamp.isascii() and stamp.isdecimal() and len(stamp) < 13 else 0
    if not hmac.compare_digest(sign(body, at, secret).encode(), signature.encode()):
        raise BadTracking("the signature is wrong")
    if abs(time.time() - at) > FRESH_SECONDS:
        raise BadTracking("the message is too old")


def call(method: str, path: str, body: Json | None = None) -> Json:
    """One call; what the courier answered. Raises Taken, CarrierRefused or CarrierUnavailable."""
    import requests  # noqa: PLC0415 - heavy: only processes that talk to the courier load it

    refuse_inside_transaction()
    if not settings.COURIER_API_BASE:
        raise CarrierRefused("No courier is set up (COURIER_API_BASE).")
    try:
        response = _session().request(
            method,
            settings.COURIER_API_BASE.rstrip("/") + path,
            json=body,
            headers={"Authorization": f"Bearer {settings.COURIER_API_KEY}"},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise CarrierUnavailable(f"no answer from the courier: {error}") from error
    return _read(response)


@lru_cache(maxsize=1)
def _session() -> "Session":
    """Keeps connections open; no cookies are used, so threads may share it."""
    import requests  # noqa: PLC0415 - heavy: only processes that talk to the courier load it

    return requests.Session()


def _read(response: "Response") -> Json:
    try:
        found = response.json()
    except ValueError:
        found = None
    if 200 <= response.status_code < 300 and isinstance(found, dict):
        return found
    raise _error(response.status_code, found if isinstance(found, dict) else {})


def _error(status: int, found: Json) -> CarrierError:
    words = str(found.get("error", "")) or f"the courier answered {status}"
    if status == 409 and found.get("code") == "key-used":
        return Taken(words)
    if is_uncertain(status):
        return CarrierUnavailable(words)
    return CarrierRefused(words)
