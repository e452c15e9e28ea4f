"""Buying an order again."""

import pytest
from django.test import Client

from shop.cart.stores import StoredLine, store
from shop.catalog.models import ProductVariant
from shop.checkout.again import buy_again
from shop.orders.models import Order
from shop.tests.builders import make_order, make_product, make_size, make_user, make_variant
from shop.warehouse.models import StockLevel

pytestmark = pytest.mark.django_db


@pytest.fixture
def pieces() -> list[ProductVariant]:
    return [make_variant(make_product(name)) for name in ("Shirt", "Coat", "Scarf")]


def bag(key: str) -> list[tuple[int, int]]:
    stored = store().load(key)
    return [(line.variant_id, line.quantity) for line in stored.lines] if stored else []


def test_what_is_still_sold_goes_into_the_bag_and_the_rest_is_told(pieces: list[ProductVariant]) -> None:
    shirt, coat, scarf = pieces
    order = make_order(*pieces, quantity=2)
    StockLevel.objects.filter(variant=coat).update(on_hand=1)
    ProductVariant.objects.filter(pk=scarf.pk).update(is_active=False)
    again = buy_again(order, "k")
    assert bag("k") == [(shirt.pk, 2), (coat.pk, 1)]
    assert (again.put, again.told) == (
        2,
        [
            "Coat in sky, M: fewer than you had then could go into your bag.",
            "Scarf in sky, M: we no longer sell it, so it is not in your bag.",
        ],
    )


def test_what_is_sold_out_or_has_no_room_stays_out(
    pieces: list[ProductVariant], monkeypatch: pytest.MonkeyPatch
) -> None:
    shirt, coat, _ = pieces
    StockLevel.objects.filter(variant=coat).update(on_hand=0)
    monkeypatch.setattr("shop.cart.services.MAX_LINES", 1)
    again = buy_again(make_order(*pieces), "k")
    assert (bag("k"), again.put) == ([(shirt.pk, 1)], 1)
    assert [words.split(": ")[1].split(",")[0] for words in again.told] == [
        "sold out",
        "your bag takes no more different pieces",
    ]


def test_a_piece_that_was_deleted_since_is_told_by_its_name_then() -> None:
    variant = make_variant(make_product("Shirt"), size=make_size("L"), stock=0)
    order = make_order(variant)
    order.lines.update(variant=None)
    assert buy_again(order, "k").told == ["Shirt in sky, L: we no longer sell it, so it is not in your bag."]


def test_a_customer_buys_again_into_their_own_bag_beside_what_is_there(
    client: Client, pieces: list[ProductVariant]
) -> None:
    alice = make_user()
    store().add(alice.cart_key, StoredLine(pieces[0].pk, 1, 7800))
    order = make_order(*pieces[:2])
    Order.objects.filter(pk=order.pk).update(user=alice)
    client.force_login(alice)
    response = client.post(f"/account/orders/{order.number}/again/")
    assert (response.status_code, response["Location"]) == (303, "/cart/")
    assert bag(alice.cart_key) == [(pieces[0].pk, 2), (pieces[1].pk, 1)]
    assert "What you had in that order is in your bag" in client.get("/cart/").content.decode()


def test_anothers_order_is_not_bought_again(client: Client, pieces: list[ProductVariant]) -> None:
    order = make_order(*pieces)
    address = f"/account/orders/{order.number}/again/"
    assert client.post(address)["Location"].startswith("/account/login/")
    bob = make_user("bob@example.org")
    client.force_login(bob)
    assert client.post(address).status_code == 404
    assert client.get(address).status_code == 405
    assert bag(bob.cart_key) == []
