"""Changing what somebody signs in with: at the provider, in the shop's sessions, and told by mail."""

import logging
from datetime import timedelta

from django.http import HttpRequest

from shop.accounts import guarded, mails, sessions
from shop.accounts.audit import note
from shop.accounts.limits import hit
from shop.accounts.models import User
from shop.accounts.people import user_of
from shop.accounts.security_models import AccountEvent
from shop.adapters.accounts import AccountsError, accounts

log = logging.getLogger(__name__)


def ask_for_reset(email: str, request: HttpRequest) -> None:
    """Have the provider send a link or code to choose a new password with, where there is an account."""
    guarded.forgot_password(request, email=email)


def reset_password(request: HttpRequest, *, email: str, code: str, password: str) -> None:
    """Set a new password by a mailed code; every browser is signed out, this one too, and the owner is told.

    Raises CodeRefused and PasswordRefused, and nothing has changed then.
    """
    email = guarded.reset_password(request, email=email, code=code, password=password)
    user = _account_with(email)
    if user:
        sessions.end_here(user)
        note(AccountEvent.Kind.PASSWORD_CHANGED, request=request, user=user, note="by a mailed link")
        # Where the provider writes to by now; the row learns it at the next sign-in.
        user.email = email
        mails.password_changed(user)


def _account_with(email: str) -> User | None:
    """The row of the account whose password that e-mail has just renewed.

    By the provider's name for it: the row may still have a former e-mail, and another one this.
    """
    try:
        subject = accounts().subject_of(email=email)
    except AccountsError as error:
        log.error("whose new password it is could not be asked: %r", error)
        return User.objects.filter(email=email).first()
    return (user_of(subject) if subject else None) or User.objects.filter(email=email, subject=None).first()


def change_password(request: HttpRequest, *, old: str, new: str) -> None:
    """Set a new password; every other browser is signed out, and the owner is told.

    Raises WrongCredentials, PasswordRefused, SignInLapsed and TooManyTries, and nothing has changed then.
    """
    hit(f"password-change:{request.user.pk}", limit=10, window=timedelta(hours=1))
    accounts().change_password(holder=sessions.holder(request), old=old, new=new)
    user = sessions.end_others(request)
    note(AccountEvent.Kind.PASSWORD_CHANGED, request=request, user=user)
    mails.password_changed(user)
