"""The shop's clock: one name to patch in tests. All times are aware and in UTC."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_stopped_at: ContextVar[datetime | None] = ContextVar("stopped_at", default=None)


def now() -> datetime:
    """The present moment in UTC; within stopped(), that one."""
    return _stopped_at.get() or datetime.now(UTC)


@contextmanager
def stopped(moment: datetime | None) -> Iterator[None]:
    """Ask a copy of the shop as of that moment: what was fresh then must not seem late now. None: nothing stops."""
    token = _stopped_at.set(moment)
    try:
        yield
    finally:
        _stopped_at.reset(token)
