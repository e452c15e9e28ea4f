"""`manage.py worker`: runs beside the local server."""

from typing import Any

from django.core.management.base import BaseCommand

from storefront.scheduled import JOBS
from storefront.worker import work


class Command(BaseCommand):
    help = "Run the scheduled jobs at their rates until ended"

    def handle(self, *args: Any, **options: Any) -> None:
        work(JOBS, self.stderr.write)
