"""Brings up what is measured: a database of that many products, and one gunicorn worker over it."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from bench.measure import get
from storefront.embedded_postgres import ROOT, start

PORT = 8600


def environment(name: str) -> dict[str, str]:
    """The variables of a process that works on the database of that name, which is made where it is not there."""
    url = start("bench-postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return os.environ | {
        "DATABASE_URL": url.replace("/postgres?", f"/{name}?"),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "BENCH_SITE": f"http://127.0.0.1:{PORT}",
    }


@contextlib.contextmanager
def thrown_away(name: str) -> Iterator[dict[str, str]]:
    """The variables of a process that works on a migrated, empty database, of which nothing is kept."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(start("bench-postgres"), autocommit=True) as connection:
        connection.execute(drop)
        try:
            variables = environment(name)
            manage(variables, "migrate", "-v0")
            yield variables
        finally:
            connection.execute(drop)


def prepare(scale: int) -> dict[str, str]:
    """Migrate and fill the database of that scale (only what is missing); the environment to serve it."""
    variables = environment(f"bench_{scale}")
    manage(variables, "migrate", "-v0")
    manage(variables, "demo", "--scale", str(scale), "--outside-development")
    manage(variables, "collectstatic", "--noinput", "-v0")
    return variables


def manage(variables: Mapping[str, str], *command: str) -> None:
    """Run a management command. Raises CalledProcessError when it fails."""
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=variables, check=True)


@contextlib.contextmanager
def serve(variables: Mapping[str, str]) -> Iterator[psutil.Process]:
    """One gunicorn worker on PORT with these variables; yields the worker's process."""
    command = [str(Path(sys.executable).parent / "gunicorn"), "storefront.wsgi", "--workers", "1"]
    command += ["--bind", f"127.0.0.1:{PORT}", "--log-level", "error"]
    master = subprocess.Popen(command, cwd=ROOT, env=variables)
    try:
        yield worker_of(master)
    finally:
        master.terminate()
        master.wait(timeout=10)


def worker_of(master: "subprocess.Popen[bytes]") -> psutil.Process:
    """The one worker, once the server answers. Raises RuntimeError when it does not within 30 s."""
    for _ in range(150):
        with contextlib.suppress(OSError):
            if get(PORT, "/healthz")[0] == 200:
                return psutil.Process(master.pid).children()[0]
        time.sleep(0.2)
    raise RuntimeError("the server did not answer")
