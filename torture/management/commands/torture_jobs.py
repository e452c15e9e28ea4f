"""`manage.py torture_jobs`: the process behind torture.jobs.JobProcess."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from torture.jobs import obey


class Command(BaseCommand):
    help = "Run the shop's jobs that the standard input names"

    def handle(self, *args: Any, **options: Any) -> None:
        obey(sys.stdin, sys.stdout)
