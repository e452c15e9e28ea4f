"""The port to copies of the shop's database: restored from its backup, asked, and dropped."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

# With which the names of scratch databases and clusters begin: whatever begins so may be dropped.
PREFIX = "restore-drill-"


class CopyError(Exception):
    """The copy cannot be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a copy was made of. name: a dump's file, or a cluster. as_of: the moment that the copy shows."""

    name: str
    as_of: datetime


class Copies(Protocol):
    """Makes copies of the database; none of its calls waits longer than one serverless call may."""

    def begin(self, name: str) -> Source:
        """Begin to restore the newest backup under that name. Raises CopyError."""

    def ready(self, name: str) -> dict[str, Any] | None:
        """Once the copy can be asked: what differs in Django's settings of the database; None while it is being made.

        To be called again and again: each call does what is next. Raises CopyError.
        """

    def drop(self, name: str) -> bool:
        """Throw that copy away, as far as that can be done now; whether all of it is gone. None is no error."""

    def left(self) -> list[str]:
        """The names of the copies that are there, also of drills that were cut off."""
