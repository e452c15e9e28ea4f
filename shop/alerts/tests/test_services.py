"""Alerts: one open row a matter."""

import pytest

from shop.alerts.models import Alert
from shop.alerts.services import close_alerts, raise_alert
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


def test_the_same_matter_is_one_open_alert_with_the_newest_words() -> None:
    first = raise_alert(key="refund-failed:1", title="A refund failed", advice="Look")
    again = raise_alert(key="refund-failed:1", title="A refund failed twice", advice="Look again")
    assert again.pk == first.pk
    alert = Alert.objects.get()
    assert (alert.title, alert.advice, alert.times) == ("A refund failed twice", "Look again", 2)
    assert alert.last_seen_at > alert.raised_at


def test_a_closed_matter_that_comes_back_is_a_new_alert() -> None:
    raise_alert(key="a", title="A", advice="Look")
    raise_alert(key="b", title="B", advice="Look")
    alice = make_user()
    assert close_alerts("a", actor=alice) == 1
    assert close_alerts("a") == 0
    raise_alert(key="a", title="A again", advice="Look")
    assert [alert.title for alert in Alert.objects.open()] == ["A again", "B"]
    assert Alert.objects.exclude(closed_at=None).get().closed_by == alice
