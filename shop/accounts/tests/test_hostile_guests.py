"""Forms that need no account, sent from a guest's browser by another site: refused, nothing changed.

Each stands where it would do something, which the last step of each test does from our own page.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client

from shop.accounts import pending
from shop.accounts.tests.everything import everything
from shop.accounts.tests.test_pages import ALICE, NEW, PASSWORD, follow, link_in_last_mail, sign_in
from shop.accounts.tests.test_second_step import turn_on
from shop.adapters.accounts import Challenge, ChallengeKind
from shop.cart.tests.view_builders import add
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_order, make_rate, make_user, make_variant
from shop.wishlist.models import WishItem

pytestmark = pytest.mark.django_db
OURS = {"Origin": "http://testserver"}
Form = tuple[str, dict[str, Any]]


def sign_up(browser: Client) -> Form:
    return "/account/signup/", ALICE


def confirm(browser: Client) -> Form:
    browser.post("/account/signup/", ALICE)
    return follow(browser, link_in_last_mail()), {"password": NEW}


def confirm_again(browser: Client) -> Form:
    browser.post("/account/signup/", ALICE)
    OutgoingMail.objects.all().delete()
    return "/account/confirm/again/", ALICE


def signing_in(browser: Client) -> Form:
    make_user()
    return "/account/login/", {"email": "alice@example.org", "password": PASSWORD}


def code(browser: Client) -> Form:
    make_user()
    sign_in(browser)
    _, codes = turn_on(browser)
    browser.post("/account/logout/")
    assert sign_in(browser)["Location"] == "/account/login/code/"
    return "/account/login/code/", {"code": codes[0]}


def a_password_of_ones_own(browser: Client) -> Form:
    """As a user pool asks for it; the shop's own accounts never do, and put an end to it when it is answered."""
    request = HttpRequest()
    request.session = browser.session
    asked = Challenge(ChallengeKind.NEW_PASSWORD, make_user().email, "state")
    pending.remember_challenge(request, pending.PendingChallenge(asked))
    request.session.save()
    return "/account/login/new-password/", {"password": NEW}


def forgot(browser: Client) -> Form:
    make_user()
    return "/account/password/forgot/", ALICE


def reset(browser: Client) -> Form:
    make_user()
    browser.post("/account/password/forgot/", ALICE)
    return follow(browser, link_in_last_mail()), {"password": NEW}


def account_from_an_order(browser: Client) -> Form:
    order = make_order(make_variant(), email="alice@example.org")
    return f"/orders/{order.number}/{order.key}/account/", {"password": NEW}


def change_of_the_bag(browser: Client) -> Form:
    variant = make_variant(stock=5)
    add(browser, variant)
    return "/cart/update/", {"variant": variant.pk, "quantity": 3}


def taking_off_the_wish_list(browser: Client) -> Form:
    variant = make_variant()
    browser.post("/wishlist/add/", {"piece": f"{variant.product_id}:{variant.colour.slug}"}, headers=OURS)
    return "/wishlist/remove/", {"item": WishItem.objects.get().pk}


WITH_TOKEN = [
    sign_up,
    confirm,
    confirm_again,
    signing_in,
    code,
    a_password_of_ones_own,
    forgot,
    reset,
    account_from_an_order,
    change_of_the_bag,
    taking_off_the_wish_list,
]


@pytest.mark.parametrize("at", WITH_TOKEN)
def test_a_guests_form_from_another_site_changes_nothing(at: Callable[[Client], Form]) -> None:
    make_rate()
    browser, stranger = Client(), Client()
    path, fields = at(browser)
    browser.handler.enforce_csrf_checks = True
    tokens = [token_of(client) for client in (browser, stranger)]
    before = everything(), dict(browser.session)
    for token, headers in foreign(*tokens):
        answer = browser.post(path, fields | token, headers=headers)
        assert answer.status_code == 403, (token, headers)
    # Over TLS a browser that names no origin has to name the page before.
    for headers in ({}, {"Referer": "https://evil.example/"}, {"Referer": "https://testserver.evil.example/"}):
        assert browser.post(path, fields | tokens[0], headers=headers, secure=True).status_code == 403, headers
    assert (everything(), dict(browser.session)) == before
    assert browser.post(path, fields | tokens[0], headers=OURS).status_code == 303
    assert (everything(), dict(browser.session)) != before


def token_of(browser: Client) -> dict[str, str]:
    """As the forms that this browser is shown hold it."""
    browser.get("/account/login/")
    return {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value}


def foreign(own: dict[str, str], strangers: dict[str, str]) -> list[tuple[dict[str, str], dict[str, str]]]:
    """What a page elsewhere can send: no token, one of its own, or, had it found ours out, that one."""
    return [
        ({}, {"Origin": "https://evil.example"}),
        ({}, {}),
        (strangers, {}),
        (strangers, OURS),
        *((own, {"Origin": origin}) for origin in ("https://evil.example", "http://testserver.evil.example", "null")),
    ]


@pytest.mark.parametrize("path", ["/cart/add/", "/wishlist/add/"])
def test_a_form_of_a_public_page_is_taken_from_our_own_pages_alone(path: str) -> None:
    variant = make_variant(stock=5)
    fields = {"product": variant.product_id, "colour": variant.colour.slug, "size": variant.size.name}
    browser = Client(enforce_csrf_checks=True)
    before = everything()
    for headers in (
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:81"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", **OURS},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Referer": "https://evil.example/http://testserver/"},
        {"Referer": "http://testserver.evil.example/"},
    ):
        assert browser.post(path, fields, headers=headers).status_code == 403, headers
    assert everything() == before and not browser.cookies
    assert browser.post(path, fields, headers=OURS).status_code == 303
    assert everything() != before
