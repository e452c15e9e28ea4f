"""Where an account is signed in, and what happened to it, as its owner reads it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from shop.accounts import sessions
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent, SignIn

# In this order: each later browser names the earlier ones as well.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrom": "Chrome", "Safari": "Safari"}
SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "Mac"} | {
    "Linux": "Linux"
}
SHOWN_EVENTS = 30


@dataclass(frozen=True, slots=True)
class SignedInBrowser:
    """A browser as its owner knows it; `here` is the one that asks."""

    key: str
    name: str
    address: str | None
    since: datetime
    here: bool


def signed_in_browsers(request: HttpRequest, user: User) -> list[SignedInBrowser]:
    """The asking one first, then the newest."""
    here = request.session.get(sessions.SESSION_KEY, "")
    rows = SignIn.objects.open().filter(user=user)
    found = [SignedInBrowser(row.key, name_of(row.agent), row.address, row.started_at, row.key == here) for row in rows]
    return sorted(found, key=lambda browser: not browser.here)


def what_happened(user: User) -> list[AccountEvent]:
    """The newest events of the account."""
    return list(AccountEvent.objects.filter(user=user)[:SHOWN_EVENTS])


def name_of(agent: str) -> str:
    """'Firefox on Windows', from what the browser calls itself."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    return f"{browser} on {system}" if system else browser
