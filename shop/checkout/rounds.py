"""Going through many rows, one at a time: each in its own try, with progress, for a bounded time."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings

from shop.adapters.payments import ProviderUnavailable
from shop.core.crash import crash_point

log = logging.getLogger(__name__)
Progress = Callable[[str], object]
Row = TypeVar("Row")


def silent(text: str) -> None:
    """Progress that nobody reads."""


@dataclass
class Round:
    """One run over several steps: what was done of each, what failed, and what had to wait for the next run."""

    progress: Progress = silent
    done: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    left: int = 0
    # Another run was at work, so this one did nothing.
    busy: bool = False
    ends: float = field(default_factory=lambda: time.monotonic() + settings.ROUND_SECONDS)

    def each(
        self, name: str, rows: Iterable[Row], work: Callable[[Row], object], named: Callable[[Row], str] = str
    ) -> None:
        """Do the work on each row; a row whose work raises is noted as failed, and the others go on.

        name: of the step, in the plural. named: how a person knows one row from another.
        """
        waiting = list(rows)
        self.done.setdefault(name, 0)
        for number, row in enumerate(waiting, start=1):
            if time.monotonic() > self.ends:
                self.left += len(waiting) - number + 1
                self.progress(f"{name}: out of time, {len(waiting) - number + 1} wait for the next run")
                return
            self.progress(f"{name} {number}/{len(waiting)}: {named(row)}")
            self.attempt(f"{name}: {named(row)}", lambda row=row: work(row))  # type: ignore[misc]
            self.done[name] += 1

    def attempt(self, what: str, work: Callable[[], object]) -> bool:
        """Do one piece of work; False, with the failure noted, when it raised."""
        try:
            work()
            crash_point("reconcile-between-items")
        except ProviderUnavailable as error:
            # Expected now and then, and where it happened says nothing.
            log.warning("%s failed: %s", what, error)
            self.failures.append(f"{what}: {error}")
            return False
        except Exception as error:
            log.exception("%s failed", what)
            self.failures.append(f"{what}: {str(error) or repr(error)}")
            return False
        return True

    def __str__(self) -> str:
        if self.busy:
            return "Another run is at work: nothing was done."
        parts = [f"{count} {name}" for name, count in self.done.items()]
        left = f", {self.left} left for the next run" if self.left else ""
        return f"{', '.join(parts) or 'nothing to do'}{left}, {len(self.failures)} failed"
