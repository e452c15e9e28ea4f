"""Alerts: one open row a matter."""

import pytest
from pytest_django import Settings

from shop.alerts.models import Alert
from shop.alerts.services import close_alerts, raise_alert
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_order, make_user
from shop.tests.parallel import in_parallel

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


def test_staff_are_mailed_once_a_matter_not_once_a_sighting(settings: Settings) -> None:
    settings.STAFF_EMAILS = ["ann@example.org", "ben@example.org"]
    order = make_order()
    for _ in range(3):
        raise_alert(key="a", title="A refund\nfailed <b>", advice="Ask the bank.\n\nThen close.", order_id=order.pk)
    mails = OutgoingMail.objects.order_by("pk")
    assert [(mail.to, mail.about) for mail in mails] == [(each, order.number) for each in settings.STAFF_EMAILS]
    assert mails[0].subject == "Needs you: A refund failed <b>"
    assert f"/admin/shop/alert/{Alert.objects.get().pk}/change/" in mails[0].text
    assert "A refund\nfailed &lt;b&gt;" in mails[0].html
    assert "<p>Then close.</p>" in mails[0].html


def test_a_wrong_address_among_the_staffs_does_not_undo_the_alert(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.STAFF_EMAILS = ["nonsense", "ben@example.org"]
    raise_alert(key="a", title="A", advice="Look")
    assert [mail.to for mail in OutgoingMail.objects.all()] == ["ben@example.org"]
    assert Alert.objects.open().count() == 1
    assert "is no address" in caplog.text


def test_open_alerts_come_before_closed_ones_and_the_newest_first() -> None:
    for key in ("a", "b", "c"):
        raise_alert(key=key, title=key, advice="Look")
    close_alerts("b")
    assert [alert.key for alert in Alert.objects.all()] == ["c", "a", "b"]


@pytest.mark.django_db(transaction=True)
def test_the_same_matter_seen_by_many_at_once_is_one_alert_and_one_mail(settings: Settings) -> None:
    settings.STAFF_EMAILS = ["ann@example.org"]
    assert in_parallel(lambda: raise_alert(key="a", title="A", advice="Look"), 6) == []
    assert (Alert.objects.get().times, OutgoingMail.objects.count()) == (6, 1)
