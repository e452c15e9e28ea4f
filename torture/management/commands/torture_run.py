"""`manage.py torture_run`: what `make torture` runs beside a shop and its provider (torture/site.py)."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shop.catalog import listings
from shop.core.crash import POINTS
from shop.tests.builders import make_product, make_promotion, make_rate, make_size, make_variant, make_voucher
from torture.armed import ArmedPoints
from torture.drive import Run
from torture.jobs import JobProcess
from torture.plots import World

SIZES = ("S", "M", "L", "XL")


class Command(BaseCommand):
    help = "Buy under crashes, lost webhooks and races, and look at the books afterwards"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--seeds", type=int, default=5)
        parser.add_argument("--first-seed", type=int, default=1)
        parser.add_argument("--purchases", type=int, default=48, help="a seed (default 48)")
        parser.add_argument("--short", action="store_true", help="not every crash point has to be hit")

    def handle(self, *args: Any, **options: Any) -> None:
        """A line a seed, a report, and exit code 1 with a list when anything does not hold."""
        jobs = JobProcess()
        try:
            run = Run(stage(jobs), ArmedPoints(Path(settings.MAIL_DIR).parent), self.stdout.write)
            first = options["first_seed"]
            for seed in range(first, first + options["seeds"]):
                run.seed(seed, options["purchases"])
            run.race()
            hits = run.points.hits()
            if not options["short"]:
                run.violations += [f"crash point {name} was never hit" for name in POINTS if not hits[name]]
        finally:
            jobs.close()
        self.stdout.write(run.report())
        if run.violations:
            raise CommandError("\n  ".join([f"{len(run.violations)} violations:", *run.violations[:50]]))


def stage(jobs: JobProcess) -> World:
    """A small shop, listed: a shirt with plenty of stock in each size, and a rare one."""
    make_rate()
    shirt, rare = make_product("Shirt"), make_product("Rare shirt")
    plenty = [make_variant(shirt, size=make_size(name), stock=100_000) for name in SIZES]
    scarce = [make_variant(rare, size=make_size(name), stock=6, price=1999) for name in SIZES]
    listings.refresh([shirt.pk, rare.pk])
    codes = [make_voucher("TEN"), make_voucher("FEW", make_promotion(max_uses=5, percent=33))]
    return World(
        settings.SITE_URL,
        tuple(variant.pk for variant in plenty),
        tuple(variant.pk for variant in scarce),
        tuple(voucher.code for voucher in codes),
        jobs,
    )
