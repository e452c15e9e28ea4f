"""The processes of a run: a database of its own, the shop, and the payment provider's stand-in beside it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from storefront.embedded_postgres import LOCAL, ROOT, TEST_OPTIONS, start

HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 8150, 8159


@contextlib.contextmanager
def site() -> Iterator[dict[str, str]]:
    """A shop with an empty database and its provider, both serving; yields the environment of a process beside them."""
    folder = LOCAL / "torture" / str(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with database(f"torture_{os.getpid()}") as url, listen() as shop, listen() as provider:
        variables = os.environ | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "torture.settings",
            "PORT": str(shop.getsockname()[1]),
            "TORTURE_PROVIDER": f"http://{HOST}:{provider.getsockname()[1]}",
            "TORTURE_RUN": str(folder),
        }
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=variables, check=True)
        with (
            serve(shop, variables, folder / "shop.log") as pid,
            serve(provider, variables, folder / "provider.log"),
        ):
            yield variables | {"TORTURE_SHOP_PID": str(pid)}


@contextlib.contextmanager
def database(name: str) -> Iterator[str]:
    """An empty database on the server of DATABASE_URL, or on the tests' embedded one; dropped at the end."""
    server = os.environ.get("DATABASE_URL") or start("test-postgres", TEST_OPTIONS)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def listen() -> socket.socket:
    """A listening socket, inherited by the server: buyers wait at it while a killed worker is replaced."""
    for port in [*range(FIRST_PORT, LAST_PORT + 1), 0]:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen(256)
        except OSError:
            listening.close()
            continue
        return listening
    raise RuntimeError("no free port")


@contextlib.contextmanager
def serve(listening: socket.socket, variables: dict[str, str], log: Path) -> Iterator[int]:
    """gunicorn with two workers of eight threads; yields the master's id, which replaces each worker that is killed."""
    command = [str(Path(sys.executable).parent / "gunicorn"), "storefront.wsgi", "--preload", "--workers", "2"]
    command += ["--threads", "8", "--bind", f"fd://{listening.fileno()}", "--log-level", "error"]
    with log.open("wb") as output:
        master = subprocess.Popen(
            command, cwd=ROOT, env=variables, pass_fds=[listening.fileno()], stdout=output, stderr=output
        )
        try:
            yield master.pid
        finally:
            master.terminate()
            master.wait(timeout=20)
