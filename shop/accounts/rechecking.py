"""Customers whom a provider has closed out meanwhile: asked for once a day while they stay signed in."""

import logging
from datetime import timedelta

from django.http import HttpRequest

from shop.accounts import sessions
from shop.accounts.audit import note
from shop.accounts.models import User
from shop.accounts.people import subject_of
from shop.accounts.security_models import AccountEvent, SignIn
from shop.accounts.staff import apply_groups
from shop.adapters.accounts import AccountsError, SignInLapsed, accounts
from shop.core import clock

log = logging.getLogger(__name__)

# The staff site asks more often, and is closed without an answer (adminpanel.door).
ASKED_EVERY = timedelta(days=1)
# Without an answer.
ASKED_AGAIN = timedelta(minutes=10)


def still_stands(request: HttpRequest, user: User) -> bool:
    """Whether the provider's account still is open. No answer is a yes: customers are not to suffer from an outage.

    Where it is not, every sign-in of theirs is over. The shop's own rows are read at each request anyway.
    """
    row = sessions.current(request)
    now = clock.now()
    if row is None or accounts().subjects_are_keys or row.checked_at > now - ASKED_EVERY:
        return True
    # Of parallel requests one asks.
    mine = SignIn.objects.filter(pk=row.pk, checked_at=row.checked_at)
    if not mine.update(checked_at=now - ASKED_EVERY + ASKED_AGAIN):
        return True
    try:
        apply_groups(user, accounts().groups(subject=subject_of(user)))
    except SignInLapsed:
        sessions.end_here(user)
        note(AccountEvent.Kind.SIGNED_OUT, request=request, user=user, note="closed at the provider")
        return False
    except AccountsError as error:
        log.warning("whether an account still is open could not be asked: %r", error)
        return True
    SignIn.objects.filter(pk=row.pk).update(checked_at=now)
    return True
