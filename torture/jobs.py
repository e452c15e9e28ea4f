"""The shop's jobs in a process of their own: told by the line what to run, and started anew when a crash ended it."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import IO

from shop.adapters.payments import ProviderUnavailable
from shop.core import clock
from shop.core.errors import ShopError
from shop.orders.models import Order
from shop.payments.models import Refund
from shop.payments.refunds import send_all
from shop.refunds.services import LineRefund, request_refund
from storefront.embedded_postgres import ROOT
from storefront.scheduled import JOBS


def refund_one_unit() -> str:
    """What staff do: one unit of the newest paid order of which nothing went back yet, and its money."""
    paid = Order.objects.filter(state=Order.State.PAID).exclude(payment_attempts__refunds__isnull=False)
    order = paid.order_by("-pk").first()
    line = order and order.lines.first()
    if order is None or line is None:
        return "nothing is paid"
    unit = LineRefund(line.pk, 1, restock=True)
    try:
        made = request_refund(order=order, lines=[unit], reason=Refund.Reason.GOODWILL, note="torture", actor=None)
    except ShopError as error:
        # Its buyer was faster, and cancelled it.
        return f"refused, {error}"
    send_all(made)
    return f"{len(made)} refunds"


# What a person does, done by the same process, so that it may be killed at it.
REFUND = "refund one unit"
# What a job may end with when those outside fail; anything else is a fault of its own.
OUTSIDE = (ProviderUnavailable, ConnectionError, TimeoutError)
BROKE = ": broke, "
# The sandbox's own jobs are the provider's.
SHOPS_OWN: dict[str, Callable[[], object]] = {job.name: job.run for job in JOBS if not job.name.startswith("sandbox")}


class JobProcess:
    """Runs jobs one at a time; threads that ask at once wait for each other."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.child: subprocess.Popen[str] | None = None
        self.deaths = 0
        # What jobs said that ended in a way they must not.
        self.faults: list[str] = []

    def run(self, job: str, *, later: int = 0) -> str:
        """What the job returned (or raised), as text; empty when it was killed. later: seconds its clock is ahead."""
        with self.turn:
            if self.child is None:
                self.child = self._start()
            answer = self._ask(self.child, f"{later} {job}\n")
            if not answer:
                self.close()
                self.deaths += 1
            elif BROKE in answer:
                self.faults.append(answer)
            return answer

    def close(self) -> None:
        if self.child:
            self.child.kill()
            self.child.communicate()
            self.child = None

    def _start(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "manage.py", "torture_jobs"]
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def _ask(self, child: "subprocess.Popen[str]", line: str) -> str:
        assert child.stdin and child.stdout
        try:
            child.stdin.write(line)
            child.stdin.flush()
        except BrokenPipeError:
            return ""
        return child.stdout.readline().strip()


def obey(lines: Iterable[str], answers: IO[str]) -> None:
    """The process's own side: run what each line names, with the clock that far ahead, and say what came of it."""
    real = clock.now
    for line in lines:
        ahead, _, name = line.strip().partition(" ")
        later = timedelta(seconds=int(ahead))
        clock.now = lambda later=later: real() + later  # type: ignore[misc]
        try:
            deed = refund_one_unit if name == REFUND else SHOPS_OWN[name]
            outcome = f"{name}: {deed()}"
        except OUTSIDE as error:
            # It is asked again, as the worker does.
            outcome = f"{name}: failed, {error!r}"
        except Exception as error:  # noqa: BLE001 - told to the run, which it fails; the others go on
            outcome = f"{name}{BROKE}{error!r}"
        answers.write(outcome.replace("\n", " ") + "\n")
        answers.flush()
