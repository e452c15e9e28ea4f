"""Delivery days of a bag with pieces that are sold before they are here: no day that these cannot keep."""

import re

import pytest
from django.test import Client

from shop.cart import services as cart
from shop.cart.stores import StoredCart, StoredLine, store
from shop.checkout.quote import quote
from shop.checkout.services import place_order, shown
from shop.core.numbers import secret_key
from shop.orders import services as orders
from shop.orders.models import Order
from shop.tests.builders import make_location, make_rate, make_recipient, make_variant

pytestmark = pytest.mark.django_db


def bag_of(*stocks: int) -> StoredCart:
    """A bag with one unit of a variant for each of these stocks; all are sold ahead."""
    make_rate()
    make_location()
    key = secret_key()
    for units in stocks:
        variant = make_variant(stock=units, sold_ahead=5)
        store().add(key, StoredLine(variant.pk, 1, variant.price))
    found = store().load(key)
    assert found
    return found


def placed(stored: StoredCart) -> Order:
    seen = shown(quote(cart.price(stored), "GB"))
    order = place_order(
        stored=stored, placement_key=stored.placement_key, recipient=make_recipient(), method="standard", seen=seen
    )
    orders.move(order, Order.State.PAID, reason="payment received")
    return order


def page(client: Client, order: Order) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(order.get_absolute_url()).content.decode()).split())


def test_days_are_those_of_what_is_here() -> None:
    offers = [quote(cart.price(bag_of(*stocks)), "GB").choices[0].offer for stocks in [(3, 3), (3, 0), (0,)]]
    assert [offer.later for offer in offers] == ["", "rest", "all"]
    assert offers[1].when == f"{offers[0].when}, the rest later"
    assert (offers[2].when, offers[2].days) == ("Once it has come in", "once it has come in")


def test_an_order_of_pieces_to_come_has_no_days(client: Client) -> None:
    order = placed(bag_of(0))
    assert (order.delivery_from, order.delivery_until) == (None, None)
    text = page(client, order)
    assert "As soon as it has come in, by hand" in text
    assert "next working day" not in text and "Arriving" not in text


def test_the_buyer_of_both_reads_of_the_rest(client: Client) -> None:
    order = placed(bag_of(3, 0))
    assert order.delivery_until is not None
    text = page(client, order)
    assert "What is here on the next working day, the rest once it has come in" in text
    assert text.count(", the rest later") == 2
