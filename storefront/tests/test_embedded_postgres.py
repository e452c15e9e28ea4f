"""What a crash may leave behind must not keep the next start from working."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from storefront import embedded_postgres
from storefront.embedded_postgres import LOCAL, EmbeddedPostgresError

RUN = """
import sys, psycopg
from storefront.embedded_postgres import start
with psycopg.connect(start("scratch-postgres")) as connection:
    print(connection.execute("SELECT 6 * 7").fetchone()[0], end=" ")
print(open(".local/scratch-postgres/postmaster.pid").readline().strip(), flush=True)
sys.stdin.readline()
"""


def run_beside() -> subprocess.Popen[str]:
    """A process that starts the scratch cluster, and ends when it is told to."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=LOCAL.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def server_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr and process.stderr.read()
    answer, pid = line.split()
    assert answer == "42"
    return int(pid)


def test_a_killed_server_comes_up_again_and_the_last_user_stops_it() -> None:
    first = run_beside()
    os.kill(server_of(first), signal.SIGKILL)
    first.kill()
    first.communicate()

    second, third = run_beside(), run_beside()
    server = server_of(second)
    assert server_of(third) == server
    second.communicate("done\n")
    assert psutil.pid_exists(server)
    third.communicate("done\n")
    assert not (LOCAL / "scratch-postgres" / "postmaster.pid").exists()


@pytest.mark.parametrize("content", ["", "not a number\n", "{own}\n/somewhere\n", "4194999\n"])
def test_a_stale_lock_is_dropped(tmp_path: Path, content: str) -> None:
    lock = tmp_path / "postmaster.pid"
    lock.write_text(content.format(own=os.getpid()))
    embedded_postgres._drop_stale_lock(tmp_path)
    assert not lock.exists()


def test_killed_processes_are_forgotten(tmp_path: Path) -> None:
    listed = tmp_path / ".handle_pids.json"
    listed.write_text(json.dumps([os.getpid(), 4194999]))
    embedded_postgres._forget_dead_processes(tmp_path)
    assert json.loads(listed.read_text()) == [os.getpid()]


def test_a_failure_is_one_line_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: Path) -> str:
        raise OSError("no space left")

    monkeypatch.setattr(embedded_postgres, "_serve", fail)
    with pytest.raises(EmbeddedPostgresError, match="DATABASE_URL") as caught:
        embedded_postgres.start("no-such-cluster")
    assert "\n" not in str(caught.value)
