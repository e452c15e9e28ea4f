"""Turning two-step sign-in on and off: at the provider, in the account's events, and told by mail."""

from django.http import HttpRequest

from shop.accounts import mails, sessions
from shop.accounts.audit import note
from shop.accounts.models import User
from shop.accounts.people import holder_of
from shop.accounts.security_models import AccountEvent, SignIn
from shop.adapters.accounts import SignInLapsed, TotpStart, accounts
from shop.core.sealed import seal, unseal

Kind = AccountEvent.Kind
# The app being set up, in the session: sealed, since whoever knows the secret has the codes.
START = "totp_start"


def is_on(request: HttpRequest) -> bool:
    return accounts().has_totp(holder=sessions.holder(request))


def started(request: HttpRequest) -> TotpStart:
    """The app being set up: the same one when the page is opened again, so that a scanned picture stays good."""
    kept = request.session.get(START)
    if kept:
        try:
            return TotpStart(unseal(kept["secret"]), unseal(kept["state"]))
        except ValueError:
            pass
    start = accounts().start_totp(holder=sessions.holder(request))
    request.session[START] = {"secret": seal(start.secret), "state": seal(start.state)}
    return start


def turn_on(request: HttpRequest, user: User, code: str) -> list[str]:
    """The recovery codes, to be shown once. Raises CodeRefused, and nothing has changed then."""
    start = started(request)
    try:
        codes = accounts().confirm_totp(holder=sessions.holder(request), start=start, code=code)
    except SignInLapsed:
        # The provider knows nothing of this start any more: the next page begins anew.
        request.session.pop(START, None)
        raise
    request.session.pop(START, None)
    row = sessions.current(request)
    if row is not None:
        SignIn.objects.filter(pk=row.pk).update(with_second_step=True)
    note(Kind.SECOND_STEP_ON, request=request, user=user)
    mails.second_step_on(user)
    return codes


def turn_off(request: HttpRequest, user: User) -> None:
    """Ask for no codes any more, and let no sign-in count as made with one. Repeating it tells nobody anything."""
    holder = sessions.holder(request)
    was_on = accounts().has_totp(holder=holder)
    SignIn.objects.filter(user=user).update(with_second_step=False)
    if was_on:
        accounts().remove_totp(holder=holder)
        note(Kind.SECOND_STEP_OFF, request=request, user=user)
        mails.second_step_off(user)


def is_on_for(person: User) -> bool:
    """Raises SignInLapsed for an account that is disabled or that the provider does not know."""
    return accounts().has_totp(holder=holder_of(person))


def turn_off_for(person: User) -> bool:
    """By staff, for somebody without phone and recovery codes; whether it was on. Raises as is_on_for().

    Every sign-in of theirs ends: whoever has the phone may be signed in on it.
    """
    if not is_on_for(person):
        return False
    accounts().remove_totp(holder=holder_of(person))
    # Its owner reads this: neither the place of the member of staff nor their reason.
    note(Kind.SECOND_STEP_OFF, user=person, note="by staff")
    mails.second_step_off_by_staff(person)
    sessions.end_everywhere(person)
    return True
