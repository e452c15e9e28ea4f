"""Saved addresses: one of them for delivery and one for bills, and each its owner's alone."""

from typing import Any

import pytest
from django.test import Client

from shop.accounts import addresses
from shop.accounts.customer_models import Address
from shop.accounts.models import User
from shop.catalog import listings
from shop.tests.builders import make_rate, make_user, make_variant
from shop.tests.parallel import in_parallel

pytestmark = pytest.mark.django_db
PLACE = {"full_name": "Alice Adeyemi", "country": "GB", "address": "1 High Street", "city": "Leeds"}
TYPED = {
    "label": "Home",
    "name": "Alice Adeyemi",
    "country": "GB",
    "address": "1 High Street",
    "address2": "",
    "city": "Leeds",
    "postcode": "ls12ab",
    "phone": "",
}


@pytest.fixture
def alice(client: Client) -> User:
    make_rate()
    make_rate(countries=["FR"])
    listings.refresh([make_variant().product_id])
    user = make_user()
    client.force_login(user)
    return user


def keep(user: User, label: str = "", **uses: Any) -> Address:
    return addresses.save(user=user, fields={**PLACE, "label": label}, **uses)


def uses(user: User) -> dict[str, str]:
    return {address.label: address.used_first for address in user.addresses.order_by("pk")}


def post(client: Client, address: str, **changes: str) -> Any:
    return client.post(address, {**TYPED, **changes})


def test_the_first_address_is_used_for_both_and_the_next_for_neither(alice: User) -> None:
    keep(alice, "Home")
    keep(alice, "Work")
    assert uses(alice) == {"Home": "Used first for delivery and bills", "Work": ""}


def test_a_use_moves_to_the_address_that_asks_for_it(alice: User) -> None:
    keep(alice, "Home")
    keep(alice, "Work", bills=True)
    assert uses(alice) == {"Home": "Used first for delivery", "Work": "Used first for bills"}


def test_a_use_is_moved_but_never_taken_off(alice: User) -> None:
    home = keep(alice, "Home")
    addresses.save(user=alice, fields={"city": "York"}, address=home)
    assert uses(alice) == {"Home": "Used first for delivery and bills"}
    assert alice.addresses.get().city == "York"


def test_removing_hands_its_uses_to_the_newest_other(alice: User) -> None:
    home = keep(alice, "Home")
    keep(alice, "Work", bills=True)
    keep(alice, "Mum")
    addresses.remove(home)
    assert uses(alice) == {"Work": "Used first for bills", "Mum": "Used first for delivery"}


def test_an_account_keeps_twenty(alice: User) -> None:
    for _ in range(addresses.MOST):
        keep(alice)
    with pytest.raises(addresses.TooManyAddresses):
        keep(alice)
    assert alice.addresses.count() == addresses.MOST


def test_the_form_saves_what_was_typed_as_the_country_writes_it(client: Client, alice: User) -> None:
    answer = post(client, "/account/addresses/add/")
    assert (answer.status_code, answer["Location"]) == (303, "/account/addresses/")
    saved = alice.addresses.get()
    assert (saved.label, saved.full_name, saved.city, saved.postcode) == ("Home", "Alice Adeyemi", "Leeds", "LS1 2AB")
    assert "1 High Street" in client.get("/account/addresses/").content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Enter your full name."),
        ({"postcode": "nonsense"}, "Check it"),
        ({"country": "XX"}, "We do not deliver there."),
        ({"label": "x" * 41}, "Shorten this"),
        ({"city": "a\0b"}, "broken character"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(
    client: Client, alice: User, changes: dict[str, str], words: str
) -> None:
    answer = post(client, "/account/addresses/add/", **changes)
    page = answer.content.decode()
    assert answer.status_code == 200 and words in page and "<title>Problem: " in page
    assert not alice.addresses.exists()


def test_update_redraws_the_form_for_the_country_and_keeps_what_was_typed(client: Client, alice: User) -> None:
    page = post(client, "/account/addresses/add/", country="FR", update="1").content.decode()
    assert '<option value="FR" selected>' in page and 'value="Alice Adeyemi"' in page
    assert not alice.addresses.exists()


def test_the_form_of_a_saved_one_shows_and_changes_it(client: Client, alice: User) -> None:
    home = keep(alice, "Home")
    address = f"/account/addresses/{home.pk}/"
    assert 'value="1 High Street"' in client.get(address).content.decode()
    assert post(client, address, city="York", label="Old home").status_code == 303
    assert list(alice.addresses.values_list("label", "city")) == [("Old home", "York")]


def test_removing_asks_first(client: Client, alice: User) -> None:
    address = f"/account/addresses/{keep(alice).pk}/remove/"
    assert "Remove this address?" in client.get(address).content.decode()
    assert alice.addresses.count() == 1
    assert client.post(address)["Location"] == "/account/addresses/"
    assert not alice.addresses.exists()


@pytest.mark.parametrize("page", ["", "remove/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_customer_s_address_is_not_found(client: Client, alice: User, page: str, method: str) -> None:
    theirs = keep(make_user("bob@example.org"))
    answer = getattr(client, method)(f"/account/addresses/{theirs.pk}/{page}", TYPED)
    assert answer.status_code == 404
    assert Address.objects.get().city == "Leeds" and not alice.addresses.exists()


def test_a_posted_owner_or_key_is_not_taken(client: Client, alice: User) -> None:
    bob = make_user("bob@example.org")
    theirs = keep(bob, "Bob's")
    post(client, "/account/addresses/add/", user=str(bob.pk), pk=str(theirs.pk), id=str(theirs.pk), city="York")
    assert uses(bob) == {"Bob's": "Used first for delivery and bills"}
    assert alice.addresses.get().city == "York"


def test_forms_need_their_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    home = keep(alice)
    for address in ("/account/addresses/add/", f"/account/addresses/{home.pk}/remove/", "/account/details/"):
        assert post(client, address).status_code == 403
    assert alice.addresses.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_tabs_at_once_make_one_default_of_each_kind() -> None:
    alice = make_user()
    assert in_parallel(lambda: keep(alice, delivery=True, bills=True), 8) == []
    assert alice.addresses.count() == 8
    assert alice.addresses.filter(default_delivery=True).count() == 1
    assert alice.addresses.filter(default_billing=True).count() == 1
