"""Changing what somebody signs in with: at the provider, in the shop's sessions, and told by mail."""

from datetime import timedelta

from django.http import HttpRequest

from shop.accounts import guarded, mails, sessions
from shop.accounts.audit import note
from shop.accounts.limits import hit
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.adapters.accounts import accounts


def ask_for_reset(email: str, request: HttpRequest) -> None:
    """Have the provider send a link or code to choose a new password with, where there is an account."""
    guarded.forgot_password(request, email=email)


def reset_password(request: HttpRequest, *, email: str, code: str, password: str) -> None:
    """Set a new password by a mailed code; every browser is signed out, this one too, and the owner is told.

    Raises CodeRefused and PasswordRefused, and nothing has changed then.
    """
    email = guarded.reset_password(request, email=email, code=code, password=password)
    user = User.objects.filter(email=email).first()
    if user:
        sessions.end_here(user)
        note(AccountEvent.Kind.PASSWORD_CHANGED, request=request, user=user, note="by a mailed link")
        mails.password_changed(user)


def change_password(request: HttpRequest, *, old: str, new: str) -> None:
    """Set a new password; every other browser is signed out, and the owner is told.

    Raises WrongCredentials, PasswordRefused, SignInLapsed and TooManyTries, and nothing has changed then.
    """
    hit(f"password-change:{request.user.pk}", limit=10, window=timedelta(hours=1))
    accounts().change_password(holder=sessions.holder(request), old=old, new=new)
    user = sessions.end_others(request)
    note(AccountEvent.Kind.PASSWORD_CHANGED, request=request, user=user)
    mails.password_changed(user)
