"""The row of an identity: found by its subject, taken over once, never by an e-mail alone."""

from typing import Any

import pytest
from pytest_django import Settings

from shop.accounts.models import User
from shop.accounts.people import holder_of, person_of, subject_of, user_of
from shop.adapters.accounts import Holder, Identity, NotConfirmed, WrongCredentials
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
SUB = "6f1c9f2e-7b1a-4a53-9f5e-0c2f6f3b1d11"


def identity(
    subject: str = SUB, email: str = "alice@example.org", *, confirmed: bool = True, **fields: Any
) -> Identity:
    return Identity(subject, email, confirmed, **fields)


def test_a_new_identity_becomes_a_user_without_a_password_and_is_announced_once() -> None:
    user = person_of(identity(full_name="Alice Moreau"))
    assert (user.subject, user.email, user.full_name) == (SUB, "alice@example.org", "Alice Moreau")
    assert user.email_confirmed_at is not None and not user.has_usable_password()
    assert person_of(identity()) == user
    assert [(event.name, event.detail) for event in OutboxEvent.objects.all()] == [
        ("CustomerSignedUp", {"user_id": user.pk})
    ]


def test_the_subject_finds_the_user_whatever_the_email_is_now() -> None:
    user = person_of(identity())
    moved = person_of(identity(email="Moved@example.org"))
    assert moved == user and moved.email == "moved@example.org"


def test_a_confirmed_row_without_a_subject_is_taken_over_and_loses_its_password() -> None:
    mine = make_user(full_name="Alice")
    taken = person_of(identity())
    assert taken == mine and taken.subject == SUB
    mine.refresh_from_db()
    assert not mine.has_usable_password() and mine.full_name == "Alice"


def test_an_unconfirmed_row_is_not_taken_over_but_gives_up_the_email() -> None:
    squatter = make_user(email_confirmed_at=None)
    user = person_of(identity())
    squatter.refresh_from_db()
    assert user != squatter
    assert (squatter.email, squatter.is_active) == (f"{squatter.pk}@former.invalid", False)


def test_an_unconfirmed_identity_takes_over_nobody_and_moves_nobody() -> None:
    mine = make_user()
    with pytest.raises(NotConfirmed):
        person_of(identity(confirmed=False))
    mine.refresh_from_db()
    assert (mine.email, mine.subject, mine.is_active) == ("alice@example.org", None, True)
    assert User.objects.count() == 1


def test_the_row_of_another_subject_gives_up_the_email_and_is_never_taken_over() -> None:
    other = make_user(subject="another-subject")
    user = person_of(identity())
    other.refresh_from_db()
    assert user != other and user.email == "alice@example.org"
    assert (other.email, other.is_active, other.subject) == (f"{other.pk}@former.invalid", False, "another-subject")


def test_an_own_identity_is_the_row_of_that_key() -> None:
    user = make_user()
    assert person_of(identity(str(user.pk), "not-read@example.org")) == user
    user.refresh_from_db()
    assert (user.email, user.subject) == ("alice@example.org", None)


@pytest.mark.parametrize("subject", ["999999", SUB])
def test_a_disabled_or_missing_user_is_refused(subject: str) -> None:
    make_user(subject=SUB, is_active=False)
    with pytest.raises(WrongCredentials):
        person_of(identity(subject))


@pytest.mark.parametrize("state", [{"is_active": False}, {"is_active": False, "erased_at": clock.now()}])
def test_a_closed_row_learns_nothing_from_whoever_tries_it(state: dict[str, Any]) -> None:
    user = make_user("7@erased.invalid", subject=SUB, email_confirmed_at=None, **state)
    with pytest.raises(WrongCredentials):
        person_of(identity(full_name="Alice Moreau"))
    user.refresh_from_db()
    assert (user.email, user.full_name, user.email_confirmed_at) == ("7@erased.invalid", "", None)


def test_an_own_identity_of_an_erased_row_is_refused() -> None:
    user = make_user(erased_at=clock.now())
    with pytest.raises(WrongCredentials):
        person_of(identity(str(user.pk)))


def test_another_email_that_is_not_confirmed_takes_the_confirmation_away() -> None:
    user = person_of(identity())
    assert person_of(identity(confirmed=False)).email_confirmed_at is not None, "the same e-mail stays as it was"
    person_of(identity(email="stranger@example.org", confirmed=False))
    user.refresh_from_db()
    assert (user.email, user.email_confirmed_at) == ("stranger@example.org", None)


def test_a_user_is_known_to_a_pool_by_subject_or_else_by_key(settings: Settings) -> None:
    settings.ACCOUNTS_PROVIDER = settings.ACCOUNTS_ADAPTERS["cognito"]
    ours, theirs = make_user(), make_user("bob@example.org", subject=SUB)
    assert holder_of(ours, "token") == Holder(str(ours.pk), "alice@example.org", "token")
    assert (subject_of(ours), subject_of(theirs)) == (str(ours.pk), SUB)
    assert (user_of(str(ours.pk)), user_of(SUB), user_of("unheard-of")) == (ours, theirs, None)


def test_the_shop_itself_knows_everybody_by_key() -> None:
    """Also those who were in a user pool before."""
    user = make_user(subject=SUB)
    assert subject_of(user) == str(user.pk)
    assert holder_of(user) == Holder(str(user.pk), "alice@example.org", "")
