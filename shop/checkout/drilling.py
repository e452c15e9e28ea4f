"""The restore drill with the sentinel's questions."""

from django.conf import settings

from shop.checkout.sentinel import backups
from shop.checkout.sentinel.run import CHECKS
from shop.operations.drills import drill_due


def findings() -> list[tuple[str, str]]:
    """What the sentinel finds in the database that is asked, as (key of its alert, title); nothing is written."""
    asked = [check for check in CHECKS if check not in backups.CHECKS]
    return [(f"{check.prefix}{finding.subject}", finding.title) for check in asked for finding in check.find()]


def drill_by_clock() -> None:
    """For the schedule: one step of a month's drill, where settings.RESTORE_DRILLS says so."""
    if settings.RESTORE_DRILLS:
        drill_due(findings)
