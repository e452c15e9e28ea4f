"""Run in processes of its own: an import of 20,000 rows over a shop of 20,000 variants, timed."""

import csv
import io
import itertools
import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from unittest.mock import patch

import django

django.setup()

from shop.catalog.models import Colour, Product, ProductVariant, Size  # noqa: E402 - these need the line above
from shop.core.money import Money  # noqa: E402
from shop.demo.build import Plan, build  # noqa: E402
from shop.demo.multiply import Copies, analyse, multiply  # noqa: E402
from shop.imports.models import DataImport  # noqa: E402
from shop.imports.services import start, upload, write_due  # noqa: E402
from shop.tests.builders import make_user  # noqa: E402

ROWS = 20_000
CATALOGUE = ("product", "productvariant", "productimage", "productlisting", "pricerecord", "stocklevel")
LINE = "{:<28}{:>9}{:>10}{:>10}{:>12}"


def fill() -> None:
    """The demo, and its products as often as the rows need."""
    with open(os.devnull, "w") as nowhere, patch("shop.demo.build.make_pictures"):
        build(Plan(), nowhere)
    times = -(-ROWS // ProductVariant.objects.count())
    multiply(Copies(0, {f"shop_{table}": times for table in CATALOGUE}))
    analyse()


def prices() -> Iterator[list[str]]:
    """Every price a pound higher."""
    yield ["sku", "price", "compare at price"]
    for variant in ProductVariant.objects.order_by("pk")[:ROWS]:
        yield [variant.sku, f"{Money(variant.price + 100, variant.currency).decimal:f}", ""]


def new() -> Iterator[list[str]]:
    """Products in colours that they have not been made in."""
    yield ["sku", "product", "colour", "size system", "size", "price"]
    systems = {size.system_id: size.system for size in Size.objects.select_related("system")}
    colours = list(Colour.objects.order_by("pk"))
    made = itertools.count(1)
    for product in Product.objects.prefetch_related("variants__size"):
        had = {variant.colour_id for variant in product.variants.all()}
        sizes = {variant.size for variant in product.variants.all()}
        for colour, size in itertools.product([each for each in colours if each.pk not in had], sizes):
            place = next(made)
            if place > ROWS:
                return
            yield [f"NEW-{place}", product.slug, colour.name, systems[size.system_id].name, size.name, "49.95"]


def measured(name: str, rows: Iterable[list[str]]) -> None:
    """Bring the rows in as staff would, and print what it took."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    user = make_user(f"{name}@example.org", is_staff=True)
    began = time.perf_counter()
    row = upload(kind="variants", name=f"{name}.csv", content=out.getvalue().encode(), user=user)
    checked = time.perf_counter()
    start(import_id=row.pk)
    while write_due():
        pass
    written = time.perf_counter()
    row = DataImport.objects.get(pk=row.pk)
    if (row.state, row.written, row.added + row.changed) != (DataImport.State.DONE, ROWS, ROWS):
        raise RuntimeError(f"{row.written} of {row.rows} rows written, {row.problems.count()} problems")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    seconds = [f"{span:.1f}" for span in (checked - began, written - checked, written - began)]
    print(LINE.format(f"{ROWS:,} {name}", *seconds, f"{peak:.0f}"), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        fill()
    elif sys.argv[1] == "new":
        measured("new variants", new())
    else:
        measured("changed prices", prices())
