"""What the public page that is being made shows: noted where it is read, for an edge that keeps the page.

Tags name it: a change purges the pages with its tags, and no others.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from shop.core import clock

# On every page: what their head and foot say, and what is too rare to be told apart.
EVERYTHING = "everything"


@dataclass(slots=True)
class Shown:
    """The tags of one page, and until when what it says is true (UTC; None: until something changes)."""

    tags: set[str] = field(default_factory=lambda: {EVERYTHING})
    until: datetime | None = None

    def seconds(self, most: int) -> int:
        """How long an edge may keep the page: at least a second, so that it is asked for once at a time."""
        if self.until is None:
            return most
        return max(1, min(most, ceil((self.until - clock.now()).total_seconds())))


_page: ContextVar[Shown | None] = ContextVar("shown", default=None)


@contextmanager
def collecting() -> Iterator[Shown]:
    """Collects what is noted within the block."""
    shown = Shown()
    token = _page.set(shown)
    try:
        yield shown
    finally:
        _page.reset(token)


def shows(*tags: str) -> None:
    """Note that the page being made shows these; without one nothing happens."""
    if page := _page.get():
        page.tags.update(tags)


def shows_until(moment: datetime) -> None:
    """Note that the page being made says something that is true until then; the earliest counts."""
    if page := _page.get():
        page.until = min(page.until or moment, moment)


def product(pk: int) -> str:
    """The tag of a product's own page."""
    return f"product:{pk}"


def card(pk: int) -> str:
    """The tag of pages with a product's card."""
    return f"card:{pk}"
