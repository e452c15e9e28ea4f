"""The bag with nothing in it: where to go from there."""

import pytest
from django.test import Client

from shop.cart.tests.view_builders import DRAWER, add, sizes
from shop.catalog import listings
from shop.tests.builders import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db

ELSEWHERE = "Signed in before? Your saved bag is in your account."


def test_the_empty_bag_offers_where_to_go(client: Client) -> None:
    m = make_variant(make_product("Harbour Stitch Crew", slug="harbour"))
    listings.refresh([m.product_id])
    page = client.get("/cart/").content.decode()
    assert "Nothing in it yet. Start with something you will wear every week." in page
    assert '<a href="/product/harbour/">Harbour Stitch Crew</a>' in page
    assert '<p class="price">£78</p>' in page


@pytest.mark.parametrize("headers", [{}, DRAWER])
def test_a_guest_with_an_empty_bag_is_told_that_another_may_be_in_their_account(
    client: Client, headers: dict[str, str]
) -> None:
    page = client.get("/cart/", headers=headers).content.decode()
    assert ELSEWHERE in page and '<a href="/account/login/?next=/cart/">Sign in to see it</a>' in page


def test_whoever_is_signed_in_or_has_something_in_the_bag_is_not_told_of_another(client: Client) -> None:
    customer = Client()
    customer.force_login(make_user())
    add(client, sizes("M")[0])
    assert ELSEWHERE not in client.get("/cart/").content.decode()
    assert ELSEWHERE not in customer.get("/cart/").content.decode()


def test_after_a_session_has_ended_only_the_surer_words_are_shown(client: Client) -> None:
    client.force_login(make_user())
    add(client, sizes("M")[0])
    for name in [name for name in client.cookies if name.endswith("sessionid")]:
        del client.cookies[name]
    page = client.get("/cart/").content.decode()
    assert "is kept with your account" in page and ELSEWHERE not in page
