"""What happened to accounts, written down for their owners and for staff."""

from datetime import timedelta

from django.http import HttpRequest

from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.core import clock
from shop.core.http import client_address

# Long enough to look back a whole year; what is kept about people ends somewhere.
KEPT = timedelta(days=396)


def note(
    kind: AccountEvent.Kind,
    *,
    request: HttpRequest | None = None,
    user: User | None = None,
    email: str = "",
    note: str = "",
) -> AccountEvent:
    """Write that it happened, with the request's address and browser.

    email: what was typed at a sign-in that was refused, where no account may be named; of a change, the former one.
    """
    return AccountEvent.objects.create(
        kind=kind,
        user=user,
        email=_writable(email, 254),
        address=client_address(request) if request else None,
        agent=agent_of(request),
        note=_writable(note, 200),
    )


def agent_of(request: HttpRequest | None) -> str:
    """What the browser calls itself, as long as a column takes it."""
    return _writable(request.headers.get("User-Agent", ""), 200) if request else ""


def forget_old_events() -> int:
    """Delete what is older than 13 months; the number of rows."""
    return AccountEvent.objects.filter(at__lt=clock.now() - KEPT).delete()[0]


def _writable(text: str, most: int) -> str:
    """PostgreSQL takes no NUL, and a list of events no line breaks."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:most]
