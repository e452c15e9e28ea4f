"""The sentinel's look at events that were handed on and never handled."""

from datetime import timedelta

import pytest

from shop.alerts.models import Alert
from shop.checkout.rounds import Round
from shop.checkout.sentinel.run import ask
from shop.checkout.sentinel.running import CHECKS
from shop.core import clock
from shop.events.models import OutboxEvent

pytestmark = pytest.mark.django_db

CHECK = next(check for check in CHECKS if check.name == "event-unacknowledged")


def published(minutes: int, name: str = "OrderPaid", **fields: object) -> OutboxEvent:
    at = clock.now() - timedelta(minutes=minutes)
    return OutboxEvent.objects.create(name=name, detail={}, state="published", published_at=at, **fields)


def look() -> list[str]:
    ask(Round(), CHECK)
    return list(Alert.objects.open().values_list("key", flat=True))


def test_an_event_nobody_handled_within_the_hour_is_an_alert_until_it_is_handled() -> None:
    event = published(61)
    assert look() == [f"sentinel:event-unacknowledged:{event.pk}"]
    OutboxEvent.objects.update(acknowledged_at=clock.now())
    assert look() == []


def test_what_is_handled_or_young_or_without_a_consumer_is_well() -> None:
    published(59)
    published(61, acknowledged_at=clock.now())
    published(61, name="CustomerSignedUp")
    assert look() == []
