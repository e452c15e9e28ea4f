"""`manage.py sentinel`: does everything that must agree agree?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.checkout.sentinel.run import sentinel


class Command(BaseCommand):
    help = "Check stock, money, orders and queues of the whole shop; each difference becomes an alert with what to do"

    def handle(self, *args: Any, **options: Any) -> None:
        """One line per check, a summary, and exit code 1 with a list when something does not agree."""
        try:
            run = sentinel(self.stdout.write)
        except KeyboardInterrupt:
            raise CommandError("Interrupted. The checks before this one have told what they found.") from None
        self.stdout.write("Another run is at work." if run.busy else f"{run.done['checks']} checks.")
        if run.failures:
            raise CommandError(f"{len(run.failures)} things need somebody:\n  " + "\n  ".join(run.failures))
