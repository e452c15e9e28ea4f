"""Messages in Stripe's shape, signed as Stripe does it."""

import json
from typing import Any

import stripe
from django.conf import settings

from sandbox.deliveries import deliver, deliver_due, post, send
from sandbox.models import Event
from sandbox.stripe.shapes import event_json

__all__ = ["announce", "deliver", "deliver_due", "message", "post", "send"]


def announce(type: str, subject: dict[str, Any]) -> Event:
    """Write an event and its delivery in the transaction of what it tells of; delivered after the commit."""
    event = Event.objects.create(type=type, object=subject)
    send(event)
    return event


def message(event: Event) -> tuple[str, bytes, dict[str, str]]:
    """(address, body, headers) of one delivery."""
    body = json.dumps(event_json(event))
    signature = stripe.WebhookSignature.generate_signature_header(body, settings.STRIPE_WEBHOOK_SECRET)
    headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
    return settings.SANDBOX_WEBHOOK_URL, body.encode(), headers
