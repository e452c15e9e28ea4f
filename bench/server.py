"""Brings up what is measured: a database of that many products, and one gunicorn worker over it."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from bench.measure import get
from storefront.embedded_postgres import ROOT, start

PORT = 8600


def environment(scale: int) -> dict[str, str]:
    """The variables of a process that works on the catalogue of that scale."""
    url = start("bench-postgres")
    name = f"bench_{scale}"
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return os.environ | {
        "DATABASE_URL": url.replace("/postgres?", f"/{name}?"),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "BENCH_SITE": f"http://127.0.0.1:{PORT}",
    }


def prepare(scale: int) -> dict[str, str]:
    """Migrate and fill the database of that scale (only what is missing); the environment to serve it."""
    variables = environment(scale)
    for command in (
        ["migrate", "-v0"],
        ["demo", "--scale", str(scale), "--outside-development"],
        ["collectstatic", "--noinput", "-v0"],
    ):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=variables, check=True)
    return variables


@contextlib.contextmanager
def serve(scale: int) -> Iterator[psutil.Process]:
    """One gunicorn worker on PORT over the catalogue of that scale; yields the worker's process."""
    variables = prepare(scale)
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
