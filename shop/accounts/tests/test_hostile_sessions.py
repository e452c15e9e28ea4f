"""Sessions in the hands of somebody else."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from shop.accounts.models import User
from shop.accounts.security_models import SignIn
from shop.accounts.tests.everything import everything
from shop.accounts.tests.test_pages import NEW, PASSWORD, sign_in
from shop.core import clock
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
COOKIE = "sessionid"


@pytest.fixture(autouse=True)
def alice() -> User:
    return make_user()


def browser_with(key: str) -> Client:
    made = Client()
    made.cookies[COOKIE] = key
    return made


def opens_the_account(client: Client) -> bool:
    return bool(client.get("/account/").status_code == 200)


@pytest.mark.parametrize(
    "key", ["a" * 32, "chosen-by-the-attacker", "../../etc/passwd", "", "\u00e9" * 32, "x" * 4_000]
)
def test_a_session_key_that_somebody_made_up_is_not_taken(key: str) -> None:
    victim = browser_with(key)
    assert sign_in(victim).status_code == 303
    assert victim.cookies[COOKIE].value != key
    assert not opens_the_account(browser_with(key)) and not Session.objects.filter(session_key=key).exists()


def test_a_real_session_that_was_planted_is_another_after_the_password(client: Client) -> None:
    """The attacker begins, hands the key over, and waits for the victim to sign in."""
    client.post("/account/password/forgot/", {"email": "mallory@example.org"})
    planted = client.cookies[COOKIE].value
    victim = browser_with(planted)
    sign_in(victim)
    assert victim.cookies[COOKIE].value != planted
    assert not opens_the_account(client) and not opens_the_account(browser_with(planted))
    assert not Session.objects.filter(session_key=planted).exists()


@pytest.mark.parametrize(
    ("path", "fields"),
    [("/account/prove/", {"password": PASSWORD}), ("/account/password/", {"old": PASSWORD, "password": NEW})],
)
def test_a_key_that_was_copied_is_void_once_more_is_allowed(client: Client, path: str, fields: dict[str, str]) -> None:
    sign_in(client)
    copied = client.cookies[COOKIE].value
    assert client.post(path, fields).status_code == 303
    assert client.cookies[COOKIE].value != copied
    assert opens_the_account(client) and not opens_the_account(browser_with(copied))


@pytest.mark.parametrize("path", ["/account/logout/", "/account/logout/everywhere/"])
def test_a_key_that_was_copied_is_void_after_signing_out(client: Client, path: str) -> None:
    sign_in(client)
    copied = client.cookies[COOKIE].value
    client.post(path)
    before = everything()
    thief = browser_with(copied)
    assert not opens_the_account(thief)
    assert thief.post("/account/details/", {"name": "Mallory"})["Location"].startswith("/account/login/")
    assert everything() == before


@pytest.mark.parametrize("key", ["theirs", "nonsense", "", "\0", "x" * 10_000])
def test_nobody_signs_another_customer_out(client: Client, key: str) -> None:
    bob = make_user("bob@example.org")
    theirs = Client()
    theirs.post("/account/login/", {"email": bob.email, "password": PASSWORD})
    sign_in(client)
    given = SignIn.objects.get(user=bob).key if key == "theirs" else key
    before = everything()
    assert client.post("/account/security/browsers/", {"key": given}).status_code == 404
    assert everything() == before and opens_the_account(theirs) and opens_the_account(client)


def test_the_list_of_browsers_names_no_session_and_no_other_customer(client: Client) -> None:
    bob = make_user("bob@example.org")
    theirs = Client(HTTP_USER_AGENT="Bobs-Firefox", REMOTE_ADDR="203.0.113.77")
    theirs.post("/account/login/", {"email": bob.email, "password": PASSWORD})
    sign_in(client)
    page = client.get("/account/security/").content.decode()
    assert client.cookies[COOKIE].value not in page
    assert SignIn.objects.get(user=bob).key not in page and "203.0.113.77" not in page


def test_a_sign_in_row_that_ended_cannot_be_put_back_by_its_cookie(client: Client) -> None:
    sign_in(client)
    SignIn.objects.update(ended_at=clock.now())
    assert not opens_the_account(client)
    assert client.get("/account/details/")["Location"].startswith("/account/login/")
