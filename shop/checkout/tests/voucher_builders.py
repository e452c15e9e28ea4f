"""Bags with a voucher's code, as the services and as the browser have them."""

import re
from typing import Any

from django.test import Client

from shop.cart import services as cart
from shop.cart.stores import StoredCart, StoredLine, store
from shop.catalog.models import ProductVariant
from shop.checkout.quote import Quote, quote
from shop.checkout.services import Shown, place_order, shown
from shop.core.numbers import secret_key
from shop.orders.models import Order
from shop.tests.builders import make_recipient, make_variant

HERE = {"Origin": "http://testserver"}


def fill(*variants: ProductVariant, code: str = "", quantity: int = 1) -> StoredCart:
    key = secret_key()
    for variant in variants or [make_variant(price=10_000)]:
        store().add(key, StoredLine(variant.pk, quantity, variant.price))
    store().set_code(key, code)
    found = store().load(key)
    assert found
    return found


def quoted(stored: StoredCart, **options: Any) -> Quote:
    return quote(cart.price(stored), "GB", **options)


def place(stored: StoredCart, seen: Shown | None = None, email: str = "sam@example.com") -> Order:
    return place_order(
        stored=stored,
        placement_key=stored.placement_key,
        recipient=make_recipient(email=email),
        method="standard",
        seen=seen or shown(quoted(stored)),
    )


def visitor(variant: ProductVariant | None = None, quantity: int = 1) -> Client:
    client = Client()
    variant = variant or make_variant(price=10_000)
    client.post("/cart/add/", {"variant": variant.pk, "quantity": quantity}, headers=HERE)
    return client


def words(page: Any) -> str:
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def checkout_form(client: Client, **changes: str) -> dict[str, str]:
    page = client.get("/checkout/").content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(placement_key|seen)" value="([^"]*)"', page))
    hidden["seen"] = hidden["seen"].replace("&amp;", "&")
    person = {"email": "sam@example.com", "name": "Sam Okafor", "country": "GB", "address": "14 Navarino Road"}
    return {**hidden, **person, "city": "London", "postcode": "E8 3PN", "method": "standard", **changes}
