"""Events that were published and never handled: a queue was lost, a consumer stopped, a message died."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F

from shop.core import clock
from shop.events.models import OutboxEvent

# So often an event is published again before a person has to look.
MOST = 3


def republish_unacknowledged() -> int:
    """Put events back that no consumer has acknowledged in settings.UNACKNOWLEDGED_MINUTES; returns how many.

    One that came back too often is given up, which the sentinel turns into an alert. A consumer that has handled it
    meanwhile knows it by its inbox.
    """
    now = clock.now()
    waiting = OutboxEvent.objects.unacknowledged(now - timedelta(minutes=settings.UNACKNOWLEDGED_MINUTES))
    waiting.filter(republished__gte=MOST).update(
        state=OutboxEvent.State.DEAD,
        last_error=f"It was published {MOST + 1} times, and some consumer never handled it: "
        "the queue's dead letters or the log say why.",
    )
    return waiting.filter(republished__lt=MOST).update(
        state=OutboxEvent.State.PENDING, attempts=0, next_attempt_at=now, republished=F("republished") + 1
    )
