"""Two-step sign-in: setting it up, signing in with it, and turning it off."""

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.test import Client

from shop.accounts import totp
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent, SignIn, TotpDevice
from shop.adapters.accounts import AccountsUnavailable
from shop.core import clock
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-1"
SET_UP = "/account/security/two-step/"
OFF = "/account/security/two-step/off/"


@pytest.fixture
def user(client: Client) -> User:
    made = make_user()
    assert sign_in(client)["Location"] == "/account/"
    return made


def sign_in(client: Client, **fields: str) -> Any:
    return client.post("/account/login/", {"email": "alice@example.org", "password": PASSWORD, **fields})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def shown_secret(client: Client) -> str:
    """The key on the page that sets an app up."""
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", client.get(SET_UP).content.decode())
    assert found is not None
    return found[1].replace(" ", "")


def turn_on(client: Client) -> tuple[str, list[str]]:
    """The secret of the app, and the recovery codes."""
    secret = shown_secret(client)
    response = client.post(SET_UP, {"code": pyotp.TOTP(secret).at(clock.now() - timedelta(seconds=30))})
    return secret, re.findall(r"<code>(\w{5}-\w{5})</code>", response.content.decode())


def test_the_page_shows_one_secret_until_it_is_used_and_keeps_it_sealed(client: Client, user: User) -> None:
    secret = shown_secret(client)
    html = client.get(SET_UP).content.decode()
    assert shown_secret(client) == secret and len(secret) == 32 and "<svg" in html
    assert secret not in str(dict(client.session))


def test_a_right_code_turns_it_on_and_shows_the_recovery_codes_once(client: Client, user: User) -> None:
    secret, codes = turn_on(client)
    assert len(codes) == 10 and TotpDevice.objects.get().user == user
    assert secret not in str(dict(client.session)) and SignIn.objects.get(ended_at=None).with_second_step
    assert client.get(SET_UP)["Location"] == "/account/security/"
    page = client.get("/account/security/").content.decode()
    assert ">On<" in page and codes[0] not in page
    assert OutgoingMail.objects.get().subject == "Two-step sign-in is on"
    assert AccountEvent.objects.filter(user=user, kind="second-step-on").count() == 1


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "9" * 41, "12\x0034"])
def test_a_wrong_code_turns_nothing_on(client: Client, user: User, code: str) -> None:
    secret = shown_secret(client)
    assert 'id="code_error"' in client.post(SET_UP, {"code": code}).content.decode()
    assert TotpDevice.objects.count() == 0 and OutgoingMail.objects.count() == 0
    assert shown_secret(client) == secret


def test_after_the_password_the_code_is_asked_for(client: Client, user: User) -> None:
    secret, _ = turn_on(client)
    browser = Client()
    assert sign_in(browser, next="/cart/", stay="on")["Location"] == "/account/login/code/"
    assert not is_signed_in(browser) and b"One more step" in browser.get("/account/login/code/").content
    assert "This code is not right" in browser.post("/account/login/code/", {"code": "000000"}).content.decode()
    assert not is_signed_in(browser)
    right = pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30))
    assert browser.post("/account/login/code/", {"code": right})["Location"] == "/cart/"
    assert is_signed_in(browser) and browser.cookies["sessionid"]["max-age"] == 2_592_000


def test_a_recovery_code_signs_in_once(client: Client, user: User) -> None:
    _, codes = turn_on(client)
    for expected in (True, False):
        browser = Client()
        sign_in(browser)
        browser.post("/account/login/code/", {"code": codes[0].lower()})
        assert is_signed_in(browser) is expected


def test_without_a_password_there_is_no_question(client: Client, user: User) -> None:
    _, codes = turn_on(client)
    stranger = Client()
    assert stranger.get("/account/login/code/")["Location"] == "/account/login/"
    assert stranger.post("/account/login/code/", {"code": codes[0]})["Location"] == "/account/login/"
    assert not is_signed_in(stranger)


def test_a_question_that_waited_too_long_leads_back(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, codes = turn_on(client)
    browser = Client()
    sign_in(browser, next="/cart/")
    later = clock.now().timestamp() + 700
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert browser.post("/account/login/code/", {"code": codes[0]})["Location"] == "/account/login/?next=/cart/"
    assert not is_signed_in(browser)


def test_the_session_cannot_tell_the_question(client: Client, user: User) -> None:
    turn_on(client)
    browser = Client()
    sign_in(browser)
    kept = browser.session["pending_challenge"]
    assert kept["state"].startswith("gAAAA") and PASSWORD not in str(kept)


def test_turning_it_off_takes_a_form_and_is_told(client: Client, user: User) -> None:
    turn_on(client)
    assert client.get(OFF).status_code == 405
    assert client.post(OFF)["Location"] == client.post(OFF)["Location"] == "/account/security/"
    assert TotpDevice.objects.count() == 0
    assert OutgoingMail.objects.filter(subject="Two-step sign-in is off").count() == 1


def test_once_it_is_off_no_sign_in_counts_as_made_with_a_code(client: Client, user: User) -> None:
    turn_on(client)
    SignIn.objects.create(user=user, with_second_step=True)
    bob = SignIn.objects.create(user=make_user("bob@example.org"), with_second_step=True)
    client.post(OFF)
    assert list(SignIn.objects.filter(with_second_step=True)) == [bob]


@pytest.mark.parametrize("page", [SET_UP, OFF])
def test_whoever_has_not_proved_themselves_lately_changes_nothing(client: Client, user: User, page: str) -> None:
    turn_on(client)
    SignIn.objects.update(proved_at=clock.now() - timedelta(minutes=11))
    assert client.post(page)["Location"].startswith("/account/prove/")
    assert TotpDevice.objects.count() == 1


@pytest.mark.parametrize("page", ["/account/security/", SET_UP])
def test_the_pages_are_for_whoever_is_signed_in(page: str) -> None:
    assert Client().get(page)["Location"] == f"/account/login/?next={page}"
    assert Client(enforce_csrf_checks=True).post(page).status_code in (403, 405)


def test_the_security_page_works_with_the_provider_out_of_reach(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **options: Any) -> bool:
        raise AccountsUnavailable("timeout")

    monkeypatch.setattr(totp, "is_on", fail)
    response = client.get("/account/security/")
    assert response.status_code == 200 and b"cannot look this up" in response.content
    assert client.get(SET_UP)["Location"] == "/account/security/"
    assert client.post(OFF)["Location"] == "/account/security/"
