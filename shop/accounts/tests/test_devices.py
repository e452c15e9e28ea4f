"""Strangers use up an account's tries: its owner's own browser goes on, and no other browser passes for it."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from shop.accounts import sessions
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent, RateLimit
from shop.accounts.tests.test_pages import PASSWORD
from shop.core import clock
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def alice() -> User:
    return make_user()


def sign_in(browser: Client, password: str = PASSWORD, email: str = "alice@example.org") -> int:
    return int(browser.post("/account/login/", {"email": email, "password": password}).status_code)


def browser_of(email: str = "alice@example.org", address: str = "198.51.100.7") -> Client:
    """One in which they signed in, and out again."""
    made = Client(REMOTE_ADDR=address)
    assert sign_in(made, email=email) == 303
    made.post("/account/logout/")
    return made


def use_up(*about: str) -> None:
    """As many wrong tries did that, from many places."""
    sign_in(Client(REMOTE_ADDR="203.0.113.9"), "wrong")
    for key in about:
        RateLimit.objects.filter(key__startswith=f"{key}:").update(
            opens_at=clock.now() + HOUR, until=clock.now() + HOUR
        )


def test_its_owner_s_browser_is_let_in_while_the_account_is_locked_for_strangers() -> None:
    own = browser_of()
    use_up("sign-in")
    assert sign_in(Client(REMOTE_ADDR="198.51.100.8")) == 429
    assert sign_in(own) == 303


def test_the_wrong_tries_of_somebody_at_the_same_address_do_not_keep_it_out() -> None:
    own = browser_of(address="203.0.113.9")
    use_up("sign-in-here")
    assert sign_in(own) == 303


def test_it_has_five_tries_of_its_own_and_then_waits_too() -> None:
    own = browser_of()
    use_up("sign-in")
    assert [sign_in(own, "wrong") for _ in range(6)] == [200] * 5 + [429]
    assert sign_in(own) == 429
    assert AccountEvent.objects.filter(kind=AccountEvent.Kind.LOCKED_OUT).count() == 1


def test_it_guesses_at_other_accounts_no_more_than_any_other() -> None:
    own = browser_of(address="203.0.113.9")
    use_up("sign-in-address")
    assert sign_in(own) == 429


def test_signing_in_to_one_account_gives_no_tries_at_another_back() -> None:
    own = browser_of()
    make_user("bob@example.org")
    use_up("sign-in")
    assert [sign_in(own, "wrong") for _ in range(6)][-1] == 429
    kept = own.cookies["device"].value
    assert sign_in(own, email="bob@example.org") == 303
    own.post("/account/logout/")
    own.cookies["device"] = kept
    assert sign_in(own) == 429


def of_bob(own: Client) -> None:
    make_user("bob@example.org")
    own.cookies["device"] = browser_of("bob@example.org", "198.51.100.9").cookies["device"].value


def forged(own: Client) -> None:
    name, _, signature = own.cookies["device"].value.partition(":")
    own.cookies["device"] = f"{name}x:{signature}"


def made_up(own: Client) -> None:
    own.cookies["device"] = f"{User.objects.get().pk}.x.{'0' * 64}"


def deleted(own: Client) -> None:
    del own.cookies["device"]


def out_of_date(own: Client) -> None:
    then = time.time() - 181 * 86_400
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: then)
        fresh: Any = own.post("/account/login/", {"email": "alice@example.org", "password": PASSWORD})
    own.post("/account/logout/")
    own.cookies["device"] = fresh.cookies["device"].value


def signed_out_everywhere(own: Client) -> None:
    sessions.end_everywhere(User.objects.get())


def new_password(own: Client) -> None:
    user = User.objects.get()
    user.set_password("quite another sentence")
    user.save()


@pytest.mark.parametrize("spoil", [of_bob, forged, made_up, deleted, out_of_date, signed_out_everywhere, new_password])
def test_a_browser_that_cannot_show_the_account_s_own_cookie_is_a_stranger(spoil: Callable[[Client], None]) -> None:
    own = browser_of()
    spoil(own)
    use_up("sign-in")
    assert sign_in(own) == 429
    assert sign_in(own, "quite another sentence") == 429


def test_closing_the_account_ends_it(alice: User) -> None:
    own = browser_of()
    User.objects.filter(pk=alice.pk).update(erased_at=clock.now())
    use_up("sign-in")
    assert sign_in(own) == 429


def test_the_cookie_alone_opens_nothing_and_names_nobody(alice: User) -> None:
    own = browser_of()
    cookie = own.cookies["device"]
    assert own.get("/account/")["Location"].startswith("/account/login/")
    assert "alice" not in cookie.value and alice.session_salt not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 180 * 86_400)
