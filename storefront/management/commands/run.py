"""`make run`: the shop with its worker, set up on first use; Ctrl-C ends all of it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from shop.adapters.edge_files import PageStore
from shop.catalog.models import Product
from shop.core import parents
from shop.core.locks import only_one
from shop.demo import build as demo

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Serve the shop and run its jobs, after setting up whatever is missing"
    # What somebody typed to get here.
    typed = "make run"

    # Parts that are started anew when they end; the shop closes with any other.
    started_anew: frozenset[str] = frozenset()

    def parts(self) -> dict[str, tuple[str, ...]]:
        """What the shop is made of: a command of manage.py for each process, in the order of their start."""
        found: dict[str, tuple[str, ...]] = {
            "server": ("runserver", f"{HOST}:{settings.PORT}"),
            "worker": ("worker",),
        }
        return found | ({"user pool": ("user_pool",)} if settings.COGNITO_ENDPOINT else {})

    def ports(self) -> list[int]:
        """What its processes listen at."""
        return [settings.PORT]

    def make_demo(self) -> None:
        call_command("demo")

    def banner(self) -> str:
        return banner()

    def set_up(self) -> None:
        """The database and the demo shop, as far as they are missing. Raises CommandError."""
        call_command("migrate", verbosity=0)
        refuse_other_schema()
        if not Product.objects.exists() or demo.interrupted():
            self.make_demo()

    def handle(self, *args: Any, **options: Any) -> None:
        """Set up, start the processes, wait for the first to end or for Ctrl-C."""
        # SIGHUP: the terminal was closed. SIGINT: a shell has it ignored by what it starts in the background.
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, stop)
        for port in self.ports():
            refuse_taken_port(port, settings.PORT, self.typed)
        with only_one("setting up") as mine:
            if not mine:
                raise CommandError(f"somebody else is setting this shop up just now: {self.typed} once it is open")
            self.set_up()
        # Pages of another day, perhaps of another database.
        PageStore().clear()
        parts, children = self.parts(), dict[str, subprocess.Popen[bytes]]()
        try:
            for name, command in parts.items():
                children[name] = start(*command)
            self.stdout.write(self.banner())
            while True:
                for ended in [name for name, child in children.items() if child.poll() is not None]:
                    if ended not in self.started_anew:
                        raise CommandError(
                            f"the {ended} ended by itself, so the shop is closed; start it again: {self.typed}"
                        )
                    self.stderr.write(f"the {ended} ended and is started anew")
                    children[ended] = start(*parts[ended])
                time.sleep(0.3)
        except KeyboardInterrupt:
            self.stdout.write("\nClosing the shop.")
        finally:
            end(list(children.values()))


def stop(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def refuse_taken_port(port: int, shop: int, typed: str) -> None:
    """Raise CommandError with what to do when something listens on the port already, or when it is none.

    shop: the port of the shop itself, which may be another one; typed: the command that wants them.
    """
    if not 1 <= port <= 65535:
        raise CommandError(f"{port} is no port: choose one from 1024 to 65000, such as {typed} PORT=8000")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            there = f"If that is this shop, it is already at http://{HOST}:{port}/; otherwise choose"
            beside = f"{typed} PORT={shop} needs it as well: choose"
            raise CommandError(
                f"port {port} is taken ({error.strerror}). {there if port == shop else beside} another: "
                f"{typed} PORT={shop + 2}"
            ) from error


def refuse_other_schema() -> None:
    """Raise CommandError where migrate found nothing to do, and yet columns are missing.

    Until the first deployment the first migration is made anew at each change of the model; a database that an earlier
    one made cannot be brought up to date.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
        there = set(cursor.fetchall())
    fields = [field for model in apps.get_models() for field in model._meta.local_concrete_fields]
    if missing := [field for field in fields if (field.model._meta.db_table, field.column) not in there]:
        raise CommandError(
            f"the database was made by another version of the shop ({missing[0]} is not in it). It cannot be "
            "brought up to date: remove the folder .local (the demo shop, its pictures and mails), then start again"
        )


def start(*command: str) -> subprocess.Popen[bytes]:
    """A child process in a group of its own, so that the reloader's grandchildren end with it.

    All of them end also when this process is killed and cannot end them.
    """
    return subprocess.Popen(  # noqa: S603 - our own commands
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env={"EDGE": "on"} | os.environ | {parents.VARIABLE: "1"},
        start_new_session=True,
    )


def end(children: list[subprocess.Popen[bytes]]) -> None:
    """End them and all they started; a second Ctrl-C, or the terminal closing as well, cuts nothing short."""
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=5)
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)


def banner() -> str:
    site = settings.SITE_URL
    return f"""
  The shop      {site}/
  Staff         {site}/admin/   owner@aspireclothes.example / aspire-demo
  Test card     4242 4242 4242 4242, any date ahead, any CVC (more on the payment page)
  Mails         {site}/sandbox/mail/
  Ctrl-C closes it.
"""
