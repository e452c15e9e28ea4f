"""Changing the e-mail that somebody signs in with: at the provider, in the shop's row, and told by mail."""

from datetime import timedelta

from django.http import HttpRequest

from shop.accounts import consents, mails, people, sessions
from shop.accounts.audit import note
from shop.accounts.limits import hit
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.adapters.accounts import Identity, accounts

HOUR = timedelta(hours=1)


def ask(request: HttpRequest, user: User, email: str) -> None:
    """Have the new address asked whether it is theirs; until it says so nothing changes. Raises TooManyTries."""
    hit(f"email-change:{user.pk}", limit=5, window=HOUR)
    accounts().change_email(holder=sessions.holder(request), email=email)
    user.pending_email = email
    user.save(update_fields=["pending_email"])
    note(AccountEvent.Kind.EMAIL_ASKED, request=request, user=user)


def confirm(request: HttpRequest, user: User, code: str) -> str:
    """The new e-mail, in force now; both addresses are told. Raises CodeRefused, and nothing has changed then."""
    hit(f"email-confirm:{user.pk}", limit=20, window=HOUR)
    former = user.email
    email = accounts().confirm_email(holder=sessions.holder(request), code=code)
    user.refresh_from_db()
    if user.email != email:
        # Another provider has confirmed it: whoever else holds it here gives it up.
        people.person_of(Identity(people.subject_of(user), email, True))
        user.refresh_from_db()
    user.pending_email = ""
    user.save(update_fields=["pending_email"])
    note(AccountEvent.Kind.EMAIL_CHANGED, request=request, user=user, email=former)
    consents.carry(user, former)
    mails.email_changed(user, former)
    return email
