"""How long the packaged function takes from nothing to its first product page, and what a page costs it afterwards.

Each start is a new process that has the unpacked package and, as Lambda has, boto3 beside it; it may not write
bytecode. "Without cures" is the same package in source, which loads Django with its first request, as Zappa packs it.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.server import environment, manage
from deploy.package import build, install_locked
from deploy.package import environment as libraries
from storefront.aws.tests.events import rest
from storefront.embedded_postgres import ROOT
from storefront.tests.test_settings import NEEDED

STARTS, PAGES = 7, 300
LAMBDAS_OWN = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")
ROW = "{:<16}{:>11}{:>13}{:>9}{:>9}{:>8}"
FILL = """
import django; django.setup()
import os; from unittest.mock import patch
from shop.catalog.models import Product; from shop.demo.build import Plan, build
if not Product.objects.exists():
    with open(os.devnull, "w") as nowhere, patch("shop.demo.build.make_pictures"): build(Plan(), nowhere)
print(Product.objects.order_by("pk")[0].slug)
"""
# What Lambda's runtime does: import the handler, then call it with each event.
CALL = """
import json, sys, time
{load}
loaded = time.perf_counter()
event = json.loads(sys.stdin.readline())
answer = lambda_handler(event, None)
print(json.dumps([answer["statusCode"], loaded, time.perf_counter(), time.process_time()]), flush=True)
began = time.process_time()
for _ in range(int(sys.argv[1])):
    assert lambda_handler(event, None)["statusCode"] == 200
print(json.dumps((time.process_time() - began) * 1000 / max(1, int(sys.argv[1]))), flush=True)
"""
CURED = CALL.format(load="from storefront.aws.entry import lambda_handler")
LATE = CALL.format(
    load="""
def lambda_handler(event, context):
    from storefront.aws import entry
    return entry.lambda_handler(event, context)
"""
)


@dataclass(frozen=True)
class Start:
    """Seconds of one start: until the handler is there, until the page is; CPU of it all; CPU ms of a page later."""

    loaded: float
    total: float
    cpu: float
    warm_ms: float


def cold() -> None:
    """Print both kinds of start, side by side."""
    variables, slug = filled_shop()
    # The secret that lets a request in is a setting of production.
    secret = {"X-Origin-Secret": [NEEDED["ORIGIN_SECRET"]]}
    event = json.dumps(rest(f"/product/{slug}/", headers=secret))
    package = build()
    size = f"{package.stat().st_size / 1e6:.1f} MB"
    print(f"\nCold starts of {package.name} ({size}), medians of {STARTS}, best in brackets")
    print(ROW.format("", "loaded s", "first page s", "best", "CPU s", "warm ms"), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        cured = starts(unpacked(package, Path(folder) / "cured"), CURED, variables, event)
        tell("with cures", cured)
        plain = starts(in_source(unpacked(package, Path(folder) / "plain")), LATE, variables, event)
        tell("without cures", plain)
    ratio = middle(plain, lambda each: each.total) / middle(cured, lambda each: each.total)
    cpu = middle(plain, lambda each: each.cpu) / middle(cured, lambda each: each.cpu)
    print(f"without / with: time {ratio:.1f}, CPU {cpu:.1f}", flush=True)


def filled_shop() -> tuple[dict[str, str], str]:
    """Production's variables over a database with the demo's products, without their pictures; one product's slug."""
    local = environment("bench_cold")
    manage(local, "migrate", "-v0")
    done = subprocess.run([sys.executable, "-c", FILL], cwd=ROOT, env=local, check=True, capture_output=True, text=True)
    told = {"DATABASE_URL": local["DATABASE_URL"], "DJANGO_SETTINGS_MODULE": "storefront.settings.aws"}
    return NEEDED | told, done.stdout.split()[-1]


def unpacked(package: Path, folder: Path) -> Path:
    """The package as Lambda unpacks it, and the runtime's own libraries in a folder beside it."""
    with zipfile.ZipFile(package) as packed:
        packed.extractall(folder)
    beside = folder.with_name(f"{folder.name}-runtime")
    beside.mkdir()
    for name in LAMBDAS_OWN:
        spec = find_spec(name)
        if spec and spec.origin:
            source = Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
            (beside / source.name).symlink_to(source)
    return folder


def in_source(folder: Path) -> Path:
    """The same modules without bytecode."""
    site = next(libraries(install_locked).glob("lib/*/site-packages"))
    for found in sorted(folder.rglob("*.pyc")):
        source = site / found.relative_to(folder).with_suffix(".py")
        if "__pycache__" not in found.parts and source.exists():
            shutil.copy(source, found.with_suffix(".py"))
        found.unlink()
    return folder


def starts(folder: Path, code: str, variables: dict[str, str], event: str) -> list[Start]:
    """As many starts; the first, which reads the files from the disk, is thrown away."""
    return [one(folder, code, variables, event) for _ in range(STARTS + 1)][1:]


def one(folder: Path, code: str, variables: dict[str, str], event: str) -> Start:
    """One new process, its first page and some more. Raises RuntimeError where a page is not answered with 200."""
    paths = os.pathsep.join([str(folder), str(folder.with_name(f"{folder.name}-runtime"))])
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    began = time.perf_counter()
    process = subprocess.run(
        [sys._base_executable, "-S", "-W", "ignore", "-c", code, str(PAGES)],  # type: ignore[attr-defined]
        cwd=folder,
        env=variables | own,
        input=event + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    lines = process.stdout.splitlines()
    if process.returncode or len(lines) != 2:
        raise RuntimeError(process.stderr[-2000:])
    status, loaded, answered, cpu = json.loads(lines[0])
    if status != 200:
        raise RuntimeError(f"the page was answered with {status}")
    # One clock for both processes: CLOCK_MONOTONIC counts from the machine's start.
    return Start(loaded - began, answered - began, cpu, json.loads(lines[1]))


def middle(made: list[Start], part: Callable[[Start], float]) -> float:
    return statistics.median(map(part, made))


def tell(name: str, made: list[Start]) -> None:
    """One line of the table."""
    parts = [middle(made, lambda each: each.loaded), middle(made, lambda each: each.total)]
    parts += [min(each.total for each in made), middle(made, lambda each: each.cpu)]
    shown = [f"{part:.2f}" for part in parts]
    print(ROW.format(name, shown[0], shown[1], f"({shown[2]})", shown[3], f"{middle(made, lambda e: e.warm_ms):.1f}"))
