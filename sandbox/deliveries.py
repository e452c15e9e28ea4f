"""Events on their way to the shop's webhooks: over HTTP, again and again until they are taken."""

import urllib.error
import urllib.request
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from sandbox.models import Delivery, Event, Weather

# How each provider writes and signs its messages: (address, body, headers) of an event.
MESSAGES: dict[str, str] = {
    Event.Provider.STRIPE: "sandbox.stripe.announce.message",
    Event.Provider.PAYPAL: "sandbox.paypal.webhooks.message",
    Event.Provider.COURIER: "sandbox.courier.driving.message",
    Event.Provider.EASYPOST: "sandbox.easypost.driving.message",
}
# Short: a server with few threads must not wait for itself for long.
TIMEOUT_SECONDS = 8
MOST_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(minutes=10)


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
    """Post the event, signed as its provider does it; whether it was taken (2xx), and the answer in short."""
    address, body, headers = import_string(MESSAGES[event.provider])(event)
    request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310 - the local shop's, from settings
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
