"""Whose password was renewed, where the shop's row does not know the provider's e-mail yet."""

import pytest
from django.test import RequestFactory

from shop.accounts import credentials
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.adapters.accounts import AccountsUnavailable
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


class Pool:
    """Ann has an e-mail there which the shop still takes for Ben's."""

    reachable = True

    def reset_password(self, *, email: str, code: str, password: str) -> str:
        return email

    def subject_of(self, *, email: str) -> str:
        if not self.reachable:
            raise AccountsUnavailable("timeout")
        return "ann-at-the-pool" if email == "moved@example.org" else ""


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> tuple[User, User]:
    monkeypatch.setattr("shop.accounts.guarded.accounts", Pool)
    monkeypatch.setattr("shop.accounts.credentials.accounts", Pool)
    ann = make_user("ann@example.org", subject="ann-at-the-pool")
    return ann, make_user("moved@example.org", subject="ben-at-the-pool")


def reset(email: str) -> list[User]:
    """Whose sessions that ended."""
    before = dict(User.objects.values_list("pk", "session_salt"))
    request = RequestFactory().post("/")
    credentials.reset_password(request, email=email, code="123456", password="quite another sentence")
    return [user for user in User.objects.order_by("pk") if user.session_salt != before[user.pk]]


def test_the_sessions_of_the_provider_s_account_end_and_not_of_whose_row_has_its_e_mail(
    people: tuple[User, User],
) -> None:
    ann, _ = people
    assert reset("moved@example.org") == [ann]
    assert [event.user for event in AccountEvent.objects.filter(kind="password-changed")] == [ann]
    assert [mail.to for mail in OutgoingMail.objects.all()] == ["moved@example.org"]
    ann.refresh_from_db()
    assert ann.email == "ann@example.org", "only a sign-in tells the row"


def test_a_row_that_no_provider_has_named_yet_is_found_by_its_e_mail(people: tuple[User, User]) -> None:
    carol = make_user("carol@example.org")
    assert reset("carol@example.org") == [carol]


def test_without_an_answer_the_row_with_that_e_mail_is_better_than_none(
    people: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pool, "reachable", False)
    assert reset("ann@example.org") == [people[0]]
