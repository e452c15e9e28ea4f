"""Changing password and e-mail while signed in."""

import re
from typing import Any

import pytest
from django.test import Client

from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
PASSWORD, NEW = "a-long-password-1", "quite another sentence"


@pytest.fixture
def user(client: Client) -> User:
    made = make_user()
    sign_in(client)
    return made


def sign_in(client: Client, email: str = "alice@example.org", password: str = PASSWORD) -> None:
    assert client.post("/account/login/", {"email": email, "password": password}).status_code == 303


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/checkout/").wsgi_request.user.is_authenticated)


def change_password(client: Client, old: str = PASSWORD, new: str = NEW) -> Any:
    return client.post("/account/password/", {"old": old, "password": new})


def open_link(client: Client, to: str = "new@example.org") -> Any:
    """Follow the link in the newest mail to that address, as far as it goes."""
    mail = OutgoingMail.objects.filter(to=to).first()
    assert mail is not None
    found = re.search(r"https?://[^/]+(/account/\S+\?code=\S+)", mail.text)
    assert found is not None
    return client.get(found[1], follow=True)


def test_a_changed_password_leaves_only_this_browser_signed_in(client: Client, user: User) -> None:
    other = Client()
    sign_in(other)
    assert change_password(client).status_code == 303
    user.refresh_from_db()
    assert user.check_password(NEW) and is_signed_in(client) and not is_signed_in(other)
    assert [(mail.to, mail.subject) for mail in OutgoingMail.objects.all()] == [
        ("alice@example.org", "Your password was changed")
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("wrong", NEW, "not your present password"),
        (PASSWORD, "short", "at least 10 characters"),
        (PASSWORD, "alice@example.org", "too similar to the email"),
        (PASSWORD, "x" * 10_000, "Use at most 256 characters"),
        ("", NEW, "Enter your password"),
    ],
)
def test_a_refused_change_of_password_changes_nothing(
    client: Client, user: User, old: str, new: str, words: str
) -> None:
    other = Client()
    sign_in(other)
    assert words in change_password(client, old, new).content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD) and is_signed_in(client) and is_signed_in(other)
    assert OutgoingMail.objects.count() == 0


def test_the_present_password_cannot_be_tried_out_without_end(client: Client, user: User) -> None:
    assert [change_password(client, "wrong").status_code for _ in range(11)] == [200] * 10 + [429]
    assert change_password(client).status_code == 429
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_an_email_changes_once_the_new_address_has_said_yes(client: Client, user: User) -> None:
    assert client.post("/account/email/", {"email": "New@example.org"})["Location"] == "/account/email/confirm/"
    assert b"new@example.org" in client.get("/account/email/confirm/").content
    page = open_link(client)
    user.refresh_from_db()
    assert user.email == "alice@example.org", "a program that scans mails opens links too"
    assert page.request["QUERY_STRING"] == "" and b"Confirm my new email" in page.content
    assert client.post("/account/email/confirm/").status_code == 303
    user.refresh_from_db()
    assert (user.email, user.pending_email) == ("new@example.org", "") and is_signed_in(client)
    told = OutgoingMail.objects.filter(subject="Your email was changed")
    assert {mail.to for mail in told} == {"alice@example.org", "new@example.org"}
    events = AccountEvent.objects.filter(user=user).values_list("kind", "email")
    assert {("email-asked", ""), ("email-changed", "alice@example.org")} <= set(events)


def test_the_link_for_a_new_email_waits_until_its_owner_has_signed_in(client: Client, user: User) -> None:
    client.post("/account/email/", {"email": "new@example.org"})
    elsewhere = Client()
    page = open_link(elsewhere)
    assert page.request["PATH_INFO"] == "/account/login/"
    assert page.redirect_chain[-1][0] == "/account/login/?next=/account/email/confirm/"
    sign_in(elsewhere)
    assert elsewhere.post("/account/email/confirm/").status_code == 303
    user.refresh_from_db()
    assert user.email == "new@example.org"


def test_the_link_does_nothing_for_another_account(client: Client, user: User) -> None:
    client.post("/account/email/", {"email": "new@example.org"})
    bob = make_user("bob@example.org")
    stranger = Client()
    sign_in(stranger, "bob@example.org")
    open_link(stranger)
    response = stranger.post("/account/email/confirm/")
    assert "belongs to another account" in response.content.decode()
    for person, email in ((user, "alice@example.org"), (bob, "bob@example.org")):
        person.refresh_from_db()
        assert person.email == email


def test_a_taken_email_is_answered_like_a_free_one(client: Client, user: User) -> None:
    make_user("taken@example.org")
    pages = []
    for email in ("taken@example.org", "free@example.org"):
        response: Any = client.post("/account/email/", {"email": email}, follow=True)
        pages.append(response.content.decode().replace(email, "x"))
    assert pages[0] == pages[1]
    subjects = {mail.to: mail.subject for mail in OutgoingMail.objects.all()}
    assert subjects == {
        "taken@example.org": "You have an account already",
        "free@example.org": "Confirm your new email",
    }


@pytest.mark.parametrize("email", ["", "new@example", "nеw@example.org", "new@example.org\nBcc: a@example.org"])
def test_what_is_no_email_changes_nothing(client: Client, user: User, email: str) -> None:
    assert 'id="email_error"' in client.post("/account/email/", {"email": email}).content.decode()
    user.refresh_from_db()
    assert user.pending_email == "" and OutgoingMail.objects.count() == 0


def test_nobody_has_us_write_to_strangers_without_end(client: Client, user: User) -> None:
    answers = [client.post("/account/email/", {"email": f"x{n}@example.org"}).status_code for n in range(6)]
    assert answers == [303] * 5 + [429] and OutgoingMail.objects.count() == 5


@pytest.mark.parametrize("page", ["email", "email/confirm", "password"])
def test_the_pages_are_for_whoever_is_signed_in(page: str) -> None:
    response = Client().get(f"/account/{page}/")
    assert response.status_code == 303 and response["Location"] == f"/account/login/?next=/account/{page}/"
    assert Client(enforce_csrf_checks=True).post(f"/account/{page}/").status_code == 403
