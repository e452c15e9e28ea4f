"""Events, and their way to the shop's webhook: signed, over HTTP, again and again until they are taken."""

import json
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import stripe
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from sandbox.models import Delivery, Event, Weather
from sandbox.stripe.shapes import event_json

# Short: a server with few threads must not wait for itself for long.
TIMEOUT_SECONDS = 8
MOST_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(minutes=10)


def announce(type: str, subject: dict[str, Any]) -> Event:
    """Write an event and its delivery in the transaction of what it tells of; delivered after the commit."""
    event = Event.objects.create(type=type, object=subject)
    send(event)
    return event


def send(event: Event) -> Delivery:
    """Put (another) delivery of the event on its way, as the weather has it."""
    weather = Weather.today()
    lost = Weather.objects.filter(pk=weather.pk, lose_next__gt=0).update(lose_next=F("lose_next") - 1)
    return Delivery.objects.create(
        event=event,
        state=Delivery.State.LOST if lost else Delivery.State.WAITING,
        next_at=timezone.now() + timedelta(seconds=weather.delay_seconds),
    )


def deliver_due(most: int = 50) -> int:
    """Deliver what is due now, outside any transaction; the number that the shop took."""
    with transaction.atomic(durable=True):
        pass  # RuntimeError inside a transaction: its events are not there yet for anybody else
    return sum(deliver(delivery) for delivery in Delivery.objects.due(timezone.now())[:most])


def deliver(delivery: Delivery) -> bool:
    """One try; whether the shop took it. Two workers never make the same try."""
    if not _claim(delivery):
        return False
    taken, answer = post(delivery.event)
    delivery.refresh_from_db()
    delivery.answer = answer[:200]
    if taken:
        delivery.state = Delivery.State.DELIVERED
    elif delivery.attempts >= MOST_ATTEMPTS:
        delivery.state = Delivery.State.FAILED
    delivery.save(update_fields=["answer", "state"])
    return taken


def post(event: Event) -> tuple[bool, str]:
    """Sign the event and post it to SANDBOX_WEBHOOK_URL; whether it was taken (2xx), and the answer in short."""
    body = json.dumps(event_json(event))
    signature = stripe.WebhookSignature.generate_signature_header(body, settings.STRIPE_WEBHOOK_SECRET)
    request = urllib.request.Request(  # noqa: S310 - the address is the local shop's, from settings
        settings.SANDBOX_WEBHOOK_URL,
        data=body.encode(),
        headers={"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            return True, f"{response.status}"
    except urllib.error.HTTPError as error:
        return False, f"{error.code} {error.read(150).decode(errors='replace')}"
    except OSError as error:
        return False, f"no answer: {error}"


@transaction.atomic
def _claim(delivery: Delivery) -> bool:
    """Count the try and set the time of the next one, unless another worker has just done so."""
    pause = min(timedelta(seconds=5 * 2**delivery.attempts), LONGEST_PAUSE)
    mine = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING, attempts=delivery.attempts)
    return mine.update(attempts=F("attempts") + 1, next_at=timezone.now() + pause) == 1
