"""Mailed links and ways on, in the hands of somebody who means ill: refused, and nothing has changed."""

from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.core import signing
from django.test import Client

from shop.accounts.links import LASTS, Purpose, code_for
from shop.accounts.models import User
from shop.accounts.security_models import SignIn
from shop.accounts.tests.everything import everything
from shop.accounts.tests.test_pages import ALICE, NEW, PASSWORD, follow, is_signed_in, link_in_last_mail, sign_in
from shop.core import clock
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
CONFIRM, RESET = "/account/confirm/", "/account/password/reset/"
NOWHERE = {
    "another host": "//evil.example/",
    "three slashes": "///evil.example/",
    "backslash": "/\\evil.example/",
    "two backslashes": "\\\\evil.example/",
    "https": "https://evil.example/",
    "https without slashes": "https:evil.example",
    "capitals": "HTTPS://evil.example/",
    "javascript": "javascript:alert(document.domain)",
    "data": "data:text/html,<script>alert(1)</script>",
    "tab": "/\t/evil.example/",
    "line break": "/\r\nLocation: https://evil.example/",
    "NUL": "/\0/evil.example/",
    "space first": " https://evil.example/",
    "our name as user": "https://testserver@evil.example/",
    "bidi mark": "/\u202e/evil.example/",
    "no path": "evil.example",
    "over-long": "/" + "a" * 501,
}


@pytest.fixture(params=list(NOWHERE.values()), ids=list(NOWHERE))
def after(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_next_leads_nowhere_else_after_signing_in(client: Client, after: str) -> None:
    make_user()
    assert sign_in(client, next=after)["Location"] == "/account/"
    assert client.get("/account/login/", {"next": after})["Location"] == "/account/"


def test_next_leads_nowhere_else_after_signing_up(client: Client, after: str) -> None:
    page = client.post(f"/account/signup/?next={quote(after)}", {**ALICE, "next": after})
    assert page["Location"] == CONFIRM
    confirmed = client.post(follow(client, link_in_last_mail()), {"password": ALICE["password"]})
    assert confirmed["Location"] == "/account/"


def test_next_leads_nowhere_else_after_proving(client: Client, after: str) -> None:
    make_user()
    sign_in(client)
    assert client.post("/account/prove/", {"password": PASSWORD, "next": after})["Location"] == "/account/"


@pytest.mark.parametrize("after", ["/%2f%2fevil.example/", "/%5cevil.example/", "/%09/evil.example"])
def test_an_escaped_slash_stays_a_path_of_ours(client: Client, after: str) -> None:
    make_user()
    on = "https://shop.example/account/login/"
    for _ in range(3):
        reached: Any = sign_in(client, next=after) if on.endswith("/login/") else client.get(urlsplit(on).path)
        if "Location" not in reached:
            break
        on = urljoin(on, reached["Location"])
        assert urlsplit(on).netloc == "shop.example"
    assert reached.status_code == 404


@pytest.mark.parametrize("page", [CONFIRM, RESET])
@pytest.mark.parametrize("kind", ["other purpose", "another's key", "forged", "expired", "long", "NUL", "unsigned"])
def test_a_link_that_is_not_ours_for_this_page_does_nothing(
    client: Client, page: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = make_user(email_confirmed_at=None)
    bob = make_user("bob@example.org", email_confirmed_at=None)
    purpose, other = (Purpose.CONFIRM, Purpose.RESET) if page == CONFIRM else (Purpose.RESET, Purpose.CONFIRM)
    good = code_for(alice, purpose)
    body, rest = good.split(":", 1)
    code = {
        "other purpose": code_for(alice, other),
        "another's key": f"{code_for(bob, purpose).split(':', 1)[0]}:{rest}",
        "forged": signing.dumps([alice.pk, "0" * 32], key="guessed", salt=f"shop.accounts.links.{purpose}"),
        "expired": good,
        "long": good + "a" * 10_000,
        "NUL": f"{body}\0:{rest}",
        "unsigned": body,
    }[kind]
    if kind == "expired":
        late = clock.now().timestamp() + LASTS[purpose] + 2
        monkeypatch.setattr("django.core.signing.time.time", lambda: late)
    before = everything()
    answer = client.post(follow(client, f"{page}?code={quote(code)}"), {"password": NEW})
    assert (answer.status_code, is_signed_in(client)) == (200 if page == CONFIRM else 303, False)
    assert everything() == before


def test_a_confirm_link_of_whoever_squatted_the_email_is_void_once_its_owner_signs_up(client: Client) -> None:
    squatter = Client()
    squatter.post("/account/signup/", {**ALICE, "password": "the squatter knows this"})
    stale = link_in_last_mail()
    client.post("/account/signup/", ALICE)
    before = everything()
    squatter.post(follow(squatter, stale))
    assert not is_signed_in(squatter) and everything() == before
    assert User.objects.get().check_password(NEW)


@pytest.mark.parametrize("header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_SERVER"])
@pytest.mark.parametrize("path", ["/account/password/forgot/", "/account/signup/"])
def test_a_forged_host_puts_no_foreign_link_into_our_mails(client: Client, header: str, path: str) -> None:
    make_user(email_confirmed_at=None)
    forged: Any = {header: "evil.example"}
    answer = client.post(path, ALICE, **forged)
    assert answer.status_code in (303, 400)
    assert "evil.example" not in "".join(mail.text + mail.html for mail in OutgoingMail.objects.all())
    assert "evil.example" not in answer.headers.get("Location", "")


def test_a_reset_link_signs_nobody_in_and_is_spent_by_signing_in(client: Client) -> None:
    make_user()
    client.post("/account/password/forgot/", {"email": "alice@example.org"})
    link = link_in_last_mail()
    sign_in(client)
    thief, before = Client(), everything()
    thief.post(follow(thief, link), {"password": "the thief knows this"})
    assert not is_signed_in(thief) and everything() == before and SignIn.objects.count() == 1
