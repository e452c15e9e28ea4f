"""`manage.py reconcile`: put payments and orders right with what the provider says."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.checkout.reconcile import reconcile


class Command(BaseCommand):
    help = "Ask the payment provider about everything unfinished, and end holds that are over"

    def handle(self, *args: Any, **options: Any) -> None:
        """One line per item looked at, a summary, and exit code 1 with a list when something failed."""
        summary = reconcile(progress=self.stdout.write)
        self.stdout.write(str(summary))
        if summary.failures:
            raise CommandError("these could not be reconciled:\n  " + "\n  ".join(summary.failures))
