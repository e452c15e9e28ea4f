"""`manage.py release`: a deploy writes down what it did (deploy/release.py)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.operations.releases import write_release


class Command(BaseCommand):
    help = "Write down a release, told as JSON by 'make deploy'; it shows in the staff site"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("told", help="the release as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line; exit code 1 for what is no release."""
        try:
            release = write_release(options["told"])
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(f"{release}: {release.get_outcome_display()}")
