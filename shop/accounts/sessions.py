"""Being signed in: one session and one SignIn row for each browser."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, login, logout, update_session_auth_hash
from django.contrib.auth import SESSION_KEY as AUTH_KEY
from django.core.management import call_command
from django.db.models import Q
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from shop.accounts.audit import agent_of, note
from shop.accounts.models import User
from shop.accounts.people import holder_of, person_of
from shop.accounts.security_models import AccountEvent, SignIn
from shop.accounts.staff import apply_groups
from shop.adapters.accounts import AccountsError, Holder, SignedIn, SignInLapsed, accounts
from shop.core import clock
from shop.core.http import client_address
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
    apply_groups(user, signed_in.identity.groups)
    _forget_another(request, user)
    login(request, user)
    lifetime = _lifetime(user, stay=stay)
    row = SignIn.objects.create(
        user=user,
        refresh_token=sealed_token(signed_in),
        with_second_step=signed_in.with_second_step,
        ends_at=clock.now() + timedelta(seconds=lifetime or DAY),
        address=client_address(request),
        agent=agent_of(request),
    )
    request.session[SESSION_KEY] = row.key
    request.session.set_expiry(lifetime)
    how = "with a second step" if signed_in.with_second_step else ""
    note(AccountEvent.Kind.SIGNED_IN, request=request, user=user, note=how)
    return user


def sealed_token(signed_in: SignedIn) -> str:
    """The refresh token as a SignIn keeps it."""
    return seal(signed_in.refresh_token) if signed_in.refresh_token else ""


def current(request: HttpRequest) -> SignIn | None:
    """The sign-in of this browser; None once it was ended, or where nobody is signed in."""
    key = request.session.get(SESSION_KEY, "")
    if not key:
        return None
    if not hasattr(request, "_sign_in"):
        found = SignIn.objects.open().select_related("user").filter(key=key).first()
        request._sign_in = found  # type: ignore[attr-defined]
    return cast("SignIn | None", request._sign_in)  # type: ignore[attr-defined]


def was_ended(request: HttpRequest) -> bool:
    """Whether this browser was signed out from elsewhere, or has been signed in for too long."""
    return SESSION_KEY in request.session and current(request) is None


def person(request: HttpRequest) -> User | None:
    """Whom the session's sign-in names, read along with it; None wherever anything else has to be looked at.

    What has to agree is what Django's get_user asks for: the backend, the user, an active one, and the session's hash.
    """
    row = current(request)
    if row is None or request.session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    known, given = row.user.get_session_auth_hash(), request.session.get(HASH_SESSION_KEY, "")
    same = request.session.get(AUTH_KEY) == str(row.user_id) and constant_time_compare(known, given)
    return row.user if same and row.user.is_active else None


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
        note(AccountEvent.Kind.SIGNED_OUT, request=request, user=request.user)
    logout(request)


def end_there(user: User, key: str, request: HttpRequest) -> bool:
    """Sign another browser of theirs out; False where there is none of that key."""
    row = SignIn.objects.open().filter(user=user, key=key).first()
    if row is None:
        return False
    SignIn.objects.filter(pk=row.pk).update(ended_at=clock.now(), refresh_token="")
    _tell(lambda: accounts().sign_out(holder=holder_of(user, _refresh_token(row))))
    note(AccountEvent.Kind.SIGNED_OUT, request=request, user=user, note="from another browser")
    return True


def end_everywhere(user: User) -> None:
    """End every session of theirs, at the provider too."""
    end_here(user)
    note(AccountEvent.Kind.SIGNED_OUT_EVERYWHERE, user=user)
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


def _tell(call: Callable[[], None]) -> None:
    """The shop's own sessions are over already, so a provider out of reach is no reason to fail."""
    try:
        call()
    except AccountsError as error:
        log.warning("the accounts provider could not be told of a sign-out: %r", error)


def forget_old_sign_ins() -> int:
    """Delete the sign-ins that were over a month ago, and Django's own sessions that have expired; the number."""
    call_command("clearsessions")
    long_ago = clock.now() - timedelta(days=30)
    return SignIn.objects.filter(Q(ended_at__lt=long_ago) | Q(ends_at__lt=long_ago)).delete()[0]
