"""The pages around signing in, over the shop's own accounts, as a browser without JavaScript goes through them."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from shop.accounts.models import User
from shop.accounts.security_models import SignIn
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-1"
NEW = "quite another sentence"
ALICE = {"full_name": "Alice Moreau", "email": "alice@example.org", "password": NEW}


def link_in_last_mail(to: str = "alice@example.org") -> str:
    """The path of the link in the newest mail to that address."""
    mail = OutgoingMail.objects.filter(to=to).first()
    assert mail is not None
    found = re.search(r"https?://[^/]+(/account/\S+\?code=\S+)", mail.text)
    assert found is not None
    return found[1]


def follow(client: Client, link: str) -> str:
    """Open a mailed link; the address it ends at."""
    response: Any = client.get(link)
    assert response.status_code == 303
    return str(response["Location"])


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def sign_in(client: Client, password: str = PASSWORD, **fields: str) -> Any:
    return client.post("/account/login/", {"email": "alice@example.org", "password": password, **fields})


def test_somebody_signs_up_confirms_in_the_same_browser_and_is_signed_in(client: Client) -> None:
    assert client.post("/account/signup/?next=/cart/", {**ALICE, "next": "/cart/"})["Location"] == "/account/confirm/"
    assert b"alice@example.org" in client.get("/account/confirm/").content
    assert not User.objects.get().email_confirmed_at
    page = follow(client, link_in_last_mail())
    assert page == "/account/confirm/" and b"Your password once more" in client.get(page).content
    assert not User.objects.get().email_confirmed_at, "a program that scans mails opens links too"
    assert client.post(page, {"password": NEW})["Location"] == "/cart/"
    user = User.objects.get()
    assert is_signed_in(client) and user.email_confirmed_at and user.full_name == "Alice Moreau"
    assert "Your email is confirmed, and your account is ready." in client.get("/account/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_signing_in_needs_no_transaction_around_it(client: Client) -> None:
    """As it is outside of tests, where no test's own transaction hides a lock that is taken without one."""
    make_user()
    assert sign_in(client).status_code == 303 and is_signed_in(client)


def test_the_link_in_another_browser_confirms_but_signs_nobody_in(client: Client) -> None:
    client.post("/account/signup/", ALICE)
    elsewhere = Client()
    page = follow(elsewhere, link_in_last_mail())
    assert elsewhere.post(page, {"password": NEW})["Location"] == "/account/login/"
    assert User.objects.get().email_confirmed_at and not is_signed_in(elsewhere)
    assert "Your email is confirmed" in elsewhere.get("/account/login/").content.decode()


def test_the_link_of_another_account_signs_nobody_in(client: Client) -> None:
    """A stranger's link in this browser must not put its owner into the stranger's account."""
    client.post("/account/signup/", {**ALICE, "email": "bob@example.org"})
    Client().post("/account/signup/", ALICE)
    client.post(follow(client, link_in_last_mail()), {"password": NEW})
    assert not is_signed_in(client)


def test_a_link_works_once_and_says_so(client: Client) -> None:
    client.post("/account/signup/", ALICE)
    link = link_in_last_mail()
    client.post(follow(client, link), {"password": NEW})
    client.post("/account/logout/")
    response = client.post(follow(client, link), {"password": NEW})
    assert "used already" in response.content.decode() and not is_signed_in(client)


def test_the_link_of_a_strangers_sign_up_confirms_nothing_but_a_new_password_by_mail_does(client: Client) -> None:
    client.post("/account/signup/", ALICE)
    Client().post("/account/signup/", {**ALICE, "password": "chosen by a stranger"})
    page = client.post(follow(client, link_in_last_mail()), {"password": NEW}).content.decode()
    assert "This is not the password of the newest sign-up" in page and "/account/password/forgot/" in page
    assert not User.objects.get().email_confirmed_at and not is_signed_in(client)
    client.post("/account/password/forgot/", {"email": "alice@example.org"})
    client.post(follow(client, link_in_last_mail()), {"password": NEW})
    assert User.objects.get().email_confirmed_at
    assert sign_in(Client(), "chosen by a stranger").status_code == 200
    assert sign_in(client, NEW)["Location"] == "/account/"


def test_signing_up_again_looks_the_same_and_changes_nothing(client: Client) -> None:
    user = make_user()
    before = User.objects.values().get()
    response: Any = client.post("/account/signup/", ALICE, follow=True)
    fresh: Any = Client().post("/account/signup/", {**ALICE, "email": "fresh@example.org"}, follow=True)
    same = fresh.content.decode().replace("fresh@example.org", "alice@example.org")
    assert without_tokens(response.content.decode()) == without_tokens(same)
    assert User.objects.values().get(pk=user.pk) == before
    assert OutgoingMail.objects.get(to="alice@example.org").subject == "You have an account already"


def without_tokens(html: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", html)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "1234567890"}, "too common"),
        ({"password": "alice@example.org"}, "too similar to the email"),
        ({"password": "x" * 10_000}, "Use at most 256 characters"),
        ({"password": "a-long\x00password"}, "broken character"),
        ({"email": "alice@example"}, "Enter your email in full"),
        ({"email": "alice@example.org\r\nBcc: all@example.org"}, "Enter your email in full"),
        ({"email": "аlice@example.org"}, "look-alike"),
        ({"email": "alice@exampｌe.org"}, "look-alike"),
        ({"email": ""}, "Enter your email in full"),
        ({"full_name": "  "}, "Enter your full name"),
        ({"full_name": "x" * 151}, "Shorten this"),
    ],
)
def test_a_refused_sign_up_says_why_and_makes_nothing(client: Client, changed: dict[str, str], words: str) -> None:
    response = client.post("/account/signup/", {**ALICE, **changed})
    assert words in response.content.decode().replace("&#x27;", "'")
    assert User.objects.count() == OutgoingMail.objects.count() == 0


def test_nobody_makes_themselves_staff_by_signing_up(client: Client) -> None:
    client.post(
        "/account/signup/", {**ALICE, "is_staff": "on", "is_superuser": "1", "email_confirmed_at": "2020-01-01"}
    )
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.email_confirmed_at) == (False, False, None)


def test_signing_in_leads_to_where_the_person_was(client: Client) -> None:
    user = make_user()
    response: Any = sign_in(client, next="/search/?q=shirt&page=2")
    assert response.status_code == 303 and response["Location"] == "/search/?q=shirt&page=2"
    assert client.session["_auth_user_id"] == str(user.pk) and SignIn.objects.get().user == user


@pytest.mark.parametrize("after", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/\t/evil.example"])
def test_signing_in_leads_nowhere_else(client: Client, after: str) -> None:
    make_user()
    assert "evil" not in client.get("/account/login/", {"next": after}).content.decode()
    assert sign_in(client, next=after)["Location"] == "/account/"


def test_the_email_may_be_typed_in_capitals(client: Client) -> None:
    make_user()
    assert sign_in(client, email=" Alice@Example.ORG ").status_code == 303


@pytest.mark.parametrize("who", ["nobody", "wrong password", "disabled", "no password"])
def test_whatever_is_wrong_the_words_are_the_same(client: Client, who: str) -> None:
    if who != "nobody":
        user = make_user(is_active=who != "disabled")
    if who == "no password":
        user.set_unusable_password()
        user.save()
    response = sign_in(client, "wrong-password" if who == "wrong password" else PASSWORD)
    assert response.status_code == 200 and not is_signed_in(client)
    html = response.content.decode()
    assert "Email or password is not right." in html and 'value="alice@example.org"' in html
    assert PASSWORD not in html and "wrong-password" not in html
    assert SignIn.objects.count() == 0


def test_an_unconfirmed_email_is_told_to_whoever_knows_the_password_and_to_nobody_else(client: Client) -> None:
    make_user(email_confirmed_at=None)
    assert "Email or password is not right." in sign_in(client, "wrong-password").content.decode()
    assert OutgoingMail.objects.count() == 0
    assert sign_in(client, next="/cart/")["Location"] == "/account/confirm/"
    assert not is_signed_in(client)
    assert client.post(follow(client, link_in_last_mail()), {"password": PASSWORD})["Location"] == "/cart/"
    assert is_signed_in(client)


@pytest.mark.parametrize(("stay", "seconds"), [("", None), ("on", 2_592_000)])
def test_staying_signed_in_is_a_choice(client: Client, stay: str, seconds: int | None) -> None:
    make_user()
    sign_in(client, stay=stay)
    assert (client.cookies["sessionid"]["max-age"] or None) == seconds


def test_whoever_is_signed_in_goes_on(client: Client) -> None:
    make_user()
    sign_in(client)
    assert client.get("/account/login/?next=/cart/")["Location"] == "/cart/"
    assert client.get("/account/signup/")["Location"] == "/account/"


def test_a_session_key_known_before_is_worth_nothing_after(client: Client) -> None:
    make_user()
    client.post("/account/password/forgot/", {"email": "alice@example.org"})
    planted = client.cookies["sessionid"].value
    sign_in(client)
    other = Client()
    other.cookies["sessionid"] = planted
    assert client.cookies["sessionid"].value != planted and not is_signed_in(other)


def test_signing_out_takes_a_form(client: Client) -> None:
    make_user()
    sign_in(client)
    assert client.get("/account/logout/").status_code == 405 and is_signed_in(client)
    assert client.post("/account/logout/").status_code == 303 and not is_signed_in(client)
    assert "You are signed out." in client.get("/account/login/").content.decode()
    assert client.post("/account/logout/").status_code == 303


def test_signing_out_everywhere_reaches_other_browsers(client: Client) -> None:
    make_user()
    other = Client()
    sign_in(client)
    sign_in(other)
    client.post("/account/logout/everywhere/")
    assert not other.get("/checkout/").wsgi_request.user.is_authenticated and not is_signed_in(client)


def test_asking_for_a_new_password_looks_the_same_with_and_without_an_account(client: Client) -> None:
    make_user()
    known: Any = client.post("/account/password/forgot/", {"email": "alice@example.org"}, follow=True)
    unknown: Any = Client().post("/account/password/forgot/", {"email": "other@example.org"}, follow=True)
    same = unknown.content.decode().replace("other@example.org", "alice@example.org")
    assert without_tokens(known.content.decode()) == without_tokens(same)
    assert [mail.to for mail in OutgoingMail.objects.all()] == ["alice@example.org"]


def test_a_forgotten_password_is_chosen_anew_and_ends_every_session(client: Client) -> None:
    make_user()
    elsewhere = Client()
    sign_in(elsewhere)
    client.post("/account/password/forgot/", {"email": "alice@example.org"})
    page = follow(client, link_in_last_mail())
    assert page == "/account/password/reset/"
    assert client.post(page, {"password": NEW})["Location"] == "/account/login/"
    assert not elsewhere.get("/checkout/").wsgi_request.user.is_authenticated
    assert not is_signed_in(client)
    assert sign_in(client).status_code == 200 and sign_in(client, NEW).status_code == 303
    assert OutgoingMail.objects.filter(subject="Your password was changed").count() == 1


def test_a_weak_new_password_is_refused_and_the_link_stays_good(client: Client) -> None:
    make_user()
    client.post("/account/password/forgot/", {"email": "alice@example.org"})
    page = follow(client, link_in_last_mail())
    assert "too common" in client.post(page, {"password": "1234567890"}).content.decode()
    assert User.objects.get().check_password(PASSWORD)
    assert client.post(page, {"password": NEW}).status_code == 303


def test_a_spent_reset_link_changes_nothing(client: Client) -> None:
    make_user()
    client.post("/account/password/forgot/", {"email": "alice@example.org"})
    link = link_in_last_mail()
    client.post(follow(client, link), {"password": NEW})
    response = client.post(follow(client, link), {"password": "a third long sentence"})
    assert response["Location"] == "/account/password/forgot/"
    assert User.objects.get().check_password(NEW)


@pytest.mark.parametrize(
    "name", ["signup", "confirm", "confirm-again", "login", "login-code", "password-forgot", "password-reset"]
)
def test_the_pages_are_private_and_name_no_code_to_others(client: Client, name: str) -> None:
    response = client.get(reverse(f"account-{name}"))
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "page", ["signup", "login", "logout", "password/forgot", "password/reset", "confirm", "confirm/again"]
)
def test_every_form_needs_its_token(page: str) -> None:
    assert Client(enforce_csrf_checks=True).post(f"/account/{page}/", ALICE).status_code == 403
