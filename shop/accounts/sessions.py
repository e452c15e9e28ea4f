"""Being signed in: one session and one SignIn row for each browser."""

import logging
from collections.abc import Callable
from typing import cast

from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest

from shop.accounts.models import User
from shop.accounts.people import holder_of, person_of
from shop.accounts.security_models import SignIn
from shop.adapters.accounts import AccountsError, Holder, SignedIn, SignInLapsed, accounts
from shop.core import clock
from shop.core.numbers import secret_key
from shop.core.sealed import seal, unseal

log = logging.getLogger(__name__)

SESSION_KEY = "sign_in"
DAY = 86_400
STAY_SECONDS = 30 * DAY
STAFF_SECONDS = 8 * 3600


def begin(request: HttpRequest, signed_in: SignedIn, *, stay: bool = False) -> User:
    """Sign this browser in under a new session key; what the session held before stays, unless it was another's.

    stay: for 30 days, otherwise until the browser closes. Raises what person_of raises.
    """
    user = person_of(signed_in.identity)
    _forget_another(request, user)
    login(request, user)
    row = SignIn.objects.create(
        user=user,
        refresh_token=seal(signed_in.refresh_token) if signed_in.refresh_token else "",
        with_second_step=signed_in.with_second_step,
        address=request.META.get("REMOTE_ADDR") or None,
        agent=_agent(request),
    )
    request.session[SESSION_KEY] = row.key
    request.session.set_expiry(_lifetime(user, stay=stay))
    return user


def current(request: HttpRequest) -> SignIn | None:
    """The sign-in of this browser; None once it was ended, or where nobody is signed in."""
    key = request.session.get(SESSION_KEY, "")
    if not key:
        return None
    if not hasattr(request, "_sign_in"):
        request._sign_in = SignIn.objects.filter(key=key, ended_at=None).first()  # type: ignore[attr-defined]
    return cast("SignIn | None", request._sign_in)  # type: ignore[attr-defined]


def was_ended(request: HttpRequest) -> bool:
    """Whether this browser was signed out from elsewhere, or has been signed in for too long."""
    return SESSION_KEY in request.session and current(request) is None


def holder(request: HttpRequest) -> Holder:
    """Who is signed in here, as the provider needs it. Raises SignInLapsed where nobody is."""
    user = request.user
    if not isinstance(user, User):
        raise SignInLapsed("nobody is signed in")
    row = current(request)
    return holder_of(user, _refresh_token(row))


def end(request: HttpRequest) -> None:
    """Sign this browser out, here and at the provider. Out of reach, the provider's own end comes with its expiry."""
    row = current(request)
    if row is not None and isinstance(request.user, User):
        SignIn.objects.filter(pk=row.pk).update(ended_at=clock.now(), refresh_token="")
        _tell(lambda: accounts().sign_out(holder=holder(request)))
    logout(request)


def end_everywhere(user: User) -> None:
    """End every session of theirs, at the provider too."""
    end_here(user)
    _tell(lambda: accounts().sign_out_everywhere(holder=holder_of(user)))


def end_here(user: User, *, but: str = "") -> None:
    """End every session of theirs in the shop, but the sign-in of that key (whose session then needs the new hash)."""
    user.session_salt = secret_key()
    user.save(update_fields=["session_salt"])
    rows = SignIn.objects.filter(user=user, ended_at=None).exclude(key=but)
    rows.update(ended_at=clock.now(), refresh_token="")


def end_others(request: HttpRequest) -> User:
    """End every session of the signed-in person but this one, which goes on under a new key."""
    user = cast(User, request.user)
    user.refresh_from_db()
    end_here(user, but=request.session.get(SESSION_KEY, ""))
    update_session_auth_hash(request, user)
    return user


def _forget_another(request: HttpRequest, user: User) -> None:
    """What somebody else's session held is not for the next person at the same browser."""
    if request.user.is_authenticated and request.user.pk != user.pk:
        end(request)


def _lifetime(user: User, *, stay: bool) -> int:
    """Seconds; 0: until the browser closes, and a day at most on our side (SESSION_COOKIE_AGE)."""
    if user.is_staff:
        return STAFF_SECONDS
    return STAY_SECONDS if stay else 0


def _refresh_token(row: SignIn | None) -> str:
    if row is None or not row.refresh_token:
        return ""
    try:
        return unseal(row.refresh_token)
    except ValueError:
        raise SignInLapsed("sealed under a key that is gone") from None


def _agent(request: HttpRequest) -> str:
    return "".join(letter for letter in request.headers.get("User-Agent", "") if letter.isprintable())[:200]


def _tell(call: Callable[[], None]) -> None:
    """The shop's own sessions are over already, so a provider out of reach is no reason to fail."""
    try:
        call()
    except AccountsError as error:
        log.warning("the accounts provider could not be told of a sign-out: %r", error)
