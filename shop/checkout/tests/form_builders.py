"""The checkout's form as somebody fills it in who buys one shirt."""

import re
from typing import Any

from django.test import Client

from shop.cart.models import CartLine
from shop.catalog.models import ProductVariant

HERE = {"Origin": "http://testserver"}
PAID = {"status": "complete", "payment_status": "paid", "intent_id": "pi_1", "intent_status": "succeeded"}
SAM = {
    "email": "sam@example.com",
    "name": "Sam Okafor",
    "country": "GB",
    "address": "14 Navarino Road",
    "address2": "",
    "city": "London",
    "postcode": "e83pn",
    "phone": "",
    "method": "standard",
}


def put(client: Client, variant: ProductVariant, quantity: int = 1) -> None:
    client.post("/cart/add/", {"variant": variant.pk, "quantity": quantity}, headers=HERE)


def hidden(client: Client) -> dict[str, str]:
    """The hidden fields of the form as shown now."""
    page = client.get("/checkout/")
    assert page.status_code == 200, page["Location"]
    return fields(page.content.decode())


def fields(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(placement_key|seen)" value="([^"]*)"', page)
    return {name: value.replace("&amp;", "&") for name, value in found}


def submit(client: Client, shown: dict[str, str] | None = None, /, **changes: Any) -> Any:
    return client.post("/checkout/", {**SAM, **(shown or hidden(client)), **changes})


def bag() -> list[int]:
    return list(CartLine.objects.values_list("quantity", flat=True))
