"""Alarms on the shop's own figures wait for figures that the shop tells."""

import logging

import pytest

from infra import load
from shop.alerts.gauges import report

pytestmark = pytest.mark.django_db


def test_every_alarm_on_the_shops_own_figures_has_one_to_wait_for(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="figures"):
        report()
    told = {name for record in caplog.records for name in vars(record)["figures"]}
    # Counted by CloudWatch itself from the lines.
    told.add("LoggedErrors")
    made = load.resources("observability", "dev").values()
    alarms = [each.properties for each in made if each.type == "AWS::CloudWatch::Alarm"]
    watched = {each["MetricName"] for each in alarms if each.get("Namespace") == "AspireClothes/dev"}
    assert {"OpenAlerts", "DeadEvents"} <= watched <= told
    assert not [each for each in alarms if each.get("Namespace") == "AspireClothes/dev" and each.get("Dimensions")]
