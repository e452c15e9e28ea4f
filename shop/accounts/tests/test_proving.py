"""Proving again who one is: what it guards, how long it holds, and what it counts."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from shop.accounts import totp
from shop.accounts.models import User
from shop.accounts.proving import proved_page
from shop.accounts.security_models import SignIn, TotpDevice
from shop.core import clock
from shop.tests.builders import make_user
from storefront.urls import urlpatterns as all_addresses

PASSWORD = "a-long-password-1"


@proved_page
def secret(request: HttpRequest) -> HttpResponse:
    return HttpResponse("secret")


urlpatterns = [path("secret/", secret), *all_addresses]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
ASKED = "/account/prove/?next=/secret/%3Fa%3D1"


@pytest.fixture
def alice() -> User:
    return make_user("alice@example.org", password=PASSWORD, email_confirmed_at=clock.now())


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.post("/account/login/", {"email": alice.email, "password": PASSWORD})
    return client


def minutes_pass(minutes: int) -> None:
    SignIn.objects.update(proved_at=clock.now() - timedelta(minutes=minutes))


def prove(browser: Client, **typed: str) -> Any:
    return browser.post("/account/prove/", {"next": "/secret/?a=1", **typed})


def test_strangers_sign_in_first() -> None:
    assert Client().get("/secret/?a=1")["Location"] == "/account/login/?next=/secret/%3Fa%3D1"


def test_a_fresh_sign_in_is_proof_for_ten_minutes(browser: Client) -> None:
    assert browser.get("/secret/").content == b"secret"
    minutes_pass(9)
    assert browser.get("/secret/").status_code == 200
    minutes_pass(10)
    assert browser.get("/secret/?a=1")["Location"] == ASKED


def test_a_form_that_comes_too_late_leads_to_the_proof_and_back_to_its_page(browser: Client) -> None:
    minutes_pass(10)
    assert browser.post("/secret/?a=1")["Location"] == "/account/prove/?next=/secret/"


def test_the_right_password_goes_on_under_a_new_session_key(browser: Client) -> None:
    minutes_pass(10)
    before = browser.session.session_key
    assert prove(browser, password=PASSWORD)["Location"] == "/secret/?a=1"
    assert browser.session.session_key != before
    assert browser.get("/secret/").status_code == 200


def test_a_wrong_password_proves_nothing_and_is_said_by_the_field(browser: Client) -> None:
    minutes_pass(10)
    page = prove(browser, password="wrong")
    assert page.status_code == 200 and "This is not your password." in page.content.decode()
    assert browser.get("/secret/").status_code == 303


def test_guesses_at_an_open_browser_run_out_as_at_the_sign_in_page(browser: Client) -> None:
    minutes_pass(10)
    assert [prove(browser, password="wrong").status_code for _ in range(6)] == [200] * 5 + [429]
    assert prove(browser, password=PASSWORD).status_code == 429


def test_with_two_step_sign_in_the_code_is_asked_for_too(browser: Client, alice: User) -> None:
    key = totp.new_secret()
    assert totp.turn_on(alice, key, pyotp.TOTP(key).now()) is not None
    TotpDevice.objects.update(last_step=0)
    minutes_pass(10)
    assert 'name="code"' in browser.get("/account/prove/").content.decode()
    assert prove(browser, password=PASSWORD, code="000000").status_code == 200
    assert browser.get("/secret/").status_code == 303
    assert prove(browser, password=PASSWORD, code=pyotp.TOTP(key).now())["Location"] == "/secret/?a=1"
    assert SignIn.objects.get().with_second_step


def test_a_session_without_a_sign_in_proves_itself_first(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get("/secret/?a=1")["Location"] == ASKED
    prove(client, password=PASSWORD)
    assert client.get("/secret/").status_code == 200


def test_somebody_who_was_in_a_user_pool_proves_it_to_the_shop_itself(browser: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(subject="5f6c4a0e-1111-4222-8333-444455556666")
    assert browser.get("/account/prove/").status_code == 200
    assert prove(browser, password=PASSWORD)["Location"] == "/secret/?a=1"
