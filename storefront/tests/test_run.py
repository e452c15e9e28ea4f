"""`manage.py run`: a closed terminal, a dead part and an impossible port."""

import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from shop.core.locks import only_one
from storefront.management.commands import run


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """What run() starts: processes that only wait, in groups of their own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str) -> subprocess.Popen[bytes]:
        wait = [sys.executable, "-c", "import signal; signal.pause()"]
        started.append(subprocess.Popen(wait, start_new_session=True))
        return started[-1]

    monkeypatch.setattr(run, "start", start)
    monkeypatch.setattr(run, "refuse_taken_port", lambda port, shop, typed: None)
    monkeypatch.setattr("shop.demo.build.interrupted", lambda: False)
    monkeypatch.setattr("shop.catalog.models.Product.objects.exists", lambda: True)
    return started


@pytest.fixture(autouse=True)
def handlers() -> Any:
    """The signal handlers of pytest's own process, put back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def when_open(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let that happen once the shop is open."""
    monkeypatch.setattr("time.sleep", lambda seconds: happens())


@pytest.mark.django_db
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_of_closing_it_leaves_no_process(
    number: signal.Signals, children: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # so that a missing handler fails the test, not the whole run
    rounds = iter([lambda: signal.raise_signal(number)])
    when_open(monkeypatch, lambda: next(rounds, children[0].kill)())
    call_command("run")
    assert [child.poll() is None for child in children] == [False, False]


@pytest.mark.django_db
def test_closing_it_while_its_parts_start_leaves_no_process(
    children: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = run.start

    def closed_meanwhile(*command: str) -> subprocess.Popen[bytes]:
        if children:
            signal.raise_signal(signal.SIGINT)
        return start(*command)

    monkeypatch.setattr(run, "start", closed_meanwhile)
    call_command("run")
    assert [child.poll() is None for child in children] == [False]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_closing_it_while_it_is_set_up_ends_it_as_ctrl_c_does_so_that_its_database_ends_too(
    number: signal.Signals, children: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    signal.signal(number, signal.SIG_IGN)  # so that a missing handler fails the test, not the whole run
    monkeypatch.setattr(run, "refuse_other_schema", lambda: signal.raise_signal(number))
    when_open(monkeypatch, lambda: children[0].kill())
    with pytest.raises(KeyboardInterrupt):
        call_command("run")
    assert children == []


@pytest.mark.django_db(transaction=True)
def test_a_shop_that_somebody_else_sets_up_is_left_to_them(
    children: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    when_open(monkeypatch, lambda: children[0].kill())
    setting_up, told = threading.Event(), threading.Event()

    def somebody_else() -> None:
        with only_one("setting up") as mine:
            assert mine
            setting_up.set()
            told.wait(60)
        connection.close()

    other = threading.Thread(target=somebody_else, daemon=True)
    other.start()
    assert setting_up.wait(60)
    with pytest.raises(CommandError, match="somebody else is setting this shop up just now"):
        call_command("run")
    told.set()
    other.join()
    assert children == []


@pytest.mark.django_db
def test_a_part_that_dies_closes_the_shop_with_its_name(
    children: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    when_open(monkeypatch, lambda: children[1].kill())
    with pytest.raises(CommandError, match="the worker ended by itself"):
        call_command("run")
    assert [child.poll() is None for child in children] == [False, False]


def test_ctrl_c_before_it_is_open_is_told_in_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(arguments: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("DATABASE_URL", "postgres:///nobody-asks")
    monkeypatch.delenv("END_WITH_PARENT", raising=False)
    monkeypatch.setattr("django.core.management.execute_from_command_line", interrupted)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path("manage.py", run_name="__main__")
    assert (ended.value.code, capsys.readouterr().err) == (130, "Interrupted.\n")


@pytest.mark.parametrize("port", [0, -1, 65536, 99999])
def test_a_number_that_is_no_port_is_told_in_a_line(port: int) -> None:
    with pytest.raises(CommandError, match=r"is no port: .* such as make twin PORT=8000"):
        run.refuse_taken_port(port, port, "make twin")


def test_a_taken_port_is_told_with_what_to_type_whichever_of_them_it_is() -> None:
    with socket.socket() as other:
        other.bind((run.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError) as own:
            run.refuse_taken_port(port, port, "make run")
        with pytest.raises(CommandError) as beside:
            run.refuse_taken_port(port, 8192, "make twin")
    at = f"it is already at http://127.0.0.1:{port}/; otherwise choose another: make run PORT={port + 2}"
    assert str(own.value).endswith(f"If that is this shop, {at}")
    assert str(beside.value).endswith("make twin PORT=8192 needs it as well: choose another: make twin PORT=8194")


@pytest.mark.django_db
def test_a_database_of_another_version_is_refused_with_what_to_do(children: list[subprocess.Popen[bytes]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE shop_stocklocation DROP COLUMN opening_hours")
    with pytest.raises(CommandError, match=r"StockLocation\.opening_hours is not in it.*remove the folder \.local"):
        call_command("run")
    assert children == []


@pytest.mark.django_db
def test_a_cloud_that_dies_is_started_anew_beside_the_others_which_go_on(
    children: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.TWIN_PEEK, settings.CLOUD_PORT = "http://127.0.0.1:1", 1
    alive: list[list[bool]] = []

    def die() -> None:
        children[0].kill()
        children[0].wait()

    def look() -> None:
        alive.append([child.poll() is None for child in children])
        children[2].kill()
        children[2].wait()

    rounds = iter([die, look])
    when_open(monkeypatch, lambda: next(rounds, lambda: None)())
    with pytest.raises(CommandError, match="the function ended by itself"):
        call_command("twin")
    # Cloud, server and function, and the cloud once more; none of them is left.
    assert alive == [[False, True, True, True]]
    assert [child.poll() is None for child in children] == [False] * 4
