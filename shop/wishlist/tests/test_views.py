"""Wish lists over HTTP: of guests and of customers, with and without a script."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.catalog import listings
from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.tests.builders import make_colour, make_product, make_size, make_user, make_variant
from shop.warehouse.models import StockLevel
from shop.wishlist import services
from shop.wishlist.models import WishItem, WishList

pytestmark = pytest.mark.django_db
HERE = {"Origin": "http://testserver"}
SCRIPT = {**HERE, "X-Part": "wish"}


@pytest.fixture
def shirt() -> ProductVariant:
    variant = make_variant(make_product("Quarry Linen Shirt"), price=7800)
    make_variant(variant.product, size=make_size("L"), price=8200)
    listings.refresh([variant.product_id])
    return variant


def piece(variant: ProductVariant) -> str:
    return f"{variant.product_id}:{variant.colour.slug}"


def save(client: Client, variant: ProductVariant, headers: dict[str, str] = HERE, **more: Any) -> Any:
    return client.post("/wishlist/add/", {"piece": piece(variant), **more}, headers=headers)


def saved() -> list[tuple[int, int | None]]:
    return list(WishItem.objects.order_by("pk").values_list("product_id", "variant_id"))


def test_a_guest_saves_from_a_card_and_finds_it_on_the_list(client: Client, shirt: ProductVariant) -> None:
    response = save(client, shirt)
    item = WishItem.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"/wishlist/?saved={item.pk}")
    page = client.get(response["Location"])
    text = page.content.decode()
    assert "Quarry Linen Shirt in sky is saved." in text and "from £78" in text
    assert "This list is kept in this browser." in text
    assert page["Cache-Control"] == "private, no-store"
    assert "Quarry" not in Client().get("/wishlist/").content.decode()


def test_the_product_page_saves_the_size_that_is_chosen(client: Client, shirt: ProductVariant) -> None:
    fields = {"product": shirt.product_id, "colour": "sky", "size": "M"}
    client.post("/wishlist/add/", fields, headers=HERE)
    assert saved() == [(shirt.product_id, shirt.pk)]
    text = client.get("/wishlist/").content.decode()
    assert f'<option value="{shirt.pk}" selected>M</option>' in text and "from £" not in text


@pytest.mark.parametrize("address", ["/", "/shop/", "product"])
def test_public_pages_have_the_button_and_say_nothing_of_a_list(
    client: Client, shirt: ProductVariant, address: str
) -> None:
    address = shirt.product.get_absolute_url() if address == "product" else address
    before = Client().get(address).content
    save(client, shirt)
    after = client.get(address)
    assert after.content == before
    assert b"data-wish" in after.content or address == "/"
    assert not after.cookies


def test_a_script_saves_and_takes_off_and_me_tells_which_hearts_are_full(client: Client, shirt: ProductVariant) -> None:
    assert "saved" not in client.get("/me/").json()
    assert save(client, shirt, SCRIPT).json() == {"saved": True}
    assert client.get("/me/").json()["saved"] == [piece(shirt)]
    assert save(client, shirt, SCRIPT, remove="1").json() == {"saved": False}
    assert "saved" not in client.get("/me/").json()
    assert save(client, shirt, SCRIPT, remove="1").json() == {"saved": False}


def test_saving_again_changes_nothing_and_a_size_that_is_named_later_is_noted(
    client: Client, shirt: ProductVariant
) -> None:
    save(client, shirt)
    save(client, shirt)
    assert saved() == [(shirt.product_id, None)]
    client.post("/wishlist/add/", {"product": shirt.product_id, "colour": "sky", "size": "M"}, headers=HERE)
    save(client, shirt)
    assert saved() == [(shirt.product_id, shirt.pk)]


def test_a_customer_has_the_list_in_every_browser_and_no_cookie_of_it(client: Client, shirt: ProductVariant) -> None:
    alice, elsewhere = make_user(), Client()
    client.force_login(alice)
    elsewhere.force_login(alice)
    response = save(client, shirt)
    assert response["Location"].startswith("/account/wishlist/?saved=")
    assert "wish" not in client.cookies
    assert elsewhere.get("/wishlist/")["Location"] == "/account/wishlist/"
    assert "Quarry Linen Shirt" in elsewhere.get("/account/wishlist/").content.decode()
    assert Client().get("/account/wishlist/")["Location"] == "/wishlist/"
    for name in [name for name in client.cookies if name.endswith("sessionid")]:
        del client.cookies[name]
    assert "Quarry" not in client.get("/wishlist/").content.decode()


def test_the_key_of_a_customers_list_opens_nothing(client: Client, shirt: ProductVariant) -> None:
    save(client, shirt)
    WishList.objects.update(user=make_user())
    assert "Quarry" not in client.get("/wishlist/").content.decode()
    save(client, shirt)
    assert WishList.objects.count() == 2


def test_a_line_is_taken_off_by_its_owner_alone(client: Client, shirt: ProductVariant) -> None:
    save(client, shirt)
    item = WishItem.objects.get()
    stranger = Client()
    save(stranger, make_variant(make_product("Coat")))
    for somebody in (stranger, Client()):
        assert somebody.post("/wishlist/remove/", {"item": item.pk})["Location"] == "/wishlist/"
    assert WishItem.objects.filter(pk=item.pk).exists()
    assert client.post("/wishlist/remove/", {"item": item.pk})["Location"] == "/wishlist/"
    assert not WishItem.objects.filter(pk=item.pk).exists()
    assert "Nothing saved yet" in client.get("/wishlist/").content.decode()


def test_taking_off_needs_djangos_token_and_saving_needs_our_own_page(shirt: ProductVariant) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/wishlist/remove/", {"item": 1}).status_code == 403
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert save(strict, shirt, headers).status_code == 403
    assert not WishItem.objects.exists()
    assert save(strict, shirt).status_code == 303


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"piece": "x"},
        {"piece": "0:sky"},
        {"piece": "1:sky'"},
        {"piece": "9" * 40 + ":sky"},
        {"product": "1"},
        {"product": "-1", "colour": "sky"},
        {"product": "1", "colour": "s" * 61},
        {"product": "1", "colour": "a\0b"},
    ],
)
def test_nonsense_is_refused_with_a_reason(client: Client, fields: dict[str, str]) -> None:
    response = client.post("/wishlist/add/", fields, headers=HERE)
    assert (response.status_code, WishList.objects.count()) == (400, 0)
    assert len(response.content.decode().strip()) > 5


def test_what_is_not_sold_cannot_be_saved(client: Client, shirt: ProductVariant) -> None:
    assert client.post("/wishlist/add/", {"piece": f"{shirt.product_id}:rust"}, headers=HERE).status_code == 404
    shirt.product.published_at = None
    shirt.product.save()
    assert save(client, shirt).status_code == 404
    assert not WishList.objects.exists()


def test_what_was_sold_out_or_is_no_longer_sold_says_so_and_offers_no_button(
    client: Client, shirt: ProductVariant
) -> None:
    save(client, shirt)
    assert "Add to bag" in client.get("/wishlist/").content.decode()
    StockLevel.objects.update(on_hand=0)
    text = client.get("/wishlist/").content.decode()
    assert "Sold out" in text and "Add to bag" not in text
    shirt.product.published_at = None
    shirt.product.save()
    text = client.get("/wishlist/").content.decode()
    assert "No longer sold" in text and "Add to bag" not in text and "Remove Quarry Linen Shirt, Sky" in text


def test_a_full_list_says_so(client: Client, shirt: ProductVariant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_ITEMS", 1)
    save(client, shirt)
    coat = make_variant(make_product("Coat"))
    assert save(client, coat)["Location"] == "/wishlist/?full=1"
    assert "Your wish list takes 1 pieces" in client.get("/wishlist/?full=1").content.decode()
    assert save(client, coat, SCRIPT).status_code == 409
    assert saved() == [(shirt.product_id, None)]


def test_the_page_takes_as_many_queries_for_thirty_pieces_as_for_two(client: Client) -> None:
    counts = []
    for number in range(30):
        variant = make_variant(make_product(f"Piece {number}"), colour=make_colour("Sky" if number % 2 else "Rust"))
        save(client, variant)
        if number in (1, 29):
            client.get("/wishlist/")
            with CaptureQueriesContext(connection) as captured:
                client.get("/wishlist/")
            counts.append(len(captured))
    assert counts == [7, 7]


def test_only_guests_lists_are_forgotten_and_only_after_their_time() -> None:
    now = clock.now()
    own, fresh, old = services.list_for(make_user()), services.new_guest_list(), services.new_guest_list()
    WishList.objects.filter(pk=old.pk).update(expires_at=now)
    assert services.purge() == 1
    assert set(WishList.objects.all()) == {own, fresh}
