"""How the shop's machinery stands, as figures for a dashboard and its alarms."""

from shop.alerts.models import Alert
from shop.core import clock
from shop.core.logs import measure
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail


def report() -> None:
    """Log how long the oldest event or mail has waited (seconds), how many were given up, how many alerts are open."""
    events, mails = OutboxEvent.objects.all(), OutgoingMail.objects.all()
    waiting = [
        events.filter(state=OutboxEvent.State.PENDING).order_by("next_attempt_at").values_list("created_at").first(),
        mails.filter(state=OutgoingMail.State.PENDING).order_by("next_attempt_at").values_list("created_at").first(),
    ]
    oldest = min((row[0] for row in waiting if row), default=clock.now())
    measure({"OutboxAge": (clock.now() - oldest).total_seconds()}, unit="Seconds")
    measure(
        {
            "DeadEvents": events.given_up().count(),
            "DeadMails": mails.given_up().count(),
            "OpenAlerts": Alert.objects.open().count(),
        }
    )
