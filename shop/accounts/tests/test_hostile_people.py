"""Another customer's things, asked for by somebody who knows their numbers: not found, and nothing changed."""

from typing import Any

import pytest
from django.test import Client

from shop.accounts import addresses
from shop.accounts.models import User
from shop.accounts.tests.everything import everything
from shop.accounts.tests.test_addresses import TYPED
from shop.accounts.tests.test_home import invoice_of, order_of
from shop.accounts.tests.test_pages import NEW
from shop.core import clock
from shop.orders.joining import join_orders
from shop.orders.models import Order
from shop.tests.builders import make_order, make_rate, make_user, make_variant
from shop.wishlist.models import WishItem, WishList

pytestmark = pytest.mark.django_db
HERE = {"Origin": "http://testserver"}


@pytest.fixture
def mallory(client: Client) -> User:
    """Who is signed in, with an order, an invoice, an address and a wish of their own."""
    make_rate()
    user = make_user("mallory@example.org")
    with_everything(user)
    client.force_login(user)
    return user


@pytest.fixture
def theirs(mallory: User) -> dict[str, Any]:
    """What the addresses of another customer's things are made of."""
    return with_everything(make_user("alice@example.org", full_name="Alice Secret"))


def with_everything(user: User) -> dict[str, Any]:
    order = order_of(user)
    place = {"full_name": user.full_name, "country": "GB", "address": "7 Hidden Lane", "city": "Leeds"}
    saved = addresses.save(user=user, fields=place)
    variant = make_variant()
    wish = WishItem.objects.create(
        wish_list=WishList.objects.create(user=user), product=variant.product, colour=variant.colour
    )
    return {"order": order.number, "paper": invoice_of(order).number, "address": saved.pk, "wish": wish.pk}


@pytest.mark.parametrize("method", ["get", "head", "post", "put", "delete"])
@pytest.mark.parametrize(
    "path",
    [
        "orders/{order}/",
        "orders/{order}/documents/{paper}/",
        "orders/{order}/again/",
        "addresses/{address}/",
        "addresses/{address}/remove/",
    ],
)
def test_what_is_another_customers_is_not_found(client: Client, theirs: dict[str, Any], path: str, method: str) -> None:
    before = everything()
    answer = getattr(client, method)(f"/account/{path.format(**theirs)}")
    assert answer.status_code in (404, 405) and b"Hidden Lane" not in answer.content
    if method == "post" and path.startswith("addresses"):
        assert answer.status_code == 404
    assert everything() == before


@pytest.mark.parametrize("use", ["default_delivery", "default_billing"])
def test_another_customers_address_is_made_nobodys_default(
    client: Client, mallory: User, theirs: dict[str, Any], use: str
) -> None:
    before = everything()
    answer = client.post(f"/account/addresses/{theirs['address']}/", {**TYPED, use: "on", "user": str(mallory.pk)})
    assert answer.status_code == 404 and everything() == before


@pytest.mark.parametrize(
    "page", ["/checkout/?address={address}", "/account/addresses/add/?address={address}&pk={address}"]
)
def test_another_customers_address_is_filled_in_nowhere(client: Client, theirs: dict[str, Any], page: str) -> None:
    assert "Alice Secret" not in client.get(page.format(**theirs), follow=True).content.decode()


@pytest.mark.parametrize("file", ["export.json", "export.csv"])
@pytest.mark.parametrize("asked", ["user=1", "user_id={pk}", "pk={pk}&id={pk}", "email=alice@example.org"])
def test_an_export_is_of_whoever_is_signed_in(client: Client, theirs: dict[str, Any], file: str, asked: str) -> None:
    pk = User.objects.get(email="alice@example.org").pk
    plain = client.get(f"/account/data/{file}")
    other = client.get(f"/account/data/{file}?{asked.format(pk=pk)}")
    assert other.status_code == 200 and other["Content-Disposition"] == plain["Content-Disposition"]
    assert b"Alice Secret" not in other.content and theirs["order"].encode() not in other.content


def test_another_customers_wish_stays_on_their_list(client: Client, theirs: dict[str, Any]) -> None:
    before = everything()
    assert client.post("/wishlist/remove/", {"item": theirs["wish"]}, headers=HERE).status_code == 303
    assert everything() == before


def test_the_key_of_a_customers_wish_list_opens_it_to_no_guest(theirs: dict[str, Any]) -> None:
    guest = Client()
    for name in ("wish", "bag"):
        guest.cookies[name] = "forged:1:signature"
    before = everything()
    assert guest.post("/wishlist/remove/", {"item": theirs["wish"]}, headers=HERE).status_code == 303
    assert guest.get("/cart/").status_code == guest.get("/wishlist/").status_code == 200
    assert everything() == before


@pytest.mark.parametrize("form", ["account", "pay", "cancel"])
@pytest.mark.parametrize("key", ["0" * 43, "x", "of another order"])
def test_an_order_number_alone_opens_and_moves_nothing(
    client: Client, theirs: dict[str, Any], form: str, key: str
) -> None:
    other = make_order(make_variant(), email="mallory@example.org").key
    key = other if key == "of another order" else key
    before = everything()
    path = f"/orders/{theirs['order']}/{key}/"
    assert client.get(path).status_code == 404 == client.post(f"{path}{form}/", {"password": NEW}).status_code
    assert everything() == before


@pytest.mark.parametrize("claims", [{"email_confirmed_at": None}, {"pending_email": "guest@example.org"}])
def test_an_email_that_is_not_confirmed_brings_no_orders_along(claims: dict[str, Any]) -> None:
    """Whoever only says that an e-mail is theirs must not read its orders."""
    order = make_order(make_variant(), email="guest@example.org")
    email = "mallory@example.org" if "pending_email" in claims else "guest@example.org"
    user = make_user(email, **{"email_confirmed_at": clock.now(), **claims})
    assert join_orders(user) == 0
    assert Order.objects.get(pk=order.pk).user is None
