"""A small catalogue, and how tests ask for it."""

from typing import Any

from django.test import Client

from shop.catalog import listings
from shop.catalog.models import Product, ProductImage
from shop.tests.builders import make_category, make_colour, make_product, make_size, make_variant

RENDITIONS = {"320": "products/1/a-320.webp", "600": "products/1/a-600.webp"}


def fill() -> Product:
    """A linen shirt in two colours (one of them nearly gone) and a sold-out pair of trousers."""
    make_category("Trousers", "trousers", parent=make_category("Men's", "mens"))
    shirt = make_product("Quarry Linen Shirt", slug="quarry", department="men", fabrics=["Linen"], care=["Wash cold"])
    make_variant(shirt, sku="Q-SKY-M", compare_at_price=9800)
    make_variant(shirt, sku="Q-SKY-L", size=make_size("L"), stock=2)
    make_variant(shirt, sku="Q-RUST-M", colour=make_colour("Rust", "red", "#9c4a2c"), price=8200)
    picture = {"renditions": RENDITIONS, "alt": "A shirt", "width": 600, "height": 800}
    ProductImage.objects.create(product=shirt, colour=make_colour(), **picture)
    trousers = make_product("Chalk Trouser", slug="chalk", category=make_category("Trousers", "trousers"))
    make_variant(trousers, sku="C-M", stock=0)
    listings.refresh([shirt.pk, trousers.pk])
    return shirt


def fill_more(count: int) -> None:
    for number in range(count):
        product = make_product(f"Linen {number}", slug=f"piece-{number}")
        for size in ("S", "M", "L"):
            make_variant(product, size=make_size(size))
        for colour in (make_colour(), make_colour("Rust", "red")):
            ProductImage.objects.create(product=product, colour=colour, renditions=RENDITIONS, alt="It")
    listings.refresh(Product.objects.values_list("pk", flat=True))


def ask(query: str, status: int = 200, **variables: Any) -> Any:
    """The answer to a posted query."""
    body = {"query": query, "variables": variables}
    response = Client().post("/graphql/", body, content_type="application/json")
    assert response.status_code == status, response.content
    assert response.headers["Cache-Control"] == "no-store" and not response.cookies
    return response.json()


def data(query: str, **variables: Any) -> Any:
    """What was asked for, where nothing went wrong."""
    said = ask(query, **variables)
    assert "errors" not in said
    return said["data"]


def codes(said: Any) -> list[str]:
    return [error["extensions"]["code"] for error in said["errors"]]
