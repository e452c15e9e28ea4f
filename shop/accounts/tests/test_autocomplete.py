"""Password managers and browsers fill in every field of an account's pages: each has its token, in this order."""

import re
from typing import Any

import pytest
from django import forms
from django.test import Client

from shop.accounts.forms import ConfirmForm, NewEmailCodeForm, ProveForm, ResetForm, TypedConfirmForm
from shop.accounts.tests.test_pages import ALICE, NEW, follow, link_in_last_mail, sign_in
from shop.accounts.tests.test_second_step import turn_on
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
WHERE = [
    "country", "name", "address-line1", "address-line2", "address-level2", "address-level1", "postal-code", "tel",
]  # fmt: skip
SIGNED_OUT = {
    "login": ["username", "current-password"],
    "signup": ["name", "username", "new-password"],
    "confirm/again": ["username"],
    "password/forgot": ["username"],
}
SIGNED_IN = {
    "prove": ["username", "current-password"],
    "password": ["username", "current-password", "new-password"],
    "email": ["email"],
    "details": ["name"],
    "security/two-step": ["one-time-code"],
    "addresses/add": ["off", *WHERE],
}


def tokens(page: Any) -> list[str]:
    """Of the fields that somebody or their browser fills in, in the order of the page."""
    main = page.content.decode().partition("<main")[2]
    tags = re.findall(r"<(?:input|select)[^>]*>", main)
    boxes = [tag for tag in tags if not re.search(r'type="(hidden|checkbox|radio|submit)"', tag)]
    return [found[1] if (found := re.search(r'autocomplete="([^"]+)"', tag)) else "" for tag in boxes]


@pytest.mark.parametrize("page", SIGNED_OUT)
def test_pages_for_whoever_is_signed_out(client: Client, page: str) -> None:
    assert tokens(client.get(f"/account/{page}/")) == SIGNED_OUT[page]


@pytest.mark.parametrize("page", SIGNED_IN)
def test_pages_for_whoever_is_signed_in(client: Client, page: str) -> None:
    make_user()
    sign_in(client)
    assert tokens(client.get(f"/account/{page}/")) in (SIGNED_IN[page], without("address-level1", SIGNED_IN[page]))


def without(token: str, expected: list[str]) -> list[str]:
    """Not every country has regions."""
    return [each for each in expected if each != token]


def test_the_pages_that_mailed_links_lead_to(client: Client) -> None:
    client.post("/account/signup/", ALICE)
    page = follow(client, link_in_last_mail())
    assert tokens(client.get(page)) == ["username", "current-password"]
    client.post(page, {"password": NEW})
    client.post("/account/password/forgot/", {"email": "alice@example.org"})
    assert tokens(client.get(follow(client, link_in_last_mail()))) == ["username", "new-password"]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (ConfirmForm(), ["current-password"]),
        (TypedConfirmForm(), ["username", "one-time-code", "current-password"]),
        (ResetForm(), ["username", "one-time-code", "new-password"]),
        (NewEmailCodeForm(), ["one-time-code"]),
        (ProveForm(asks_for_code=True), ["current-password", "one-time-code"]),
    ],
)
def test_where_codes_are_typed(form: forms.Form, expected: list[str]) -> None:
    assert [field.field.widget.attrs["autocomplete"] for field in form] == expected


def test_the_code_after_the_password(client: Client) -> None:
    make_user()
    sign_in(client)
    turn_on(client)
    client.post("/account/logout/")
    assert tokens(client.get(sign_in(client)["Location"])) == ["one-time-code"]
