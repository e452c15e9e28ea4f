"""The local stand-in for the schedules of the cloud: one process that runs each job at its rate."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from django.db import close_old_connections, connections

from shop.core.logs import bound
from storefront.scheduled import Job

# A job that failed is not asked again at once: a database that restarts needs a moment, and the log stays readable.
PAUSE_AFTER_FAILURE = 3.0


class Ended(BaseException):
    """Somebody wants the worker to end. Not an Exception, so that no job takes it for a fault of its own."""


def work(jobs: Sequence[Job], report: Callable[[str], object]) -> None:
    """Run the jobs, one at a time, until SIGTERM or SIGINT; a job that fails is reported and asked again later.

    A signal ends the running job where it stands: a job may be cut off anywhere, as a crash could do it too.
    """
    due = {job.name: time.monotonic() + job.first for job in jobs}
    try:
        with ended_by_signals():
            while True:
                for job in jobs:
                    if due[job.name] <= time.monotonic():
                        due[job.name] = time.monotonic() + run_once(job, report)
                time.sleep(max(0.0, min(due.values()) - time.monotonic()))
    except Ended:
        connections.close_all()


def run_once(job: Job, report: Callable[[str], object]) -> float:
    """Run one job; returns after how many seconds it wants to run again."""
    # Drops a connection that broke in the run before, as the end of a request does.
    close_old_connections()
    try:
        with bound(job=job.name):
            job.run()
    except Exception as error:  # noqa: BLE001 - one broken job must not end the others
        report(f"job {job.name} failed: {error!r}")
        return max(job.every, PAUSE_AFTER_FAILURE)
    return job.every


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGINT raise Ended within the block, once."""
    before = {signum: signal.signal(signum, _end) for signum in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _end(signum: int, frame: FrameType | None) -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise Ended
