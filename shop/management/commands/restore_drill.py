"""`manage.py restore_drill`: can the shop's newest backup be restored?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.checkout.drilling import findings
from shop.operations.drills import step
from shop.operations.models import RestoreDrill


class Command(BaseCommand):
    help = "Restore the newest backup elsewhere, compare it with the shop, run the sentinel in it, and drop it again"

    def handle(self, *args: Any, **options: Any) -> None:
        """Words at each step, and exit code 1 when the copy was not whole."""
        try:
            drill = step(findings, self.stdout.write)
        except KeyboardInterrupt:
            raise CommandError("Interrupted. The copy was dropped.") from None
        if drill is None:
            self.stdout.write("Another drill is at work.")
        elif drill.outcome == RestoreDrill.Outcome.FAILED:
            raise CommandError(f"The backup could not be restored whole: {drill.words}")
        elif drill.outcome == RestoreDrill.Outcome.GOOD:
            self.stdout.write(f"Sentinel in the copy: {drill.sentinel}")
            self.stdout.write(f"Restored whole in {drill.minutes} minutes: {drill.words}.")
