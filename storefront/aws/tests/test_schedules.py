"""The schedules in zappa_settings.json are the jobs of storefront/scheduled.py."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from storefront.aws.schedules import expression
from storefront.scheduled import JOBS

EVENTS: list[dict[str, Any]] = json.loads((Path(django_settings.BASE_DIR) / "zappa_settings.json").read_text())["base"][
    "events"
]


@pytest.mark.parametrize(
    ("every", "words"),
    [
        (1, "rate(1 minute)"),
        (59, "rate(1 minute)"),
        (60, "rate(1 minute)"),
        (300, "rate(5 minutes)"),
        (3600, "rate(1 hour)"),
        (5400, "rate(90 minutes)"),
        (21600, "rate(6 hours)"),
        (86400, "rate(1 day)"),
    ],
)
def test_a_rate_is_said_in_eventbridges_words(every: int, words: str) -> None:
    assert expression(every) == words


def test_every_job_but_the_sandboxs_has_its_schedule_at_its_rate() -> None:
    schedules = {each["kwargs"]["job"]: each["expression"] for each in EVENTS if "expression" in each}
    assert schedules == {job.name: expression(job.every) for job in JOBS if not job.name.startswith("sandbox")}


def test_every_schedule_has_a_name_of_its_own_that_aws_takes() -> None:
    names = [f"{each['name']}-{each['function']}" for each in EVENTS if "expression" in each]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 63
    assert all(name.replace("-", "").replace("_", "").replace(".", "").isalnum() for name in names)


def test_every_queue_of_the_shop_is_a_source_that_is_switched_on() -> None:
    sources = {each["event_source"]["arn"]: each["event_source"] for each in EVENTS if "event_source" in each}
    assert set(sources) == {"${EVENTS_QUEUE_ARN}", "${MAIL_FEEDBACK_QUEUE_ARN}", "${KICK_QUEUE_ARN}"}
    assert all(source["enabled"] is True and source["batch_size"] == 10 for source in sources.values())
