"""Customers type nothing twice, and nobody sees what another typed."""

import re
from typing import Any

import pytest
from django.test import Client

from shop.accounts import addresses
from shop.accounts.consents import record
from shop.accounts.customer_models import Consent
from shop.accounts.models import User
from shop.catalog.models import ProductVariant
from shop.checkout.tests.form_builders import HERE
from shop.checkout.tests.form_builders import SAM as FORM
from shop.orders.models import Order
from shop.tests.builders import make_order, make_product, make_rate, make_user, make_variant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fake")]
SAM = {**FORM, "email": "alice@example.org"}


@pytest.fixture
def shirt(client: Client) -> ProductVariant:
    make_rate("standard", 395, None)
    make_rate("standard", 900, None, countries=["FR"])
    variant = make_variant(make_product("Quarry Linen Shirt"), price=7800)
    client.post("/cart/add/", {"variant": variant.pk}, headers=HERE)
    return variant


@pytest.fixture
def alice(client: Client, shirt: ProductVariant) -> User:
    user = make_user(full_name="Alice Adeyemi")
    client.force_login(user)
    return user


def keep(user: User, street: str, country: str = "GB") -> Any:
    place = {"full_name": "Alice Adeyemi", "country": country, "address": street, "city": "Leeds", "postcode": ""}
    return addresses.save(user=user, fields=place)


def form(client: Client, query: str = "") -> dict[str, str]:
    """The values of the text fields as the page shows them."""
    page = client.get(f"/checkout/{query}").content.decode()
    inputs = [dict(re.findall(r'(name|value|type)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]+>", page)]
    values = {tag["name"]: tag.get("value", "") for tag in inputs if tag.get("type") in ("text", "email", "hidden")}
    chosen = re.search(r'<option value="(..)" selected', page)
    return {**values, "country": chosen[1] if chosen else "", "news": str('name="news"' in page and "checked" in page)}


def submit(client: Client, **changes: str) -> Any:
    shown = {name: value.replace("&amp;", "&") for name, value in form(client).items()}
    return client.post("/checkout/", {**SAM, **{n: shown[n] for n in ("placement_key", "seen")}, **changes})


def test_a_customer_finds_the_default_address_filled_in(client: Client, alice: User) -> None:
    keep(alice, "1 High Street")
    keep(alice, "2 Low Street")
    shown = form(client)
    assert (shown["email"], shown["name"], shown["address"]) == ("alice@example.org", "Alice Adeyemi", "1 High Street")


def test_only_a_guest_is_told_that_no_account_is_needed(client: Client, shirt: ProductVariant) -> None:
    words = 'No account needed. Have one? <a href="/account/login/?next=/checkout/">Sign in</a>'
    assert words in client.get("/checkout/").content.decode()
    client.force_login(make_user())
    assert "No account needed" not in client.get("/checkout/").content.decode()


def test_another_saved_address_is_a_link_away_with_its_country(client: Client, alice: User) -> None:
    keep(alice, "1 High Street")
    paris = keep(alice, "3 Rue Haute", "FR")
    shown = form(client, f"?address={paris.pk}")
    assert (shown["address"], shown["country"]) == ("3 Rue Haute", "FR")


@pytest.mark.parametrize("wanted", ["another's", "x", "-1", "9" * 40, "²"])
def test_another_customer_s_address_is_never_filled_in(client: Client, alice: User, wanted: str) -> None:
    keep(alice, "1 High Street")
    theirs = keep(make_user("bob@example.org"), "9 Secret Street")
    query = str(theirs.pk) if wanted == "another's" else wanted
    assert form(client, f"?address={query}")["address"] == "1 High Street"


def test_without_a_saved_address_the_newest_order_is_copied(client: Client, alice: User) -> None:
    earlier = make_order(address="5 Old Road")
    Order.objects.filter(pk=earlier.pk).update(user=alice)
    assert form(client)["address"] == "5 Old Road"


def test_what_a_guest_typed_from_this_bag_is_not_shown_to_who_signs_in(client: Client, shirt: ProductVariant) -> None:
    submit(client, address="13 Guest Street")
    assert form(client)["address"] == "13 Guest Street"
    client.force_login(make_user("bob@example.org"))
    assert form(client).get("address", "") != "13 Guest Street"


def test_the_first_order_s_address_is_kept_for_the_next_one(client: Client, alice: User) -> None:
    submit(client)
    kept = alice.addresses.get()
    assert (kept.address, kept.postcode, kept.used_first) == (
        "14 Navarino Road", "E8 3PN", "Used first for delivery and bills",
    )  # fmt: skip
    submit(client, address="15 Navarino Road")
    assert alice.addresses.count() == 1


def consents() -> list[tuple[str, bool, str, int | None]]:
    return list(Consent.objects.values_list("email", "given", "source", "user"))


def test_a_ticked_box_is_a_consent_given_at_the_checkout(client: Client, shirt: ProductVariant) -> None:
    submit(client, news="on")
    assert consents() == [("alice@example.org", True, "checkout", None)]


def test_a_guest_s_empty_box_takes_nothing_back(client: Client, shirt: ProductVariant) -> None:
    record(email="alice@example.org", given=True, source=Consent.Source.SIGN_UP)
    submit(client)
    assert consents() == [("alice@example.org", True, "sign-up", None)]


def test_a_customer_who_clears_the_box_takes_it_back(client: Client, alice: User) -> None:
    record(email=alice.email, given=True, source=Consent.Source.SIGN_UP, user=alice)
    assert form(client)["news"] == "True"
    submit(client)
    assert consents()[0] == ("alice@example.org", False, "checkout", alice.pk)


def test_a_customer_says_nothing_for_another_e_mail(client: Client, alice: User) -> None:
    record(email="bob@example.org", given=True, source=Consent.Source.SIGN_UP)
    submit(client, email="bob@example.org")
    assert consents() == [("bob@example.org", True, "sign-up", None)]
