"""The shop as its own keeper of identities: Django's password hashes, mailed links, and codes of an app.

The subject of an identity is the primary key of its User.
"""

from typing import ClassVar

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare

from shop.accounts import mails, totp
from shop.accounts.links import Purpose, holder_of_code
from shop.accounts.models import User
from shop.accounts.people import OwnIdentity, announce
from shop.adapters.accounts import (
    Challenge,
    ChallengeKind,
    CodeRefused,
    Holder,
    Identity,
    NotConfirmed,
    PasswordRefused,
    SignedIn,
    SignInLapsed,
    SignUp,
    TotpStart,
    WrongCredentials,
)
from shop.core import clock
from shop.core.numbers import secret_key

CHALLENGE_SECONDS = 600
CHALLENGE_SALT = "shop.accounts.own.challenge"


class OwnAccounts:
    """The accounts port over the shop's own tables. Whether there is an account shows in no answer and in no time:
    each way through sign_up, and through sign_in, hashes one password."""

    codes_are_typed: ClassVar[bool] = False
    subjects_are_keys: ClassVar[bool] = True
    has_recovery_codes: ClassVar[bool] = True

    def sign_up(self, *, email: str, password: str, full_name: str) -> SignUp:
        check_strength(password, User(email=email, full_name=full_name))
        fresh = User(email=email, full_name=full_name, password=make_password(password))
        with transaction.atomic():
            User.objects.bulk_create([fresh], ignore_conflicts=True)
            user = User.objects.select_for_update().get(email=email)
            if user.email_confirmed_at or user.is_staff or not user.is_active:
                mails.already_signed_up(user)
                return SignUp.EXISTS
            # Whoever asked last: the links of those before are void, as the password in their digest has changed.
            user.full_name, user.password = fresh.full_name, fresh.password
            user.save(update_fields=["full_name", "password"])
            mails.confirm_sign_up(user)
            return SignUp.CREATED

    def resend_confirmation(self, *, email: str) -> None:
        user = User.objects.filter(email=email, email_confirmed_at=None, is_active=True).first()
        if user:
            mails.confirm_sign_up(user)

    def confirm_sign_up(self, *, email: str, code: str, password: str) -> SignedIn:
        with transaction.atomic():
            user = _by_code(code, Purpose.CONFIRM, email)
            if not user.check_password(password):
                raise WrongCredentials("somebody else's sign-up, or a slip")
            _confirm(user)
        return SignedIn(_identity(user))

    def sign_in(self, *, email: str, password: str) -> SignedIn | Challenge:
        user = User.objects.filter(email=email).select_related("totp").first()
        # Without an account as much is hashed as with one: Django does so for a password that cannot be used.
        right = (user or User(password=make_password(None))).check_password(password)
        if user is None or not right or not user.is_active:
            raise WrongCredentials("no account, another password, or disabled")
        if user.email_confirmed_at is None:
            raise NotConfirmed("the e-mail was never confirmed")
        if hasattr(user, "totp"):
            state = signing.dumps([user.pk, user.get_session_auth_hash()], salt=CHALLENGE_SALT)
            return Challenge(ChallengeKind.CODE, email, state)
        return SignedIn(_identity(user))

    def answer(self, *, challenge: Challenge, answer: str) -> SignedIn | Challenge:
        try:
            pk, known = signing.loads(challenge.state, salt=CHALLENGE_SALT, max_age=CHALLENGE_SECONDS)
        except (signing.BadSignature, ValueError):
            raise SignInLapsed("not asked here, or too long ago") from None
        user = User.objects.filter(pk=pk, is_active=True).first()
        if user is None or not constant_time_compare(known, user.get_session_auth_hash()):
            raise SignInLapsed("the account has changed since")
        if not totp.accept(user, answer):
            raise CodeRefused("neither the app's code nor one on paper, or used already")
        return SignedIn(_identity(user), with_second_step=True)

    def sign_out(self, *, holder: Holder) -> None:
        """Nothing is kept here beside the shop's sessions, which end by themselves."""

    def sign_out_everywhere(self, *, holder: Holder) -> None:
        """As sign_out."""

    def forgot_password(self, *, email: str) -> None:
        user = User.objects.filter(email=email, is_active=True).first()
        if user:
            mails.reset_password(user)

    def reset_password(self, *, email: str, code: str, password: str) -> str:
        """Whoever has the link has the mailbox, so the e-mail counts as confirmed from then on."""
        with transaction.atomic():
            user = _by_code(code, Purpose.RESET, email)
            _set_password(user, password)
            if user.email_confirmed_at is None:
                _confirm(user)
        return user.email

    def subject_of(self, *, email: str) -> str:
        return str(User.objects.filter(email=email).values_list("pk", flat=True).first() or "")

    def change_password(self, *, holder: Holder, old: str, new: str) -> None:
        user = _user(holder)
        if not user.check_password(old):
            raise WrongCredentials("another password")
        _set_password(user, new)

    def change_email(self, *, holder: Holder, email: str) -> None:
        user = _user(holder)
        user.pending_email = email
        user.save(update_fields=["pending_email"])
        taken = User.objects.filter(email=email).exclude(pk=user.pk).first()
        if taken:
            mails.already_signed_up(taken)
        else:
            mails.confirm_email(user)

    def confirm_email(self, *, holder: Holder, code: str) -> str:
        with transaction.atomic():
            user = holder_of_code(code, Purpose.EMAIL)
            if user != _user(holder) or _taken(user):
                raise CodeRefused("of another account, or the e-mail is another's by now")
            user.email, user.pending_email, user.email_confirmed_at = user.pending_email, "", clock.now()
            user.save(update_fields=["email", "pending_email", "email_confirmed_at"])
        return user.email

    def delete(self, *, holder: Holder) -> None:
        user = _rows(holder.subject).first()
        if user:
            user.set_unusable_password()
            user.is_active, user.pending_email, user.session_salt = False, "", secret_key()
            user.save(update_fields=["password", "is_active", "pending_email", "session_salt"])
            totp.turn_off(user)

    def start_totp(self, *, holder: Holder) -> TotpStart:
        return TotpStart(totp.new_secret())

    def confirm_totp(self, *, holder: Holder, start: TotpStart, code: str) -> list[str]:
        codes = totp.turn_on(_user(holder), start.secret, code)
        if codes is None:
            raise CodeRefused("not the app's present code")
        return codes

    def remove_totp(self, *, holder: Holder) -> None:
        totp.turn_off(_user(holder))

    def has_totp(self, *, holder: Holder) -> bool:
        return totp.is_on(_user(holder))

    def groups(self, *, subject: str) -> frozenset[str] | None:
        """The shop's own tables say what staff may do."""
        if not _rows(subject).filter(is_active=True).exists():
            raise SignInLapsed("disabled or gone")
        return None


def check_strength(password: str, user: User) -> None:
    """Raises PasswordRefused with the reasons of settings.AUTH_PASSWORD_VALIDATORS."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PasswordRefused(error.messages) from None


def _identity(user: User) -> Identity:
    return OwnIdentity(str(user.pk), user.email, user.email_confirmed_at is not None, user.full_name, row=user)


def _rows(subject: str) -> QuerySet[User]:
    """The one row of that subject. None for the name that another provider gave, and that no key can be."""
    return User.objects.filter(pk=subject) if subject.isdecimal() else User.objects.none()


def _user(holder: Holder) -> User:
    user = _rows(holder.subject).filter(is_active=True).first()
    if user is None:
        raise SignInLapsed("disabled or gone")
    return user


def _by_code(code: str, purpose: Purpose, email: str) -> User:
    """Whose code it is; where an e-mail is given too, it has to be theirs."""
    user = holder_of_code(code, purpose)
    if email and email != user.email:
        raise CodeRefused("of another account")
    return user


def _confirm(user: User) -> None:
    user.email_confirmed_at = clock.now()
    user.save(update_fields=["email_confirmed_at"])
    announce(user)


def _set_password(user: User, password: str) -> None:
    check_strength(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])


def _taken(user: User) -> bool:
    return User.objects.filter(email=user.pending_email).exclude(pk=user.pk).exists()
