"""Sessions of the pretended provider, made without its API."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from sandbox.models import Session


def make_session(**fields: Any) -> Session:
    defaults: dict[str, Any] = {
        "amount_total": 7999,
        "currency": "gbp",
        "client_reference_id": "A7KM-29QX",
        "line_items": [
            {"name": "<b>Shirt</b>", "description": "Sky, M", "unit_amount": 7999, "quantity": 1, "currency": "gbp"}
        ],
        "success_url": "https://shop.example/return/?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/cancelled/",
        "expires_at": timezone.now() + timedelta(minutes=45),
    }
    return Session.objects.create(**{**defaults, **fields})
