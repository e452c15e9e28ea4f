"""Browsers in which somebody signed in to an account before: strangers' tries do not keep its owner out there.

A cookie says so, which only the shop can write (OWASP calls it a device cookie). It opens nothing by itself.
"""

from datetime import timedelta

from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from shop.accounts.models import User
from shop.core.cookies import SignedCookie
from shop.core.numbers import secret_key

COOKIE = SignedCookie("device", "shop.accounts.device", timedelta(days=180))


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Let this browser be known as one of theirs, until their password or all their sessions end."""
    COOKIE.write(request, response, f"{user.pk}.{secret_key()}.{_mark(user)}")


def claimed(request: HttpRequest) -> str:
    """The browser's own name; empty where it never was anybody's. Not looked up: whose it is, is_known tells."""
    return _parts(request)[1]


def is_known(request: HttpRequest, email: str) -> bool:
    """Whether the account with that e-mail was signed in to here, and its password and sessions were not renewed."""
    pk, _, mark = _parts(request)
    user = User.objects.filter(email=email, is_active=True, erased_at=None).first() if pk else None
    return user is not None and str(user.pk) == pk and constant_time_compare(mark, _mark(user))


def _parts(request: HttpRequest) -> tuple[str, str, str]:
    """The account, the browser's name, and the mark of the account's sessions."""
    pk, _, rest = COOKIE.read(request).partition(".")
    name, _, mark = rest.partition(".")
    return pk, name, mark


def _mark(user: User) -> str:
    """Changes with password and session salt, as the user's sessions do."""
    return salted_hmac("shop.accounts.device", user.get_session_auth_hash(), algorithm="sha256").hexdigest()
