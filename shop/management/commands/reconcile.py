"""`manage.py reconcile`: put payments and orders right with what the provider says."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.checkout.reconcile import reconcile


class Command(BaseCommand):
    help = "Ask the payment providers about everything unfinished and unheard of, and end holds that are over"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=3, metavar="N", help="look for payments nobody told us of so far back (3)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One line per item looked at, a summary, and exit code 1 with a list when something failed."""
        if not 1 <= options["days"] <= 30:
            raise CommandError("--days takes a whole number from 1 to 30: providers keep their messages no longer.")
        try:
            run = reconcile(self.stdout.write, timedelta(days=options["days"]))
        except KeyboardInterrupt:
            raise CommandError("Interrupted. What was done stays done; run it again for the rest.") from None
        self.stdout.write(str(run))
        if run.failures:
            raise CommandError("these could not be reconciled:\n  " + "\n  ".join(run.failures))
