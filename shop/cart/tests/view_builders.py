"""A bag over HTTP: what goes in, and what is seen."""

import re

from django.test import Client

from shop.cart.models import CartLine
from shop.catalog.models import ProductVariant
from shop.tests.builders import make_product, make_size, make_variant

HERE = {"Origin": "http://testserver"}
DRAWER = {"X-Part": "drawer"}


def add(client: Client, variant: ProductVariant, quantity: object = 1) -> str:
    response = client.post("/cart/add/", {"variant": variant.pk, "quantity": quantity}, headers=HERE)
    assert response.status_code == 303, response.content
    return str(response["Location"])


def bag() -> list[tuple[int, int]]:
    return list(CartLine.objects.values_list("variant_id", "quantity"))


def sizes(*names: str, stock: int = 5) -> list[ProductVariant]:
    product = make_product()
    return [make_variant(product, size=make_size(name), stock=stock, price=7800) for name in names]


def text(client: Client, path: str = "/cart/", headers: dict[str, str] | None = None) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())
