"""The row of a person, for whoever a provider says that they are."""

from dataclasses import dataclass, field

from django.db import transaction

from shop.accounts.models import User
from shop.adapters.accounts import Holder, Identity, NotConfirmed, WrongCredentials, accounts
from shop.core import clock
from shop.core.numbers import secret_key
from shop.events.services import emit


@dataclass(frozen=True, slots=True)
class OwnIdentity(Identity):
    """An identity that the shop itself keeps, with the row by which it was proved just now.

    The session stands on the row's password and salt: where they were changed at the same moment, it is void.
    """

    row: User | None = field(default=None, compare=False, repr=False)


def person_of(identity: Identity) -> User:
    """The user of that identity, with its present e-mail and name; made where there is none.

    Found by the subject and never by the e-mail, but for one case: a row that no provider has named yet is taken over,
    once, by the identity that has the same e-mail, when both have it confirmed. Raises WrongCredentials for a user who
    was disabled or erased here, NotConfirmed where an unconfirmed e-mail is another person's.
    """
    with transaction.atomic():
        return _own(identity) if identity.subject.isdecimal() else _named(identity)


def holder_of(user: User, refresh_token: str = "") -> Holder:
    """The user as the provider knows them."""
    return Holder(subject_of(user), user.email, refresh_token)


def subject_of(user: User) -> str:
    """The present provider's name for the user: the primary key where the shop itself keeps the password.

    A row keeps the name that a pool gave it, in case the shop goes back there.
    """
    if accounts().subjects_are_keys:
        return str(user.pk)
    return user.subject or str(user.pk)


def user_of(subject: str) -> User | None:
    """The user whom a provider names so."""
    named = {"pk": subject} if subject.isdecimal() else {"subject": subject}
    return User.objects.filter(**named).first()


def announce(user: User) -> None:
    """Say that a new customer is here. To be called in the transaction that made or confirmed the account."""
    emit("CustomerSignedUp", {"user_id": user.pk})


def _own(identity: Identity) -> User:
    """Providers' own names are UUIDs, so one of figures only is the primary key of a row that keeps its password."""
    row = identity.row if isinstance(identity, OwnIdentity) else None
    user = row or User.objects.filter(pk=identity.subject).first()
    if user is None:
        raise WrongCredentials("no such user")
    _refuse_disabled(user)
    return user


def _refuse_disabled(user: User) -> None:
    """Before anything is written: a row that was erased must not learn again whose it was."""
    if not user.is_active or user.erased_at is not None:
        raise WrongCredentials("disabled or erased in the shop")


def _named(identity: Identity) -> User:
    email = identity.email.lower()
    user = User.objects.select_for_update().filter(subject=identity.subject).first()
    holder = User.objects.select_for_update().filter(email=email).first()
    if user is None and holder is not None and _may_take_over(identity, holder):
        user = holder
    if user is not None:
        _refuse_disabled(user)
    if holder is not None and holder != user:
        _release(identity, holder)
    if user is None:
        return _made(identity, email)
    return _updated(user, identity, email)


def _may_take_over(identity: Identity, row: User) -> bool:
    both_confirmed = identity.email_confirmed and row.email_confirmed_at is not None
    return both_confirmed and row.subject is None and row.erased_at is None


def _release(identity: Identity, row: User) -> None:
    """Take the e-mail from the row that has it, since the provider says that it is somebody else's now."""
    if not identity.email_confirmed:
        raise NotConfirmed("another account has this e-mail")
    row.email, row.is_active = f"{row.pk}@former.invalid", False
    row.pending_email, row.session_salt = "", secret_key()
    row.save(update_fields=["email", "is_active", "pending_email", "session_salt"])


def _made(identity: Identity, email: str) -> User:
    confirmed = clock.now() if identity.email_confirmed else None
    user = User.objects.create_user(
        email, subject=identity.subject, full_name=identity.full_name[:150], email_confirmed_at=confirmed
    )
    announce(user)
    return user


def _updated(user: User, identity: Identity, email: str) -> User:
    """Write only what differs: most sign-ins change nothing. Another e-mail is confirmed only where it says so."""
    now = {"subject": identity.subject, "email": email, "full_name": user.full_name or identity.full_name[:150]}
    changed = [name for name, value in now.items() if getattr(user, name) != value]
    for name in changed:
        setattr(user, name, now[name])
    if "subject" in changed:
        # From now on the provider keeps the password.
        user.set_unusable_password()
        changed.append("password")
    if identity.email_confirmed and user.email_confirmed_at is None:
        user.email_confirmed_at = clock.now()
        changed.append("email_confirmed_at")
    if "email" in changed and not identity.email_confirmed:
        user.email_confirmed_at = None
        changed.append("email_confirmed_at")
    if changed:
        user.save(update_fields=changed)
    return user
