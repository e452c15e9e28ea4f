"""The port that has waiting events and mails worked on now, where no worker looks every second.

On Lambda nothing runs after a response, and schedules tick once a minute. So a request that wrote such rows sends one
message after its transactions and before its response (storefront/kick.py); whoever reads it runs the relay and the
mailer. A kick that fails costs a minute's wait and nothing else.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)

_wanted = ContextVar("kick_wanted", default=False)


class Kick(Protocol):
    def send(self) -> None:
        """Have the waiting rows worked on. Raises what went wrong. Never called inside a transaction."""


class NoKick(Kick):
    """A laptop: its worker looks every second."""

    def send(self) -> None:
        pass


def rows_wait() -> None:
    """Somebody wrote rows that the relay or the mailer has to work on. What is rolled back kicks nobody."""
    transaction.on_commit(_want)


@contextmanager
def kicking() -> Iterator[None]:
    """Kick once at the end, if rows were committed meanwhile. A failure is logged, never raised."""
    before = _wanted.set(False)
    try:
        yield
    finally:
        wanted = _wanted.get()
        _wanted.reset(before)
        if wanted:
            _send()


def _want() -> None:
    _wanted.set(True)


def _send() -> None:
    try:
        kick: Kick = import_string(settings.KICK)()
        kick.send()
    except Exception:  # whatever it was, the schedule does the work within the minute
        log.warning("the kick failed; what waits is done within the minute", exc_info=True)
