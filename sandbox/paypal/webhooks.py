"""Messages in PayPal's shape, signed over their bytes, and the answer to whether that signature is right.

PayPal signs with a certificate; the sandbox with the client's secret, over the same text.
"""

import base64
import hashlib
import hmac
import json
import re
import uuid
import zlib
from typing import Any

from django.conf import settings
from django.utils import timezone

from sandbox.deliveries import send
from sandbox.models import Event, make_id
from sandbox.paypal.errors import invalid
from sandbox.paypal.params import anything, required, text
from sandbox.paypal.shapes import TIME

Json = dict[str, Any]
SIGNED = ("auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time", "webhook_id")
VERIFY = {**dict.fromkeys(SIGNED, text(500)), "webhook_event": anything}


def announce(type: str, resource_type: str, resource: Json) -> Event:
    """Write an event and its delivery in the transaction of what it tells of; delivered after the commit."""
    body = {"resource_type": resource_type, "resource": resource}
    event = Event.objects.create(id=make_id("WH"), provider=Event.Provider.PAYPAL, type=type, object=body)
    send(event)
    return event


def event_json(event: Event) -> Json:
    return {
        "id": event.id,
        "create_time": event.created.strftime(TIME),
        "event_version": "1.0",
        "event_type": event.type,
        "summary": "From the sandbox: no money moved.",
        **event.object,
        "links": [],
    }


def message(event: Event) -> tuple[str, bytes, dict[str, str]]:
    """(address, body, headers) of one delivery."""
    body = json.dumps(event_json(event)).encode()
    transmission, sent_at = str(uuid.uuid4()), timezone.now().strftime(TIME)
    headers = {
        "Content-Type": "application/json",
        "PayPal-Auth-Algo": "SHA256withRSA",
        "PayPal-Cert-Url": f"{settings.PAYPAL_API_BASE}/v1/notifications/certs/CERT-sandbox",
        "PayPal-Transmission-Id": transmission,
        "PayPal-Transmission-Time": sent_at,
        "PayPal-Transmission-Sig": signature(transmission, sent_at, settings.PAYPAL_WEBHOOK_ID, body),
    }
    return settings.SANDBOX_PAYPAL_WEBHOOK_URL, body, headers


def signature(transmission_id: str, sent_at: str, webhook_id: str, body: bytes) -> str:
    """Over id, time, webhook and the checksum of the body's bytes, as PayPal's is."""
    signed = f"{transmission_id}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()
    digest = hmac.new(settings.PAYPAL_CLIENT_SECRET.encode(), signed, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def verify(params: Json, base: str, raw: bytes) -> Json:
    """Whether that message was signed like that. The event counts by its bytes, as it stands in the request."""
    required(params, "", *VERIFY)
    right = signature(
        params["transmission_id"], params["transmission_time"], settings.PAYPAL_WEBHOOK_ID, _event_bytes(raw)
    )
    same = hmac.compare_digest(right.encode(), params["transmission_sig"].encode())
    ours = params["webhook_id"] == settings.PAYPAL_WEBHOOK_ID
    return {"verification_status": "SUCCESS" if same and ours else "FAILURE"}


def _event_bytes(raw: bytes) -> bytes:
    body = raw.decode()
    found = re.search(r'"webhook_event"\s*:\s*', body)
    if found is None:
        raise invalid("/webhook_event", "MISSING_REQUIRED_PARAMETER", "A required field is missing.")
    _, end = json.JSONDecoder().raw_decode(body, found.end())
    return body[found.end() : end].encode()
