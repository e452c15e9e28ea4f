"""Putting pieces in the bag over HTTP, from public pages."""

from datetime import timedelta

import pytest
from django.test import Client

from shop.cart.models import Cart
from shop.cart.tests.view_builders import HERE, add, bag, sizes, text
from shop.core import clock
from shop.tests.builders import make_size, make_variant

pytestmark = pytest.mark.django_db


def test_adding_by_product_colour_and_size_leads_to_the_bag(client: Client) -> None:
    m, _ = sizes("M", "L")
    data = {"product": m.product_id, "colour": "sky", "size": "M"}
    response = client.post("/cart/add/", data, headers=HERE)
    assert (response.status_code, response["Location"], bag()) == (303, "/cart/", [(m.pk, 1)])
    cookie = response.cookies["bag"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 60 * 86400)
    assert response["Cache-Control"] == "private, no-store"
    assert "Quarry Linen Shirt" in text(client)


def test_adding_again_adds_up(client: Client) -> None:
    m, _ = sizes("M", "L")
    assert [add(client, m), add(client, m, 2)] == ["/cart/", "/cart/"]
    assert bag() == [(m.pk, 3)]
    assert Cart.objects.count() == 1


def test_without_a_size_the_product_page_asks_for_it(client: Client) -> None:
    m, _ = sizes("M", "L")
    response = client.post("/cart/add/", {"product": m.product_id, "colour": "sky"}, headers=HERE)
    assert (response.status_code, bag()) == (303, [])
    assert response["Location"] == f"{m.product.get_absolute_url()}?colour=sky&missing=size#size"


def test_a_product_with_one_size_needs_no_choice(client: Client) -> None:
    scarf = make_variant(size=make_size("One size"))
    client.post("/cart/add/", {"product": scarf.product_id}, headers=HERE)
    assert bag() == [(scarf.pk, 1)]


def test_a_sold_out_size_leads_back_to_the_product(client: Client) -> None:
    (m,) = sizes("M", stock=0)
    where = add(client, m)
    assert (where, bag()) == (f"{m.product.get_absolute_url()}?colour=sky&size=M&missing=stock#size", [])


def test_more_than_there_is_becomes_what_there_is_and_is_told(client: Client) -> None:
    (m,) = sizes("M", stock=2)
    where = add(client, m, 3)
    assert (where, bag()) == (f"/cart/?capped={m.pk}", [(m.pk, 2)])
    assert "Only 2 left, so your bag has 2." in text(client, where)


def test_nine_of_one_piece_is_the_most(client: Client) -> None:
    (m,) = sizes("M", stock=50)
    add(client, m, 9)
    assert add(client, m, 1) == f"/cart/?capped={m.pk}"
    assert bag() == [(m.pk, 9)]
    assert "9 of one piece is the most we sell at once." in text(client, f"/cart/?capped={m.pk}")


@pytest.mark.parametrize("quantity", ["0", "-1", "10", "999999999999999999999", "abc", "1.5", "9" * 5000, "١٢"])
def test_a_quantity_that_cannot_be_is_refused(client: Client, quantity: str) -> None:
    (m,) = sizes("M")
    response = client.post("/cart/add/", {"variant": m.pk, "quantity": quantity}, headers=HERE)
    assert (response.status_code, bag()) == (400, [])
    assert response.content.startswith(b"quantity: ")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"variant": "999999"}, 404),
        ({"product": "999999"}, 404),
        ({"variant": "9" * 30}, 400),
        ({"variant": "x"}, 400),
        ({"product": "1 OR 1=1"}, 400),
        ({}, 400),
        ({"colour": "sky", "size": "M"}, 400),
        ({"colour": "x" * 5000, "product": "1"}, 400),
    ],
)
def test_an_unknown_piece_is_refused(client: Client, data: dict[str, str], status: int) -> None:
    sizes("M")
    assert (client.post("/cart/add/", data, headers=HERE).status_code, bag()) == (status, [])


@pytest.mark.parametrize("choice", [{"colour": "puce"}, {"size": "XS"}, {"size": "🧥\0"}])
def test_an_unknown_colour_or_size_is_refused(client: Client, choice: dict[str, str]) -> None:
    m, _ = sizes("M", "L")
    response = client.post(
        "/cart/add/", {"product": m.product_id, "colour": "sky", "size": "M", **choice}, headers=HERE
    )
    assert (response.status_code in (400, 404), bag()) == (True, [])


@pytest.mark.parametrize("why", ["inactive", "draft", "later", "foreign currency"])
def test_what_is_not_on_sale_cannot_be_added(client: Client, why: str) -> None:
    (m,) = sizes("M")
    if why == "inactive":
        m.is_active = False
    elif why == "foreign currency":
        m.currency = "EUR"
    else:
        m.product.published_at = None if why == "draft" else clock.now() + timedelta(hours=1)
    m.product.save()
    m.save()
    response = client.post("/cart/add/", {"variant": m.pk}, headers=HERE)
    assert (response.status_code, bag()) == (404, [])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://testserver.elsewhere.example"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_from_elsewhere_adds_nothing(headers: dict[str, str]) -> None:
    (m,) = sizes("M")
    response = Client(enforce_csrf_checks=True).post("/cart/add/", {"variant": m.pk}, headers=headers)
    assert (response.status_code, bag(), "bag" in response.cookies) == (403, [], False)


def test_a_form_from_here_needs_no_token() -> None:
    (m,) = sizes("M")
    response = Client(enforce_csrf_checks=True).post("/cart/add/", {"variant": m.pk}, headers=HERE)
    assert (response.status_code, bag()) == (303, [(m.pk, 1)])
