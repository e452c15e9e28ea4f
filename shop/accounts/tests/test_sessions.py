"""Signing in and out: what a session holds, and how it ends."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client, RequestFactory

from shop.accounts import sessions
from shop.accounts.models import User
from shop.accounts.security_models import SignIn
from shop.adapters.accounts import AccountsUnavailable, Holder, Identity, SignedIn, SignInLapsed
from shop.core import clock
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


class Provider:
    """Notes what it is told, and may be out of reach."""

    def __init__(self, *, fails: bool = False) -> None:
        self.told: list[tuple[str, Holder]] = []
        self.fails = fails

    def sign_out(self, *, holder: Holder) -> None:
        self.told.append(("here", holder))
        if self.fails:
            raise AccountsUnavailable("timeout")

    def sign_out_everywhere(self, *, holder: Holder) -> None:
        self.told.append(("everywhere", holder))
        if self.fails:
            raise AccountsUnavailable("timeout")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(sessions, "accounts", lambda: made)
    return made


def make_request(**headers: Any) -> HttpRequest:
    request = RequestFactory().get("/", headers=headers)
    request.session = SessionStore()
    request.user = AnonymousUser()
    return request


def proof_of(user: User, token: str = "") -> SignedIn:
    return SignedIn(Identity(str(user.pk), user.email, True), token)


def browser_of(request: HttpRequest) -> Client:
    """A client with the session that the request has."""
    request.session.save()
    client = Client()
    client.cookies["sessionid"] = str(request.session.session_key)
    return client


def test_signing_in_changes_the_session_key_and_keeps_what_it_held() -> None:
    request = make_request(user_agent="Firefox\x00 on a\nphone")
    request.session["note"] = "kept"
    request.session.create()
    before = request.session.session_key
    user = sessions.begin(request, proof_of(make_user(), "refresh"))
    row = SignIn.objects.get()
    assert request.session.session_key != before and request.session["note"] == "kept"
    assert request.user == user and sessions.current(request) == row
    assert (row.user, row.address, row.agent) == (user, "127.0.0.1", "Firefox  on a phone")
    assert "refresh" not in row.refresh_token
    assert sessions.holder(request) == Holder(str(user.pk), user.email, "refresh")


@pytest.mark.parametrize(
    ("staff", "stay", "seconds"),
    [(False, False, 0), (False, True, 2_592_000), (True, False, 28_800), (True, True, 28_800)],
)
def test_a_session_lasts_as_chosen_and_that_of_staff_eight_hours(staff: bool, stay: bool, seconds: int) -> None:
    request = make_request()
    sessions.begin(request, proof_of(make_user(is_staff=staff)), stay=stay)
    assert request.session["_session_expiry"] == seconds


def test_signing_out_empties_the_session_and_tells_the_provider(provider: Provider) -> None:
    request = make_request()
    user = sessions.begin(request, proof_of(make_user(), "refresh"))
    sessions.end(request)
    row = SignIn.objects.get()
    assert row.ended_at is not None and row.refresh_token == ""
    assert provider.told == [("here", Holder(str(user.pk), user.email, "refresh"))]
    assert not request.user.is_authenticated and sessions.SESSION_KEY not in request.session


def test_signing_out_works_with_the_provider_out_of_reach(provider: Provider) -> None:
    provider.fails = True
    request = make_request()
    sessions.begin(request, proof_of(make_user()))
    sessions.end(request)
    assert not request.user.is_authenticated
    assert SignIn.objects.filter(ended_at=None).count() == 0


def test_another_person_at_the_same_browser_finds_nothing_of_the_first(provider: Provider) -> None:
    request = make_request()
    sessions.begin(request, proof_of(make_user()))
    request.session["note"] = "of the first"
    second = sessions.begin(request, proof_of(make_user("bob@example.org")))
    assert request.user == second and "note" not in request.session
    assert [row.user for row in SignIn.objects.filter(ended_at=None)] == [second]


def test_a_sign_in_that_was_ended_elsewhere_is_over_in_its_browser() -> None:
    request = make_request()
    sessions.begin(request, proof_of(make_user()))
    browser = browser_of(request)
    assert browser.get("/checkout/").wsgi_request.user.is_authenticated
    SignIn.objects.update(ended_at=clock.now())
    assert not browser.get("/checkout/").wsgi_request.user.is_authenticated


def test_signing_out_everywhere_ends_every_browser(provider: Provider) -> None:
    user = make_user()
    browsers = []
    for _ in range(2):
        request = make_request()
        sessions.begin(request, proof_of(user))
        browsers.append(browser_of(request))
    sessions.end_everywhere(user)
    assert not any(browser.get("/checkout/").wsgi_request.user.is_authenticated for browser in browsers)
    assert SignIn.objects.filter(ended_at=None).count() == 0
    assert [what for what, _ in provider.told] == ["everywhere"]


def test_ending_the_others_keeps_this_browser() -> None:
    user = make_user()
    here, there = make_request(), make_request()
    for request in (here, there):
        sessions.begin(request, proof_of(user))
    sessions.end_others(here)
    assert browser_of(here).get("/checkout/").wsgi_request.user == user
    assert not browser_of(there).get("/checkout/").wsgi_request.user.is_authenticated


def test_nobody_signed_in_has_no_holder() -> None:
    with pytest.raises(SignInLapsed):
        sessions.holder(make_request())


def test_a_refresh_token_under_a_lost_key_asks_for_a_new_sign_in(settings: Any) -> None:
    request = make_request()
    sessions.begin(request, proof_of(make_user(), "refresh"))
    SignIn.objects.update(refresh_token="gAAAAA-of-another-key")
    with pytest.raises(SignInLapsed):
        sessions.holder(request)
