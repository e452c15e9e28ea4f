"""`manage.py cost`: what a month on AWS comes to, beside the brief's own figures."""

import json
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError

from shop.core.errors import ShopError
from shop.operations.costs import table
from shop.operations.costs.bill import bill
from shop.operations.costs.inputs import Assumptions, Inputs, Traffic, measured, parameters, sound
from shop.operations.costs.measuring import measure
from shop.operations.costs.prices import FOLDER, REGIONS
from storefront.scheduled import JOBS

SECONDS_A_MONTH = 730 * 3600
VALUES: dict[Any, Any] = {"yes": True, "no": False}
Kind = TypeVar("Kind", Traffic, Assumptions)


class Command(BaseCommand):
    help = "Price a month on AWS from the traffic, what was measured, and a dated table of prices"

    def add_arguments(self, parser: ArgumentParser) -> None:
        for kind in (Traffic, Assumptions):
            for name, what in parameters(kind).items():
                flag = f"--{name.replace('_', '-')}"
                if what is bool:
                    parser.add_argument(flag, choices=["yes", "no"])
                else:
                    parser.add_argument(flag, type=what)
        parser.add_argument("--region", choices=REGIONS, default=REGIONS[0])
        parser.add_argument("--lines", action="store_true", help="each line with its quantity")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--measure", type=int, metavar="REQUESTS", help="measure first, into measured.json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for figures that no month has."""
        if options["measure"] is not None:
            self.remeasure(options["measure"])
        inputs = Inputs(chosen(Traffic, options), chosen(Assumptions, options))
        found = bill(inputs, options["region"])
        if options["json"]:
            self.stdout.write(json.dumps(table.as_data(found), indent=1))
            return
        for line in table.words(found):
            self.stdout.write(line)
        if options["lines"]:
            for line in table.lines(found):
                self.stdout.write(line)

    def remeasure(self, requests: int) -> None:
        if not 1 <= requests <= 10_000:
            raise CommandError("Measure with 1 to 10,000 requests of each kind.")
        try:
            found = measure(requests, job_runs())
        except ShopError as error:
            raise CommandError(str(error)) from error
        (FOLDER / "measured.json").write_text(json.dumps(found, indent=1) + "\n")
        measured.cache_clear()


def chosen(kind: type[Kind], options: dict[str, Any]) -> Kind:
    """The parameters with what was named on the command line. Raises CommandError."""
    given = {name: options[name] for name in parameters(kind) if options.get(name) is not None}
    try:
        return sound(replace(kind(), **{name: VALUES.get(value, value) for name, value in given.items()}))
    except ShopError as error:
        raise CommandError(str(error)) from error


def job_runs() -> int:
    """How often schedules call the function in a month; by the minute at most."""
    jobs = [job for job in JOBS if not job.name.startswith("sandbox")]
    return round(sum(SECONDS_A_MONTH / max(job.every, 60) for job in jobs))
