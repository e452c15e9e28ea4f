"""Lets public pages fall at the edge by hand: after a deployment, or when it would not take purges."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.core.shown import EVERYTHING
from shop.edge.models import EdgePurge
from shop.edge.services import purge_due, purge_later


class Command(BaseCommand):
    help = "Purges public pages at the edge: all of them, or those with these tags (product:12, list:all, home, ...)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tags", nargs="*", default=[EVERYTHING])

    def handle(self, *args: Any, tags: list[str], **options: Any) -> None:
        """Raises CommandError where the edge did not take it; it is tried again by the job all the same."""
        EdgePurge.objects.filter(state=EdgePurge.State.DEAD).update(state=EdgePurge.State.PENDING, attempts=0)
        purge_later(tags)
        purge_due()
        if waiting := EdgePurge.objects.filter(state=EdgePurge.State.PENDING).first():
            raise CommandError(f"not purged yet: {waiting.last_error or 'another process is at it'}")
        self.stdout.write("Purged.")
