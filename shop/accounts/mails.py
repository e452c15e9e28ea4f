"""Mails about the account itself. The words stand here, the frame in templates/emails/account.*."""

from urllib.parse import urlencode

from django.urls import reverse

from shop.accounts.links import Purpose, code_for
from shop.accounts.models import User
from shop.core.http import absolute
from shop.core.numbers import secret_key
from shop.mail.services import queue_mail

NOT_YOU = "If this was not you, choose a new password now and write to us: answer this mail and a person reads it."
IGNORE = "If you did not ask for this, do nothing: without the link nothing happens."


def confirm_sign_up(user: User) -> None:
    _send(
        user,
        user.email,
        "Confirm your email",
        ["Press the button and your account is ready. The link works for three days, and once.", IGNORE],
        ("Confirm my email", _link("account-confirm", user, Purpose.CONFIRM)),
    )


def already_signed_up(user: User) -> None:
    """To somebody who has an account and asked for one again: the page says nothing about it."""
    _send(
        user,
        user.email,
        "You have an account already",
        [
            "Somebody, probably you, asked to create an account with this address. There is one, and it is as it was.",
            "Sign in with the password you have, or choose a new one on the sign-in page.",
        ],
        ("Sign in", absolute(reverse("account-login"))),
    )


def reset_password(user: User) -> None:
    _send(
        user,
        user.email,
        "Choose a new password",
        ["Press the button to choose a new password. The link works for one hour, and once.", IGNORE],
        ("Choose a new password", _link("account-password-reset", user, Purpose.RESET)),
    )


def confirm_email(user: User) -> None:
    """To the new address, which is the account's once its link was used."""
    _send(
        user,
        user.pending_email,
        "Confirm your new email",
        ["Press the button and this is the address of your account. The link works for one day, and once.", IGNORE],
        ("Confirm my new email", _link("account-email-confirm", user, Purpose.EMAIL)),
    )


def password_changed(user: User) -> None:
    _tell(user, user.email, "Your password was changed", "The password of your account was changed just now.")


def email_changed(user: User, former: str) -> None:
    """To the former address as well, so that nobody loses an account unheard."""
    for address in {former, user.email}:
        _tell(
            user,
            address,
            "Your email was changed",
            "The email of your account was changed just now. You sign in with it.",
        )


def second_step_on(user: User) -> None:
    _tell(
        user, user.email, "Two-step sign-in is on", "From now on we ask for a code from your app after your password."
    )


def second_step_off(user: User) -> None:
    _tell(user, user.email, "Two-step sign-in is off", "From now on your password alone signs you in.")


def second_step_off_by_staff(user: User) -> None:
    _tell(
        user,
        user.email,
        "Two-step sign-in is off",
        "We turned it off for you and signed you out everywhere. Your password alone signs you in until you turn it on "
        "again, on the security page of your account.",
    )


def keys_of(user: User) -> str:
    """How the keys of all mails about their account begin. `account:` hides the text from staff."""
    return f"account:{user.pk}:"


def _tell(user: User, to: str, subject: str, news: str) -> None:
    """News about the account, with the way to stop somebody else."""
    forgot = ("Choose a new password", absolute(reverse("account-password-forgot")))
    _send(user, to, subject, [news, NOT_YOU], forgot)


def _link(name: str, user: User, purpose: Purpose) -> str:
    return absolute(f"{reverse(name)}?{urlencode({'code': code_for(user, purpose)})}")


def _send(user: User, to: str, subject: str, paragraphs: list[str], button: tuple[str, str]) -> None:
    """A key of its own each time: the same news may be true twice."""
    label, url = button
    context = {"subject": subject, "paragraphs": paragraphs, "label": label, "url": url}
    queue_mail(key=f"{keys_of(user)}{secret_key()}", to=to, template="account", context=context)
