"""The shop as its own keeper of identities: what it does beyond the contract that it shares with others."""

from contextlib import suppress
from typing import Any

import pyotp
import pytest
from django.contrib.auth import hashers

from shop.accounts import totp
from shop.accounts.links import Purpose, code_for
from shop.accounts.models import User
from shop.accounts.own import OwnAccounts
from shop.accounts.people import holder_of
from shop.adapters.accounts import (
    Challenge,
    ChallengeKind,
    CodeRefused,
    Holder,
    NotConfirmed,
    PasswordRefused,
    SignedIn,
    SignInLapsed,
    SignUp,
    TotpStart,
    WrongCredentials,
)
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_user
from shop.tests.parallel import in_parallel

pytestmark = pytest.mark.django_db
OWN = OwnAccounts()
PASSWORD, NEW = "a-long-password-1", "quite another sentence"
EMAIL = "alice@example.org"


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that is hashed from now on: what signing in and up costs."""
    seen: list[str] = []
    hasher: Any = type(hashers.get_hasher())
    encode = hasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        seen.append(password)
        return str(encode(self, password, salt))

    monkeypatch.setattr(hasher, "encode", counted)
    return seen


def sign_up(email: str = EMAIL) -> SignUp:
    return OWN.sign_up(email=email, password=NEW, full_name="Alice Moreau")


def state_of(user: User) -> dict[str, Any]:
    return dict(User.objects.values().get(pk=user.pk))


@pytest.mark.parametrize("who", ["nobody", "confirmed", "unconfirmed", "disabled", "staff"])
def test_a_sign_up_hashes_one_password_and_writes_one_mail_whoever_is_there(who: str, hashed: list[str]) -> None:
    if who != "nobody":
        confirmed = None if who == "unconfirmed" else clock.now()
        make_user(is_staff=who == "staff", is_active=who != "disabled", email_confirmed_at=confirmed)
    hashed.clear()
    sign_up()
    assert hashed == [NEW] and OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("who", ["nobody", "right", "wrong", "unconfirmed", "disabled", "no password"])
def test_a_sign_in_hashes_one_password_whoever_is_there(who: str, hashed: list[str]) -> None:
    if who != "nobody":
        confirmed = None if who == "unconfirmed" else clock.now()
        user = make_user(is_active=who != "disabled", email_confirmed_at=confirmed)
        if who == "no password":
            user.set_unusable_password()
            user.save()
    hashed.clear()
    with suppress(WrongCredentials, NotConfirmed):
        OWN.sign_in(email=EMAIL, password="wrong" if who == "wrong" else PASSWORD)
    assert len(hashed) == 1


@pytest.mark.parametrize(
    "fields", [{}, {"is_staff": True, "email_confirmed_at": None}, {"is_active": False, "email_confirmed_at": None}]
)
def test_a_sign_up_never_touches_an_account_that_is_not_the_askers_to_have(fields: dict[str, Any]) -> None:
    user = make_user(**fields)
    before = state_of(user)
    assert sign_up() is SignUp.EXISTS
    assert state_of(user) == before


def test_an_unconfirmed_account_belongs_to_whoever_asked_last() -> None:
    squatter = make_user(email_confirmed_at=None, full_name="Somebody")
    first = code_for(squatter, Purpose.CONFIRM)
    assert sign_up() is SignUp.CREATED
    with pytest.raises(CodeRefused):
        OWN.confirm_sign_up(email="", code=first, password=NEW)
    user = User.objects.get()
    assert user.check_password(NEW) and user.full_name == "Alice Moreau" and user.email_confirmed_at is None


def test_confirming_announces_the_customer_once() -> None:
    sign_up()
    user = User.objects.get()
    code = code_for(user, Purpose.CONFIRM)
    proved = OWN.confirm_sign_up(email="", code=code, password=NEW)
    assert (proved.identity.subject, proved.identity.email_confirmed) == (str(user.pk), True)
    with pytest.raises(CodeRefused):
        OWN.confirm_sign_up(email="", code=code, password=NEW)
    assert [event.detail for event in OutboxEvent.objects.all()] == [{"user_id": user.pk}]


def test_a_code_with_the_email_of_somebody_else_is_refused() -> None:
    user = make_user(email_confirmed_at=None)
    before = state_of(user)
    for purpose, use in ((Purpose.CONFIRM, confirm), (Purpose.RESET, reset)):
        with pytest.raises(CodeRefused):
            use(email="bob@example.org", code=code_for(user, purpose))
    assert state_of(user) == before


def confirm(*, email: str, code: str, password: str = PASSWORD) -> object:
    return OWN.confirm_sign_up(email=email, code=code, password=password)


def test_a_wrong_password_changes_nothing_and_leaves_the_link_good() -> None:
    user = make_user(email_confirmed_at=None)
    before, code = state_of(user), code_for(user, Purpose.CONFIRM)
    with pytest.raises(WrongCredentials):
        confirm(email="", code=code, password=NEW)
    assert state_of(user) == before and not OutboxEvent.objects.exists()
    confirm(email="", code=code)
    assert User.objects.get().email_confirmed_at


@pytest.mark.parametrize("subject", ["6f1c9f2e-7b1a-4a53-9f5e-0c2f6f3b1d11", ""])
def test_a_subject_of_another_provider_is_nobodys_here(subject: str) -> None:
    make_user(subject=subject)
    holder = Holder(subject, EMAIL)
    with pytest.raises(SignInLapsed):
        OWN.has_totp(holder=holder)
    with pytest.raises(SignInLapsed):
        OWN.groups(subject=subject)
    OWN.delete(holder=holder)
    assert User.objects.get().is_active


def reset(*, email: str, code: str) -> object:
    return OWN.reset_password(email=email, code=code, password=NEW)


def test_a_reset_confirms_the_mailbox_it_came_through() -> None:
    user = make_user(email_confirmed_at=None)
    assert reset(email="", code=code_for(user, Purpose.RESET)) == EMAIL
    user.refresh_from_db()
    assert user.email_confirmed_at and user.check_password(NEW)
    assert OutboxEvent.objects.filter(name="CustomerSignedUp").count() == 1


def test_a_password_that_is_too_weak_changes_nothing() -> None:
    user = make_user()
    before, holder = state_of(user), holder_of(user)
    for use in (
        lambda: OWN.reset_password(email="", code=code_for(user, Purpose.RESET), password="short"),
        lambda: OWN.change_password(holder=holder, old=PASSWORD, new="alice@example.org"),
        lambda: OWN.sign_up(email="new@example.org", password="password12", full_name=""),
    ):
        with pytest.raises(PasswordRefused) as refusal:
            use()
        assert refusal.value.reasons
    assert state_of(user) == before and User.objects.count() == 1


def test_a_change_of_password_takes_the_old_one() -> None:
    user = make_user()
    before = state_of(user)
    with pytest.raises(WrongCredentials):
        OWN.change_password(holder=holder_of(user), old="wrong", new=NEW)
    assert state_of(user) == before


def test_an_email_changes_when_the_new_address_has_said_yes() -> None:
    user = make_user()
    OWN.change_email(holder=holder_of(user), email="new@example.org")
    user.refresh_from_db()
    assert (user.email, user.pending_email) == (EMAIL, "new@example.org")
    assert OutgoingMail.objects.get().to == "new@example.org"
    assert OWN.confirm_email(holder=holder_of(user), code=code_for(user, Purpose.EMAIL)) == "new@example.org"
    user.refresh_from_db()
    assert (user.email, user.pending_email) == ("new@example.org", "")


def test_a_taken_email_is_told_to_its_owner_only_and_cannot_be_confirmed() -> None:
    user, other = make_user(), make_user("bob@example.org")
    OWN.change_email(holder=holder_of(user), email="bob@example.org")
    assert [(mail.to, mail.subject) for mail in OutgoingMail.objects.all()] == [
        ("bob@example.org", "You have an account already")
    ]
    user.refresh_from_db()
    for code in (code_for(user, Purpose.EMAIL), code_for(other, Purpose.EMAIL)):
        with pytest.raises(CodeRefused):
            OWN.confirm_email(holder=holder_of(user), code=code)
    assert User.objects.get(pk=user.pk).email == EMAIL


def test_the_link_for_a_new_email_is_good_for_its_own_account_only() -> None:
    user, other = make_user(pending_email="new@example.org"), make_user("bob@example.org")
    with pytest.raises(CodeRefused):
        OWN.confirm_email(holder=holder_of(other), code=code_for(user, Purpose.EMAIL))
    assert {person.email for person in User.objects.all()} == {EMAIL, "bob@example.org"}


def challenge() -> Challenge:
    outcome = OWN.sign_in(email=EMAIL, password=PASSWORD)
    assert isinstance(outcome, Challenge) and outcome.kind is ChallengeKind.CODE
    return outcome


def with_app() -> tuple[User, list[str]]:
    """A user with an app; their recovery codes."""
    user, secret = make_user(), totp.new_secret()
    start = TotpStart(secret)
    return user, OWN.confirm_totp(holder=holder_of(user), start=start, code=pyotp.TOTP(secret).now())


def test_with_an_app_the_password_alone_signs_nobody_in() -> None:
    user, codes = with_app()
    asked = challenge()
    with pytest.raises(CodeRefused):
        OWN.answer(challenge=asked, answer="000000")
    proved = OWN.answer(challenge=asked, answer=codes[0])
    assert isinstance(proved, SignedIn) and proved.with_second_step and proved.identity.subject == str(user.pk)


@pytest.mark.parametrize("changed", [{"password": "another"}, {"session_salt": "another"}, {"is_active": False}])
def test_a_question_lapses_with_whatever_ends_sessions(changed: dict[str, Any]) -> None:
    _, codes = with_app()
    asked = challenge()
    User.objects.update(**changed)
    with pytest.raises(SignInLapsed):
        OWN.answer(challenge=asked, answer=codes[0])


@pytest.mark.parametrize("state", ["", "forged", "a:b:c"])
def test_a_question_that_was_never_asked_has_no_answer(state: str) -> None:
    _, codes = with_app()
    with pytest.raises(SignInLapsed):
        OWN.answer(challenge=Challenge(ChallengeKind.CODE, EMAIL, state), answer=codes[0])


def test_a_question_waits_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    _, codes = with_app()
    asked = challenge()
    later = clock.now().timestamp() + 603
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    with pytest.raises(SignInLapsed):
        OWN.answer(challenge=asked, answer=codes[0])


def test_a_wrong_code_does_not_turn_two_steps_on() -> None:
    user = make_user()
    with pytest.raises(CodeRefused):
        OWN.confirm_totp(holder=holder_of(user), start=TotpStart(totp.new_secret()), code="000000")
    assert not OWN.has_totp(holder=holder_of(user))


def test_a_deleted_account_signs_nobody_in_and_may_be_deleted_twice() -> None:
    user, _ = with_app()
    for _ in range(2):
        OWN.delete(holder=holder_of(user))
    user.refresh_from_db()
    assert not user.is_active and not user.has_usable_password() and not totp.is_on(user)
    with pytest.raises(WrongCredentials):
        OWN.sign_in(email=EMAIL, password=PASSWORD)
    with pytest.raises(SignInLapsed):
        OWN.groups(subject=str(user.pk))


def test_nobody_acts_for_a_holder_who_is_gone() -> None:
    gone = Holder("999999", EMAIL)
    for use in (OWN.has_totp, OWN.remove_totp):
        with pytest.raises(SignInLapsed):
            use(holder=gone)
    with pytest.raises(SignInLapsed):
        OWN.change_password(holder=gone, old=PASSWORD, new=NEW)
    OWN.delete(holder=gone)


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_at_once_make_one_account() -> None:
    assert in_parallel(sign_up, 4) == []
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_parallel_uses_of_one_reset_link_one_counts() -> None:
    user = make_user()
    code = code_for(user, Purpose.RESET)
    errors = in_parallel(lambda: reset(email="", code=code), 4)
    assert [type(error) for error in errors] == [CodeRefused] * 3
