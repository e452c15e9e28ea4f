"""Was it tried lately whether the shop's backups can be restored?"""

from collections.abc import Iterator
from datetime import timedelta

from shop.alerts.models import Alert
from shop.checkout.sentinel.finding import Check, Finding
from shop.core import clock
from shop.operations.models import last_good_drill

# Drills are monthly; this leaves some days to repeat one that failed.
LATE = timedelta(days=35)


def drills_overdue() -> Iterator[Finding]:
    last = last_good_drill()
    if last and clock.now() - last > LATE:
        yield Finding(
            "last",
            f"No backup was restored since {last:%-d %B %Y}",
            "Nobody knows whether the shop could be restored today. Run 'manage.py restore_drill', and see under "
            "Restore drills why the last one failed.",
        )


CHECKS = (Check("drill-overdue", "backups that were tried", drills_overdue, Alert.Area.SHOP),)
