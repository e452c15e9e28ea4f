"""The figures of the shop's machinery."""

import logging
from datetime import timedelta

import pytest

from shop.alerts.gauges import report
from shop.alerts.services import raise_alert
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail

pytestmark = pytest.mark.django_db


def figures(caplog: pytest.LogCaptureFixture) -> dict[str, float]:
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="figures"):
        report()
    return {name: value for record in caplog.records for name, value in vars(record)["figures"].items()}


def test_where_nothing_waits_all_figures_are_nought(caplog: pytest.LogCaptureFixture) -> None:
    found = figures(caplog)
    assert found.pop("OutboxAge") < 1
    assert found == {"DeadEvents": 0, "DeadMails": 0, "OpenAlerts": 0}


def test_what_waits_and_what_was_given_up_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    hour = clock.now() - timedelta(hours=1)
    OutboxEvent.objects.create(name="OrderPaid", detail={}, state="dead", created_at=hour - timedelta(days=1))
    OutboxEvent.objects.create(name="OrderPaid", detail={})
    OutgoingMail.objects.create(key="a", to="a@example.org", created_at=hour)
    OutgoingMail.objects.create(key="b", to="a@example.org", state="failed")
    raise_alert(key="a", title="A", advice="Look")
    found = figures(caplog)
    assert 3600 <= found.pop("OutboxAge") < 3660
    assert found == {"DeadEvents": 1, "DeadMails": 1, "OpenAlerts": 1}
