"""An account that is closed at the provider: how soon the shop knows, and what it does without an answer."""

from datetime import timedelta

import pytest
from django.test import Client

from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent, SignIn
from shop.accounts.tests.test_pages import sign_in
from shop.adapters.accounts import AccountsError, AccountsUnavailable, SignInLapsed
from shop.core import clock
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


class Provider:
    """Says what it is told to say, and how often it was asked."""

    subjects_are_keys = False

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: AccountsError | None = None

    def groups(self, *, subject: str) -> frozenset[str]:
        self.asked.append(subject)
        if self.answer:
            raise self.answer
        return frozenset()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr("shop.accounts.rechecking.accounts", lambda: made)
    return made


@pytest.fixture
def alice(client: Client) -> User:
    user = make_user()
    sign_in(client)
    return user


def a_day_passes() -> None:
    SignIn.objects.update(checked_at=clock.now() - DAY)


def is_let_in(client: Client) -> bool:
    return bool(client.get("/account/").status_code == 200)


def test_an_account_that_was_closed_is_signed_out_everywhere_within_a_day(
    client: Client, alice: User, provider: Provider
) -> None:
    other = Client()
    sign_in(other)
    provider.answer = SignInLapsed("disabled")
    assert is_let_in(client) and provider.asked == []
    a_day_passes()
    assert not is_let_in(client) and not is_let_in(other)
    assert provider.asked == [str(alice.pk)]
    assert not SignIn.objects.open().exists()
    event = AccountEvent.objects.first()
    assert event and (event.user, event.kind, event.note) == (alice, "signed-out", "closed at the provider")


def test_one_that_is_open_is_asked_for_once_a_day(client: Client, alice: User, provider: Provider) -> None:
    a_day_passes()
    assert is_let_in(client) and is_let_in(client)
    assert len(provider.asked) == 1
    a_day_passes()
    assert is_let_in(client) and len(provider.asked) == 2


def test_without_an_answer_the_customer_stays_and_it_is_asked_again_soon(
    client: Client, alice: User, provider: Provider
) -> None:
    provider.answer = AccountsUnavailable("timeout")
    a_day_passes()
    assert is_let_in(client) and is_let_in(client)
    assert len(provider.asked) == 1
    SignIn.objects.update(checked_at=SignIn.objects.get().checked_at - timedelta(minutes=10))
    provider.answer = SignInLapsed("disabled")
    assert not is_let_in(client)


def test_the_shop_s_own_accounts_are_not_asked_for(
    client: Client, alice: User, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "subjects_are_keys", True, raising=False)
    a_day_passes()
    assert is_let_in(client) and provider.asked == []
