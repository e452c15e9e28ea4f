"""Does the shop's own machinery run: are events published and mails sent?"""

from collections.abc import Iterator
from datetime import timedelta

from shop.alerts.models import Alert
from shop.checkout.sentinel.finding import Check, Finding
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail

# Both jobs run every second.
LATE = timedelta(hours=1)


def events_stuck() -> Iterator[Finding]:
    for event in OutboxEvent.objects.stuck(clock.now() - LATE):
        yield Finding(
            event.pk,
            f"Event {event.name} of {event.created_at:%-d %B} was not handed on",
            "What follows from it (a mail, an invoice, a fresh listing) has not happened. Under Events in the staff "
            f"site choose 'Try to publish again'. {event.last_error[:300]}",
            order_of(event),
        )


def events_unacknowledged() -> Iterator[Finding]:
    # Those are published again within half an hour: here they are only when nobody does so.
    for event in OutboxEvent.objects.unacknowledged(clock.now() - LATE):
        yield Finding(
            event.pk,
            f"Event {event.name} of {event.created_at:%-d %B} was handed on and not handled",
            "What follows from it may not have happened. See that the job 'republish unacknowledged' runs and that "
            "the events queue has a reader.",
            order_of(event),
        )


def order_of(event: OutboxEvent) -> int | None:
    found = event.detail.get("order_id")
    return found if isinstance(found, int) else None


def mails_stuck() -> Iterator[Finding]:
    # The mail of an alert must not make an alert: one would follow the other for ever.
    for mail in OutgoingMail.objects.stuck(clock.now() - LATE).exclude(key__startswith="alert:"):
        yield Finding(
            mail.pk,
            f"A mail was not sent: {mail.subject}",
            f"To {mail.to}. If the address is wrong, reach the buyer another way; otherwise choose 'Send again' under "
            f"Mails. {mail.last_error[:300]}",
        )


CHECKS = (
    Check("event-stuck", "events that were handed on", events_stuck, Alert.Area.SHOP),
    Check("event-unacknowledged", "events that were handled", events_unacknowledged, Alert.Area.SHOP),
    Check("mail-stuck", "mails that were sent", mails_stuck, Alert.Area.SHOP),
)
