"""`manage.py torture_bench`: what `make bench` runs beside a shop and its provider (torture/site.py)."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand

from torture.jobs import JobProcess
from torture.management.commands.torture_run import stage
from torture.placing import measure


class Command(BaseCommand):
    help = "Measure what placing an order costs"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--orders", type=int, default=100)

    def handle(self, *args: Any, **options: Any) -> None:
        measure(stage(JobProcess()), options["orders"], self.stdout.write)
