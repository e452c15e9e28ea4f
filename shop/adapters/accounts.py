"""The port to whoever keeps identities and passwords: what the shop asks of it, in the shop's own terms.

Exactly one adapter is active (settings.ACCOUNTS_PROVIDER). E-mail addresses are lower-cased before they come here.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


class AccountsError(Exception):
    """What was asked was not done; the message is for staff, not for customers."""


class AccountsUnavailable(AccountsError):
    """No definite answer (timeout, 5xx): it may have happened."""


class Refused(AccountsError):
    """A definite no: nothing was changed."""


class WrongCredentials(Refused):
    """No such account, another password, or a disabled account: never told apart."""


class NotConfirmed(Refused):
    """The password is right, but the e-mail has not been confirmed yet.

    A provider that says so without looking at the password gives WrongCredentials instead.
    """


class CodeRefused(Refused):
    """A code or link that is wrong, used, expired, or of another account."""


class SignInLapsed(Refused):
    """Too late, or signed out meanwhile: the person has to sign in anew."""


class TooManyTries(Refused):
    """Asked for too often: come back after that many seconds (0: whoever counts does not say)."""

    def __init__(self, message: str = "too many tries", *, seconds: int = 0) -> None:
        super().__init__(message)
        self.seconds = seconds


class PasswordRefused(Refused):
    """A new password that is too weak; reasons are fit to be shown beside the field."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class SignUp(StrEnum):
    """What came of a sign-up. Only mails may tell, never a page."""

    CREATED = "created"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is. The subject never changes, an e-mail may.

    groups: the names of the staff groups; None where the shop's own tables say.
    """

    subject: str
    email: str
    email_confirmed: bool
    full_name: str = ""
    groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A proved identity. The refresh token (empty where there is none) is a secret: keep it sealed, on the server."""

    identity: Identity
    refresh_token: str = ""
    with_second_step: bool = False


class ChallengeKind(StrEnum):
    CODE = "code"
    NEW_PASSWORD = "new-password"  # noqa: S105 - a kind of question


@dataclass(frozen=True, slots=True)
class Challenge:
    """A further question before somebody is signed in. The state is the provider's and a secret."""

    kind: ChallengeKind
    email: str
    state: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody signed in, as an adapter needs to know them to act for them."""

    subject: str
    email: str
    refresh_token: str = ""


@dataclass(frozen=True, slots=True)
class TotpStart:
    """An authenticator app being set up: its secret in base 32, and what the provider wants back with a code."""

    secret: str
    state: str = ""


class AccountsProvider(Protocol):
    """Every method may raise AccountsUnavailable and TooManyTries beside what it names."""

    # Whether people type a code that the provider mails; else the code comes to them in a link that the shop mails.
    codes_are_typed: ClassVar[bool]
    # Whether a subject is the primary key of the shop's own row; else it is a name that the provider gave.
    subjects_are_keys: ClassVar[bool]
    # Whether there are codes to write down for the day the phone is lost.
    has_recovery_codes: ClassVar[bool]

    def sign_up(self, *, email: str, password: str, full_name: str) -> SignUp:
        """Make an account and have its e-mail confirmed. One that was never confirmed starts anew.

        Raises PasswordRefused.
        """

    def resend_confirmation(self, *, email: str) -> None:
        """Send the code or link again, where there is an account to confirm; silent where there is none."""

    def confirm_sign_up(self, *, email: str, code: str, password: str) -> SignedIn | None:
        """The proved identity; None where the provider has a further question. Raises CodeRefused, WrongCredentials.

        The code proves the mailbox, the password that the sign-up was theirs: anybody may sign up with an address, and
        its owner must not confirm a stranger's password. With a wrong one nobody can sign in by the password that was
        set, until it is chosen anew by mail. A code out of a link says whose it is: the e-mail may be empty then.
        """

    def sign_in(self, *, email: str, password: str) -> SignedIn | Challenge:
        """Raises WrongCredentials and NotConfirmed."""

    def answer(self, *, challenge: Challenge, answer: str) -> SignedIn | Challenge:
        """Go on with a code of the app, a recovery code, or the new password.

        Raises CodeRefused (the same challenge may be answered again), PasswordRefused and SignInLapsed.
        """

    def sign_out(self, *, holder: Holder) -> None:
        """End this one sign-in at the provider; never raises for one that has ended already."""

    def sign_out_everywhere(self, *, holder: Holder) -> None: ...

    def forgot_password(self, *, email: str) -> None:
        """Send a code or link to choose a new password with; silent where there is no account."""

    def reset_password(self, *, email: str, code: str, password: str) -> str:
        """The e-mail of the account, whose every sign-in is over now. Raises CodeRefused and PasswordRefused.

        A code out of a link says whose it is: the e-mail may be empty then.
        """

    def subject_of(self, *, email: str) -> str:
        """The subject of the account that has that e-mail now; empty where there is none. No page may tell."""

    def change_password(self, *, holder: Holder, old: str, new: str) -> None:
        """Raises WrongCredentials, PasswordRefused and SignInLapsed."""

    def change_email(self, *, holder: Holder, email: str) -> None:
        """Ask the new address whether it is theirs; nothing changes until confirm_email. Never says it is taken.

        Raises SignInLapsed.
        """

    def confirm_email(self, *, holder: Holder, code: str) -> str:
        """The new address, in force from now on.

        Raises CodeRefused, also when another account has it by now, and SignInLapsed.
        """

    def delete(self, *, holder: Holder) -> None:
        """Make signing in impossible for good, and forget what the provider knows. Repeating it changes nothing."""

    def start_totp(self, *, holder: Holder) -> TotpStart:
        """Raises SignInLapsed."""

    def confirm_totp(self, *, holder: Holder, start: TotpStart, code: str) -> list[str]:
        """Turn two-step sign-in on; the recovery codes, shown once (empty without).

        Raises CodeRefused and SignInLapsed.
        """

    def remove_totp(self, *, holder: Holder) -> None: ...

    def has_totp(self, *, holder: Holder) -> bool: ...

    def groups(self, *, subject: str) -> frozenset[str] | None:
        """The staff groups now, as in Identity. Raises SignInLapsed for an account that is disabled or gone."""


@lru_cache(maxsize=4)
def _made(path: str) -> AccountsProvider:
    return cast(AccountsProvider, import_string(path)())


def accounts() -> AccountsProvider:
    """The adapter that settings choose."""
    return _made(settings.ACCOUNTS_PROVIDER)
