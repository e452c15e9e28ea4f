"""Locking out: who waits, who does not, what is said, and what is written down."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.accounts.tests.test_pages import follow, link_in_last_mail
from shop.core import clock as shop_clock
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-1"
Kind = AccountEvent.Kind


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The one time there is: put another in to let time pass."""
    times = [shop_clock.now()]
    monkeypatch.setattr("shop.core.clock.now", lambda: times[0])
    return times


@pytest.fixture(autouse=True)
def alice() -> User:
    return make_user("alice@example.org", password=PASSWORD, email_confirmed_at=shop_clock.now())


def sign_in(password: str, email: str = "alice@example.org", address: str = "198.51.100.7") -> Any:
    return Client(REMOTE_ADDR=address).post("/account/login/", {"email": email, "password": password})


def kinds() -> list[str]:
    return [event.kind for event in AccountEvent.objects.order_by("pk")]


def test_after_five_wrong_passwords_even_the_right_one_waits_and_then_is_good(clock: list[datetime]) -> None:
    assert [sign_in("wrong").status_code for _ in range(5)] == [200] * 5
    locked = sign_in(PASSWORD)
    assert locked.status_code == 429
    assert "Too many tries" in locked.content.decode()
    clock[0] += timedelta(seconds=31)
    assert sign_in(PASSWORD)["Location"] == "/account/"
    assert kinds() == [Kind.SIGN_IN_REFUSED] * 5 + [Kind.LOCKED_OUT, Kind.SIGNED_IN]


def test_waits_grow_with_each_further_wrong_password(clock: list[datetime]) -> None:
    for _ in range(5):
        sign_in("wrong")
    for wait in (30, 60, 120):
        clock[0] += timedelta(seconds=wait - 1)
        assert sign_in("wrong").status_code == 429
        clock[0] += timedelta(seconds=1)
        assert sign_in("wrong").status_code == 200
    assert kinds().count(Kind.LOCKED_OUT) == 1, "hammering does not fill the table"


def test_one_place_cannot_lock_the_owner_out_elsewhere() -> None:
    # More than the tries that all places together have at one account.
    for _ in range(30):
        sign_in("wrong", address="203.0.113.9")
    assert sign_in("wrong", address="203.0.113.9").status_code == 429
    assert sign_in(PASSWORD, address="198.51.100.7")["Location"] == "/account/"


def test_many_places_together_run_out_of_tries_at_one_account() -> None:
    statuses = [sign_in("wrong", address=f"10.{place}.0.1").status_code for place in range(26)]
    assert statuses == [200] * 25 + [429]


def test_one_place_runs_out_of_tries_over_many_accounts_and_a_neighbour_does_not() -> None:
    statuses = [sign_in("wrong", f"person{number}@example.org").status_code for number in range(41)]
    assert statuses == [200] * 40 + [429]
    assert sign_in(PASSWORD, address="198.51.100.8")["Location"] == "/account/"


def test_an_ipv6_subscriber_is_one_place_whichever_of_their_addresses_they_use() -> None:
    statuses = [sign_in("wrong", address=f"2001:db8:1:2::{number:x}").status_code for number in range(1, 7)]
    assert statuses == [200] * 5 + [429]


def test_right_passwords_use_no_tries_up() -> None:
    for _ in range(45):
        assert sign_in(PASSWORD)["Location"] == "/account/"


def test_an_email_without_an_account_is_locked_out_in_the_same_words() -> None:
    with_account = [sign_in("wrong", address="192.0.2.1") for _ in range(6)][-1]
    without = [sign_in("wrong", "nobody@example.org", address="192.0.3.1") for _ in range(6)][-1]
    assert (with_account.status_code, without.status_code) == (429, 429)
    assert words(with_account) == words(without).replace("nobody@", "alice@")


def words(response: Any) -> str:
    """The page but for its CSRF token."""
    lines: list[str] = response.content.decode().splitlines()
    return "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


def test_a_locked_account_can_be_had_back_by_mail_and_is_open_at_once() -> None:
    for _ in range(6):
        sign_in("wrong")
    here = Client(REMOTE_ADDR="198.51.100.7")
    assert here.post("/account/password/forgot/", {"email": "alice@example.org"}).status_code == 303
    page = follow(here, link_in_last_mail())
    assert here.post(page, {"password": "quite another sentence"})["Location"] == "/account/login/"
    assert sign_in("quite another sentence")["Location"] == "/account/"


@pytest.mark.parametrize(
    ("path", "fields", "free"),
    [
        ("/account/password/forgot/", {}, 5),
        ("/account/confirm/again/", {}, 5),
        ("/account/signup/", {"full_name": "A", "password": "quite another sentence"}, 5),
    ],
)
def test_mails_to_one_address_are_limited_wherever_they_are_asked_for(
    path: str, fields: dict[str, str], free: int
) -> None:
    statuses = []
    for number in range(free + 1):
        asking = Client(REMOTE_ADDR=f"10.{number}.0.1")
        statuses.append(asking.post(path, {"email": "bob@example.org", **fields}).status_code)
    assert statuses == [303] * free + [429]


def test_refused_sign_ins_are_noted_with_what_was_typed_and_whose_account_it_is(alice: User) -> None:
    sign_in("wrong")
    sign_in("wrong", "nobody@example.org")
    told = [(event.user, event.email, event.address) for event in AccountEvent.objects.order_by("pk")]
    assert told == [(alice, "alice@example.org", "198.51.100.7"), (None, "nobody@example.org", "198.51.100.7")]
