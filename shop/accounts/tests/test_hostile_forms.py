"""Forms of the account, sent by another site or with what no form of ours would hold: refused, nothing changed."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from shop.accounts.models import User
from shop.accounts.tests.everything import everything
from shop.accounts.tests.test_pages import ALICE, NEW, PASSWORD, is_signed_in, sign_in
from shop.mail.models import OutgoingMail
from shop.returns.tests.builders import make_return
from shop.tests.builders import make_order, make_rate, make_user, make_variant

pytestmark = pytest.mark.django_db


def addresses(resolver: URLResolver | None = None) -> Iterator[tuple[str, str]]:
    """Name and route of each address under /account/, and of the account from an order."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry) if str(entry.pattern) == "" else ()
        elif isinstance(entry, URLPattern) and str(entry.pattern).startswith(("account/", "wishlist/", "orders/")):
            yield str(entry.name), str(entry.pattern)


ROUTES = dict(addresses())
READ_ONLY = {
    *("account-home", "account-orders", "account-orders-detail", "account-orders-document", "account-addresses"),
    *("account-security", "account-data", "account-data-export-json", "account-data-export-csv", "account-wishlist"),
    *("wishlist", "order-detail", "order-return-detail"),
}
POST_ONLY = {
    *("account-logout", "account-logout-everywhere", "account-security-browsers", "account-orders-again"),
    *(
        "account-security-two-step-off",
        "order-return-cancel",
        "order-return-label",
        "wishlist-add",
        "wishlist-remove",
        "order-account",
        "order-pay",
        "order-cancel",
    ),
}


def test_the_walk_finds_the_addresses() -> None:
    assert set(ROUTES) >= READ_ONLY | POST_ONLY and len(ROUTES) >= 35


def path_of(name: str, user: User) -> str:
    """The address, with a row of that person's own in it."""
    order = make_order(make_variant())
    order.user = user
    order.save()
    place = {"full_name": "A", "country": "GB", "address": "1 High Street", "city": "Leeds"}
    row = user.addresses.create(**place)
    known = {"number": order.number, "key": order.key, "address_id": str(row.pk), "document": "none"}
    known["which"] = make_return(order.lines.get()).number
    route = ROUTES[name]
    for word, value in known.items():
        route = route.replace(f"<slug:{word}>", value).replace(f"<int:{word}>", value)
    return f"/{route}"


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_a_form_from_another_site_changes_nothing(name: str) -> None:
    user = make_user()
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    path = path_of(name, user)
    before = everything()
    answer = client.post(path, {**ALICE, "old": PASSWORD}, headers={"Origin": "https://evil.example"})
    assert answer.status_code in ((403, 405) if name in READ_ONLY else (403,))
    assert everything() == before and is_signed_in(client)


@pytest.mark.parametrize("name", sorted(POST_ONLY))
def test_a_link_or_picture_does_not_do_what_takes_a_form(client: Client, name: str) -> None:
    user = make_user()
    client.force_login(user)
    path = path_of(name, user)
    before = everything()
    # The first asks whether it is really wanted, the second leads back to the order's page, where its form is.
    expected = {"order-cancel": 200, "order-account": 303}.get(name, 405)
    assert client.get(path).status_code == expected
    assert everything() == before and is_signed_in(client)


@pytest.mark.parametrize("name", sorted(READ_ONLY - {"order-detail"}))
def test_a_page_that_only_shows_takes_no_form(client: Client, name: str) -> None:
    user = make_user()
    client.force_login(user)
    path = path_of(name, user)
    before = everything()
    assert client.post(path, ALICE).status_code == 405
    assert everything() == before


def test_a_query_from_another_site_changes_nothing_and_knows_nobody() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    before = everything()
    for query in ("{ categories { slug } }", "mutation { buy }", "{ me { name } }"):
        body = {"query": query}
        answer = client.post("/graphql/", body, "application/json", headers={"Origin": "https://evil.example"})
        assert answer.status_code == (200 if "slug" in query else 400)
        # Without it no script of the other site may read the answer.
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert everything() == before and is_signed_in(client)


EMAILS = {
    "line feed": "alice@example.org\nBcc: all@example.org",
    "carriage return": "alice@example.org\rBcc: all@example.org",
    "both": "alice@example.org\r\n\r\nBuy our things",
    "escaped": "alice@example.org%0aBcc:all@example.org",
    "a second": "alice@example.org, all@example.org",
    "a name": "Alice <alice@example.org>",
    "line separator": "alice@example.org\u2028Bcc: all@example.org",
    "NUL": "alice\0@example.org",
    "over-long": "a" * 10_000 + "@example.org",
    "over-long domain": "a@" + "b." * 5_000 + "org",
    "Cyrillic a": "\u0430lice@example.org",
    "full-width a": "\uff41lice@example.org",
    "dotless i": "al\u0131ce@example.org",
    "Kelvin sign": "mi\u212ae@example.org",
    "Kelvin sign in the domain": "mike@\u212aiosk.example.org",
    "full-width domain": "alice@\uff45xample.org",
    "no width": "al\u200bice@example.org",
    "combining": "alic\u0065\u0301@example.org",
}
PAGES = ["signup", "login", "password/forgot", "confirm/again"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", EMAILS)
def test_an_email_that_could_be_taken_for_another_reaches_nobody(client: Client, page: str, kind: str) -> None:
    for email in ("alice@example.org", "mike@example.org", "mike@kiosk.example.org"):
        make_user(email, email_confirmed_at=None)
    before = everything()
    answer = client.post(f"/account/{page}/", {**ALICE, "email": EMAILS[kind], "password": PASSWORD})
    assert answer.status_code == 200 and 'id="email_error"' in answer.content.decode()
    assert everything() == before and not is_signed_in(client) and OutgoingMail.objects.count() == 0


@pytest.mark.parametrize("page", ["signup", "login", "password", "prove"])
@pytest.mark.parametrize("password", ["x" * 10_000, "é" * 10_000, "a-long\0password"], ids=["long", "longer", "NUL"])
def test_a_password_as_long_as_a_book_is_refused_before_it_is_hashed(
    client: Client, page: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user()
    if page in ("password", "prove"):
        sign_in(client)
    before = everything()
    for name in ("check_password", "make_password"):
        monkeypatch.setattr(f"django.contrib.auth.hashers.{name}", not_called)
    fields = {**ALICE, "email": "bob@example.org", "password": password, "old": PASSWORD}
    answer = client.post(f"/account/{page}/", fields)
    html = answer.content.decode()
    assert answer.status_code == 200 and ("Use at most 256 characters" in html or "broken character" in html)
    assert password not in html and everything() == before


def not_called(*given: object, **named: object) -> None:
    raise AssertionError("nothing is hashed for a password that is refused")


@pytest.mark.parametrize(
    "page", [*PAGES, "password", "email", "details", "addresses/add", "prove", "security/two-step"]
)
def test_bytes_that_are_no_text_are_no_error_of_ours(client: Client, page: str) -> None:
    make_user()
    sign_in(client)
    if page in PAGES:
        client.post("/account/logout/")
    before = everything()
    body = b"email=%ff%fe&password=%ed%a0%80&full_name=%00&name=%00&old=%c0&code=%00&country=%00&label=%ff&city=%00"
    answer = client.generic("POST", f"/account/{page}/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (200, 400) and everything() == before


POWERS = {
    **{"is_staff": "on", "is_superuser": "on", "is_active": "", "groups": "1", "user_permissions": "1"},
    **{
        "email_confirmed_at": "2020-01-01",
        "subject": "s",
        "cart_key": "k",
        "session_salt": "s",
        "erased_at": "2020-01-01",
    },
    **{
        "user": "1",
        "user_id": "1",
        "pk": "1",
        "id": "1",
        "pending_email": "evil@example.org",
        "last_login": "2020-01-01",
    },
}
PLACE = {"name": "Alice", "country": "GB", "address": "1 High Street", "city": "Leeds", "postcode": "LS1 2AB"}
KEPT = ["pk", "is_staff", "is_superuser", "is_active", "subject", "cart_key", "session_salt", "erased_at"]


def powers(user: User) -> dict[str, Any]:
    found: dict[str, Any] = User.objects.values(*KEPT, "email", "email_confirmed_at", "pending_email").get(pk=user.pk)
    return {**found, "groups": user.groups.count(), "rights": user.user_permissions.count()}


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("details", {"name": "Alice", "email": "evil@example.org"}),
        ("addresses/add", PLACE),
        ("password", {"old": PASSWORD, "password": NEW}),
        ("prove", {"password": PASSWORD}),
    ],
)
def test_more_fields_than_a_form_has_give_no_power(client: Client, page: str, fields: dict[str, str]) -> None:
    make_rate()
    user, bob = make_user(), make_user("bob@example.org")
    sign_in(client)
    before, others = powers(user), powers(bob)
    answer = client.post(f"/account/{page}/", {**POWERS, "user_id": str(bob.pk), "user": str(bob.pk), **fields})
    assert answer.status_code in (200, 303)
    changed = {name for name, value in powers(user).items() if value != before[name]}
    assert changed <= ({"session_salt"} if page == "password" else set())
    assert powers(bob) == others and not bob.addresses.exists()


def test_more_fields_than_signing_up_has_give_no_power(client: Client) -> None:
    bob = make_user("bob@example.org")
    others = powers(bob)
    client.post("/account/signup/", {**ALICE, **POWERS, "pk": str(bob.pk), "id": str(bob.pk)})
    alice = User.objects.get(email="alice@example.org")
    assert {name: powers(alice)[name] for name in ("is_staff", "is_superuser", "is_active", "groups", "rights")} == {
        **{"is_staff": False, "is_superuser": False, "is_active": True, "groups": 0, "rights": 0}
    }
    assert (alice.subject, alice.email_confirmed_at, alice.pending_email, alice.erased_at) == (None, None, "", None)
    assert alice.cart_key != "k" and alice.session_salt != "s" and powers(bob) == others
