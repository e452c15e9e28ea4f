"""What a guest gathered becomes theirs when they sign in, and nobody else's."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client, RequestFactory

from shop.accounts.models import User
from shop.cart import merging
from shop.cart.models import CartLine
from shop.cart.stores import StoredLine, store
from shop.catalog.models import ProductVariant
from shop.checkout.sync import sync
from shop.checkout.tests.form_builders import HERE, PAID, hidden, put, submit
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of
from shop.checkout.welcome import farewell, take_bag, welcome
from shop.events.relay import relay
from shop.orders.models import Order
from shop.tests.builders import make_product, make_rate, make_user, make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse.models import StockLevel
from shop.wishlist import cookies as wish_cookies
from shop.wishlist import services as wishes
from shop.wishlist.models import WishItem, WishList

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fake")]


@pytest.fixture
def shirt() -> ProductVariant:
    make_rate("standard", 395, None)
    return make_variant(make_product("Quarry Linen Shirt"), stock=10, price=7800)


def sign_in(client: Client, user: User) -> list[str]:
    """As the sign-in page does it, with the cookies of that browser."""
    request = RequestFactory().post("/account/login/")
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items() if morsel.value}
    response = HttpResponse()
    told = welcome(request, response, user)
    client.cookies.update(response.cookies)
    client.force_login(user)
    return told


def session_ends(client: Client) -> None:
    for name in [name for name in client.cookies if name.endswith("sessionid")]:
        del client.cookies[name]


def sign_out(client: Client) -> None:
    response = HttpResponse()
    farewell(response)
    client.cookies.update(response.cookies)
    session_ends(client)


def in_bag(client: Client) -> int:
    return int(client.get("/me/").json()["bag"])


def bag_key(client: Client) -> str:
    return client.cookies["bag"].value.rsplit(":", 2)[0]


def line_of(variant: ProductVariant) -> StoredLine:
    return StoredLine(variant.pk, 1, variant.price)


def failing(*args: object) -> None:
    raise DatabaseError("the connection went away")


def test_a_guests_bag_becomes_the_accounts_and_is_found_in_another_browser(
    client: Client, shirt: ProductVariant
) -> None:
    alice = make_user()
    put(client, shirt, 2)
    assert sign_in(client, alice) == []
    elsewhere = Client()
    sign_in(elsewhere, alice)
    assert (in_bag(client), in_bag(elsewhere)) == (2, 2)
    assert bag_key(client) == bag_key(elsewhere) == "account"


def test_both_bags_are_summed_and_the_customer_is_told(client: Client, shirt: ProductVariant) -> None:
    alice, elsewhere, third = make_user(), Client(), Client()
    sign_in(elsewhere, alice)
    put(elsewhere, shirt, 6)
    put(client, shirt, 6)
    assert sign_in(client, alice) == [
        merging.JOINED,
        "Quarry Linen Shirt in M: your bag has 9 instead of 12, as at most 9 are sold at once.",
    ]
    assert (in_bag(client), CartLine.objects.count()) == (9, 1)
    StockLevel.objects.update(on_hand=3)
    put(third, shirt, 2)
    told = sign_in(third, alice)
    assert told[1] == "Quarry Linen Shirt in M: your bag has 3 instead of 11, as that is all there is."


def test_signing_in_again_adds_nothing_more(client: Client, shirt: ProductVariant) -> None:
    alice = make_user()
    put(client, shirt)
    old = client.cookies["bag"].value
    sign_in(client, alice)
    for _ in range(2):
        client.cookies["bag"] = old
        assert sign_in(client, alice) == []
    assert in_bag(client) == 1


@pytest.mark.parametrize("end", [session_ends, sign_out], ids=["the session ended", "signed out"])
def test_at_a_shared_computer_nobody_after_them_has_the_customers_bag(
    client: Client, shirt: ProductVariant, end: Callable[[Client], None]
) -> None:
    alice, bob = make_user(), make_user("bob@example.org")
    sign_in(client, alice)
    put(client, shirt, 2)
    end(client)
    assert in_bag(client) == 0
    page = client.get("/cart/").content.decode()
    assert "Quarry" not in page
    assert ("is kept with your account" in page) == (end is session_ends)
    assert client.get("/checkout/")["Location"] == "/cart/"
    assert sign_in(client, bob) == []
    assert in_bag(client) == 0
    end(client)
    sign_in(client, alice)
    assert in_bag(client) == 2


def test_what_a_guest_puts_in_after_a_customers_session_ended_is_a_bag_of_its_own(
    client: Client, shirt: ProductVariant
) -> None:
    alice, bob = make_user(), make_user("bob@example.org")
    sign_in(client, alice)
    put(client, shirt, 2)
    session_ends(client)
    put(client, shirt, 1)
    assert in_bag(client) == 1
    sign_in(client, bob)
    assert in_bag(client) == 1
    kept = store().load(alice.cart_key)
    assert kept and kept.count == 2


def test_a_sign_in_during_the_checkout_orders_nothing_and_says_so(client: Client, shirt: ProductVariant) -> None:
    put(client, shirt)
    shown = hidden(client)
    sign_in(client, make_user())
    assert submit(client, shown)["Location"] == "/cart/?changed=bag"
    assert not Order.objects.exists()
    assert submit(client).status_code == 303
    assert Order.objects.get().user == User.objects.get()


def test_an_unpaid_order_placed_as_a_guest_gives_its_stock_to_the_one_that_is_placed_signed_in(
    client: Client, shirt: ProductVariant
) -> None:
    StockLevel.objects.update(on_hand=2)
    put(client, shirt, 2)
    submit(client)
    first = Order.objects.get()
    assert sign_in(client, make_user()) == []
    page = client.get("/cart/").content.decode()
    assert f"Order {first.number}, placed from this bag, is not paid yet" in page
    assert "Sold out in size M" not in page
    submit(client)
    assert [order.state for order in Order.objects.order_by("pk")] == ["cancelled", "pending"]
    assert StockLevel.objects.get().reserved == 2


def test_an_order_placed_as_a_guest_and_paid_after_the_sign_in_empties_the_accounts_bag(
    client: Client, shirt: ProductVariant, fake: FakeProvider
) -> None:
    put(client, shirt, 2)
    submit(client)
    order = Order.objects.get()
    sign_in(client, make_user())
    fake.says(attempt_of(order), **PAID)
    sync(attempt_of(order).pk)
    client.get(order.get_absolute_url())
    assert in_bag(client) == 0
    put(client, shirt)
    relay()
    client.get(order.get_absolute_url())
    assert in_bag(client) == 1


def test_a_trouble_with_the_bag_keeps_nobody_out_and_it_is_taken_in_at_the_next_look(
    client: Client, shirt: ProductVariant, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = make_user()
    store().add(alice.cart_key, line_of(shirt))
    put(client, shirt, 2)
    with monkeypatch.context() as broken:
        broken.setattr(merging, "merge", failing)
        assert sign_in(client, alice) == []
    assert bag_key(client) != "account"
    said = merging.JOINED.replace("'", "&#x27;")
    assert said in client.get("/cart/").content.decode()
    assert (in_bag(client), bag_key(client)) == (3, "account")
    assert said not in client.get("/cart/").content.decode()


def test_what_has_no_room_in_the_bag_is_on_the_wish_list(
    client: Client, shirt: ProductVariant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.cart.stores.MAX_LINES", 1)
    alice, coat = make_user(), make_variant(make_product("Coat"))
    store().add(alice.cart_key, line_of(coat))
    put(client, shirt, 2)
    told = sign_in(client, alice)
    assert told[-1].endswith("so these are on your wish list now: Quarry Linen Shirt in M.")
    assert in_bag(client) == 1
    assert WishItem.objects.get(wish_list__user=alice).variant == shirt


def test_of_people_signing_in_at_once_one_gets_the_bag(client: Client, shirt: ProductVariant) -> None:
    put(client, shirt, 3)
    key = bag_key(client)
    people = [make_user(f"{name}@example.org") for name in ("alice", "bob", "carol")]
    turns = iter(people * 2)
    assert in_parallel(lambda: take_bag(key, next(turns)), 6) == []
    bags = [store().load(person.cart_key) for person in people]
    assert sorted(bag.count if bag else 0 for bag in bags) == [0, 0, 3]
    assert CartLine.objects.count() == 1


def test_a_guests_wish_list_joins_the_customers_once(client: Client, shirt: ProductVariant) -> None:
    alice, coat = make_user(), make_variant(make_product("Coat"))
    own, guests = wishes.list_for(alice), wishes.new_guest_list()
    wishes.save(own, shirt.product_id, shirt.colour_id)
    wishes.save(guests, shirt.product_id, shirt.colour_id, shirt.pk)
    wishes.save(guests, coat.product_id, coat.colour_id)
    response = HttpResponse()
    wish_cookies.remember(RequestFactory().get("/"), response, guests)
    client.cookies.update(response.cookies)
    assert sign_in(client, alice) == ["1 saved piece has joined your wish list."]
    items = {item.product_id: item.variant for item in own.items.select_related("variant")}
    assert items == {shirt.product_id: shirt, coat.product_id: None}
    assert WishList.objects.count() == 1
    client.cookies.update(response.cookies)
    assert sign_in(client, make_user("bob@example.org")) == []
    assert WishItem.objects.filter(wish_list__user=alice).count() == 2


def test_who_still_holds_a_bag_that_was_taken_in_begins_a_new_one(client: Client, shirt: ProductVariant) -> None:
    put(client, shirt)
    late = Client()
    late.cookies["bag"] = client.cookies["bag"].value
    sign_in(client, make_user())
    assert in_bag(late) == 0
    assert late.post("/cart/add/", {"variant": shirt.pk}, headers=HERE)["Location"] == "/cart/"
    assert (in_bag(late), in_bag(client)) == (1, 1)
