import os
import signal
import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from shop.checkout.reconcile import look_back, reconcile
from storefront import worker
from storefront.scheduled import JOBS, Job
from storefront.worker import Ended, work


def after(runs: int, job: Callable[[], object]) -> Callable[[], object]:
    """A job that ends the worker at its run after that many."""
    done = Counter[str]()

    def run() -> None:
        done["runs"] += 1
        if done["runs"] > runs:
            raise Ended
        job()

    return run


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PAUSE_AFTER_FAILURE", 0.0)


def fail() -> None:
    raise RuntimeError("broken")


def test_providers_are_asked_about_the_last_minutes_often_and_about_days_once_a_day() -> None:
    assert {job.run: job.every for job in JOBS}.items() >= {reconcile: 300, look_back: 86400}.items()


@pytest.mark.django_db
def test_a_failing_job_is_reported_and_stops_no_other() -> None:
    done, reports = Counter[str](), list[str]()
    others = after(3, lambda: done.update(["other"]))
    work([Job("bad", fail, every=0), Job("good", others, every=0)], reports.append)
    assert done["other"] == 3
    assert reports == ["job bad failed: RuntimeError('broken')"] * 4


@pytest.mark.django_db
def test_a_job_runs_at_its_rate() -> None:
    done = Counter[str]()
    often = after(5, lambda: done.update(["often"]))
    work([Job("rare", lambda: done.update(["rare"]), every=3600), Job("often", often, every=0)], print)
    assert done == {"rare": 1, "often": 5}


@pytest.mark.django_db
def test_a_job_with_a_later_start_waits_for_it() -> None:
    done = Counter[str]()
    often = after(5, lambda: done.update(["often"]))
    later = Job("later", lambda: done.update(["later"]), every=1, first=3600)
    work([later, Job("often", often, every=0)], print)
    assert done == {"often": 5}


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_connection_is_made_anew() -> None:
    answers, reports = list[str](), list[str]()
    queries = iter(["SELECT 'first'", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 'again'"])

    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute(next(queries))
            answers.append(cursor.fetchone()[0])

    work([Job("ask", after(3, ask), every=0)], reports.append)
    assert answers == ["first", "again"]
    assert len(reports) == 1
    assert "OperationalError" in reports[0]


@pytest.mark.django_db
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_worker_in_the_middle_of_a_long_job(signum: signal.Signals) -> None:
    before, finished = signal.getsignal(signum), []

    def long_job() -> None:
        os.kill(os.getpid(), signum)
        threading.Event().wait(60)
        finished.append(True)

    work([Job("long", long_job, every=1)], print)
    assert finished == []
    assert signal.getsignal(signum) is before


@pytest.mark.django_db
def test_a_signal_ends_a_worker_that_waits_for_its_next_job() -> None:
    killer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM))
    work([Job("short", killer.start, every=3600)], print)
    killer.join()


def test_every_job_has_a_name_and_a_rate_of_its_own() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    assert all(job.every >= 1 for job in JOBS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("job", [job for job in JOBS if job.name in ("relay", "mail")], ids=lambda job: job.name)
def test_the_jobs_have_nothing_to_do_in_an_empty_shop(job: Job) -> None:
    assert job.run() == 0
