"""A job that raises is never passed over in silence."""

from collections.abc import Callable
from io import StringIO
from unittest.mock import Mock

import pytest

from shop.adapters.payments import ProviderUnavailable
from shop.core import clock
from torture import invariants, jobs
from torture.drive import Run
from torture.jobs import JobProcess, obey


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], str]:
    """What is said of a job that ends with that error."""
    monkeypatch.setattr(clock, "now", clock.now)

    def run(error: Exception) -> str:
        monkeypatch.setitem(jobs.SHOPS_OWN, "mail", Mock(side_effect=error))
        answers = StringIO()
        obey(["0 mail\n"], answers)
        return answers.getvalue().strip()

    return run


def judged(answer: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The violations of a run one of whose jobs answered so."""
    process = JobProcess()
    monkeypatch.setattr(process, "_start", Mock())
    monkeypatch.setattr(process, "_ask", Mock(return_value=answer))
    monkeypatch.setattr(invariants, "violations", list)
    process.run("mail")
    run = Run(Mock(jobs=process), Mock(), print)
    for _ in range(2):
        run.judge("after")
    return run.violations


@pytest.mark.parametrize("error", [ProviderUnavailable("away"), ConnectionResetError(), TimeoutError()])
def test_a_job_may_fail_when_those_outside_do(
    error: Exception, said: Callable[[Exception], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(error) == f"mail: failed, {error!r}"
    assert judged(said(error), monkeypatch) == []


def test_a_job_that_breaks_by_itself_fails_the_run_once(
    said: Callable[[Exception], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = said(KeyError("order"))
    assert judged(answer, monkeypatch) == ["after: job mail: broke, KeyError('order')"]
