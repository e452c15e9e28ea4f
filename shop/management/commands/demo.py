"""`manage.py demo`: the demo shop."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shop.core.errors import ShopError


class Command(BaseCommand):
    help = "Build the demo shop, or complete it: products, pictures, stock, orders, staff. A second run changes nothing"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--scale", type=int, default=1, metavar="N", help="N times as many products, for load tests"
        )
        parser.add_argument(
            "--outside-development",
            action="store_true",
            help="allow it with DEBUG off; it makes staff accounts with a published password",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Build, and say how long it took."""
        if options["scale"] < 1:
            raise CommandError("--scale takes a whole number from 1 up.")
        if not settings.DEBUG and not options["outside_development"]:
            raise CommandError(
                "This makes staff accounts with a published password, so it does not run with DEBUG off. "
                "If this is a shop for trying out, add --outside-development."
            )
        started = time.monotonic()
        try:
            # Not on top: pictures are drawn with a library that only development installs.
            from shop.demo.build import Plan, build  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise CommandError(f"The demo needs {error.name}: pip install -r requirements/dev.txt") from error
        try:
            changed = build(Plan(scale=options["scale"]), self.stderr)  # type: ignore[arg-type]
        except ShopError as error:
            raise CommandError(str(error)) from error
        seconds = f"{time.monotonic() - started:.0f} s"
        self.stdout.write(f"The demo shop is ready ({seconds})." if changed else "The demo shop is complete already.")
