"""Places where a process can be made to die, for the proof that a crash loses no money (docs/payments.md).

Each name stands for the one line of code that calls crash_point() with it. In a shop that serves people nothing is
armed and a call does nothing. `torture/` arms them one after the other and looks at what is left.
"""

import os
import signal
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

# Name -> what has just happened there and what has not yet.
POINTS = {
    "placed-before-commit": "order, lines, stock and attempt are written, but not committed",
    "placed-after-commit": "the order is committed, and nobody has asked the provider for a page",
    "session-before-call": "the provider is about to be asked for a payment page",
    "session-before-record": "the provider has made the page, and the attempt does not know it",
    "session-recorded": "the attempt knows its page, and the buyer has not been sent there",
    "retry-before-commit": "another attempt and its longer hold are written, but not committed",
    "webhook-before-store": "a message was verified, and is not stored",
    "webhook-stored": "a message is stored, and nothing was done about it",
    "webhook-before-mark": "a message was acted upon, and is not marked as done",
    "capture-before-commit": "it is written that an approved payment is to be captured, but not committed",
    "capture-before-call": "it is committed that an approved payment is captured, and the provider was not asked",
    "capture-before-record": "the provider has taken the money of an approved payment, and nothing of it is written",
    "sync-before-apply": "the provider has said what is so, and nothing of it is written",
    "sync-before-commit": "what the provider said is written with all that follows from it, but not committed",
    "sync-after-commit": "what the provider said is committed, and its events are not published",
    "refund-before-commit": "a refund is written and counts against its payment, but is not committed",
    "refund-before-call": "a refund is committed, and the provider has not been asked for it",
    "refund-before-record": "the provider has made a refund, and the ledger does not know how it stands",
    "refund-recorded": "the ledger knows how a refund stands, and its events are not published",
    "cancel-paid-before-commit": "a paid order is cancelled and its refund written, but not committed",
    "hold-page-closed": "the page of an order whose time is over was closed, and not read again",
    "hold-before-cancel": "the page of an order whose time is over was read again, and the order not judged",
    "cancel-before-commit": "an order is cancelled and its stock given back, but not committed",
    "reconcile-between-items": "the reconciler has done one item of several",
    "relay-claimed": "events were claimed, and are not published",
    "relay-before-mark": "events were published, and are not marked as such",
    "handler-before-commit": "a consumer has done its work, but that is not committed",
    "handler-before-inbox": "a consumer outside a transaction has done its work, and its inbox does not say so",
    "mail-claimed": "a mail was claimed, and is not sent",
    "mail-before-mark": "a mail was sent, and is not marked as sent",
}

PROBLEM = "CRASH_POINTS kills processes on purpose: it must be empty with DEBUG off"


def crash_point(name: str) -> None:
    """Die here, as by a power cut, when settings.CRASH_POINTS names this place. ValueError for a name not in POINTS."""
    if name not in POINTS:
        raise ValueError(f"{name!r} is not in shop.core.crash.POINTS")
    if name in settings.CRASH_POINTS:
        os.kill(os.getpid(), signal.SIGKILL)


def armed_in_production() -> bool:
    """With DEBUG off only those settings may arm a point that may have the sandbox as well."""
    allowed = settings.DEBUG or getattr(settings, "SANDBOX_ALLOWED_WITHOUT_DEBUG", False)
    return bool(settings.CRASH_POINTS) and not allowed


def crash_points(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """System check."""
    return [Error(PROBLEM, id="shop.E002")] if armed_in_production() else []


def refuse_production() -> None:
    """Servers run no checks, so a start with armed points fails too. Raises ImproperlyConfigured."""
    if armed_in_production():
        raise ImproperlyConfigured(PROBLEM)
