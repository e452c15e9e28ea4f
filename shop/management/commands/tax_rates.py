"""Adds the known VAT rates that the shop has no row of."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from shop.catalog import listings
from shop.tax.known_rates import add_missing


class Command(BaseCommand):
    help = "Adds the VAT rates of the UK and the EU that are missing (country, class, first day). Changes none."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            added = add_missing()
            listings.bump_version()
        self.stdout.write(f"{added} VAT rates added." if added else "No VAT rate was missing.")
