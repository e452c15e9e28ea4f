"""The bag's page over HTTP, its changes, and /me/."""

import re

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from shop.cart.models import CartLine
from shop.cart.tests.view_builders import DRAWER, HERE, add, bag, sizes, text
from shop.catalog import listings
from shop.catalog.models import ProductVariant
from shop.tests.builders import make_colour, make_product, make_rate, make_size, make_user, make_variant
from shop.warehouse.models import StockLevel

pytestmark = pytest.mark.django_db


def test_changing_the_bag_needs_djangos_token() -> None:
    (m,) = sizes("M")
    client = Client(enforce_csrf_checks=True)
    add(client, m)
    assert client.post("/cart/update/", {"variant": m.pk, "quantity": 2}, headers=HERE).status_code == 403
    page = client.get("/cart/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    data = {"variant": m.pk, "quantity": 2, "csrfmiddlewaretoken": token[1]}
    assert client.post("/cart/update/", data, headers=HERE).status_code == 303
    assert bag() == [(m.pk, 2)]


@pytest.mark.parametrize("cookie", ["", "x", "a:b:c", "k" * 32, "clé:1:2", "\x00", "x" * 4000])
def test_an_edited_cookie_is_no_bag(client: Client, cookie: str) -> None:
    (m,) = sizes("M")
    add(client, m)
    client.cookies["bag"] = cookie
    assert "Nothing in it yet" in text(client)
    assert client.get("/me/").json() == {"bag": 0, "name": ""}
    assert client.get("/checkout/")["Location"] == "/cart/"


def test_a_cookie_with_another_bags_key_but_its_own_signature_is_no_bag(client: Client) -> None:
    (m,) = sizes("M")
    add(client, m)
    mine = client.cookies["bag"].value
    other = Client()
    add(other, m)
    theirs = other.cookies["bag"].value
    client.cookies["bag"] = theirs.split(":")[0] + ":" + mine.split(":", 1)[1]
    assert "Nothing in it yet" in text(client)


def test_the_page_shows_lines_totals_and_what_is_missing_for_free_delivery(client: Client) -> None:
    make_rate("standard", 395, 20000)
    (m,) = sizes("M")
    add(client, m, 2)
    page = text(client)
    assert "Your bag" in page and "Checkout" in page
    assert "£156" in page and "Sky, £78 each" in page
    assert "£44 more for free delivery." in page
    assert "Estimated total £159.95" in page
    add(client, m, 1)
    assert "You have free delivery." in text(client)


def test_quantity_and_size_are_changed_and_lines_removed_without_script(client: Client) -> None:
    m, large = sizes("M", "L")
    add(client, m)
    for data, expected in (
        ({"quantity": 3, "size": m.pk}, [(m.pk, 3)]),
        ({"quantity": 2, "size": large.pk}, [(large.pk, 2)]),
    ):
        variant = bag()[0][0]
        response = client.post("/cart/update/", {"variant": variant, **data})
        assert (response.status_code, response["Location"], bag()) == (303, "/cart/", expected)
    client.post("/cart/update/", {"variant": large.pk, "quantity": 2, "remove": "1"})
    assert bag() == []


def test_quantity_nought_removes_the_line(client: Client) -> None:
    (m,) = sizes("M")
    add(client, m)
    client.post("/cart/update/", {"variant": m.pk, "quantity": 0})
    assert bag() == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("-1", "Enter a whole number from 0 to 9."),
        ("abc", "Enter a whole number from 0 to 9."),
        ("", "Enter a whole number from 0 to 9."),
        ("10", "At most 9 of one piece. Write to us if you need more."),
        ("9" * 5000, "Enter a whole number from 0 to 9."),
        ("6", "Only 5 left in size M. Lower the quantity, or choose another size."),
    ],
)
def test_a_refused_quantity_is_explained_beside_the_field_and_kept(client: Client, typed: str, message: str) -> None:
    (m,) = sizes("M")
    add(client, m, 2)
    response = client.post("/cart/update/", {"variant": m.pk, "quantity": typed})
    page = response.content.decode()
    assert (response.status_code, bag()) == (200, [(m.pk, 2)])
    assert message in page and "<title>Problem: Your bag" in page
    assert f'name="quantity" type="number" min="0" max="5" value="{typed[:20]}"' in page
    assert f'aria-describedby="error-{m.pk}"' in page


def test_a_refused_change_keeps_the_chosen_size(client: Client) -> None:
    m, large = sizes("M", "L")
    add(client, m)
    page = client.post("/cart/update/", {"variant": m.pk, "size": large.pk, "quantity": "7"}).content.decode()
    assert f'<option value="{large.pk}" selected>' in page
    assert bag() == [(m.pk, 1)]


@pytest.mark.parametrize(
    "data", [{}, {"variant": "x", "quantity": "1"}, {"variant": "9" * 40, "quantity": "1"}, {"variant": "0"}]
)
def test_an_update_of_nothing_is_refused(client: Client, data: dict[str, str]) -> None:
    assert client.post("/cart/update/", data).status_code == 400


def test_a_size_of_another_piece_is_refused(client: Client) -> None:
    m, _ = sizes("M", "L")
    other = make_variant(make_product("Other"), size=make_size("S"))
    rust = make_variant(m.product, colour=make_colour("Rust", "red"), size=make_size("L"))
    add(client, m)
    for size in (other.pk, rust.pk, "x", "9" * 40):
        assert client.post("/cart/update/", {"variant": m.pk, "quantity": 1, "size": size}).status_code == 400
    assert bag() == [(m.pk, 1)]


def test_a_line_removed_in_another_window_leads_to_the_bag_as_it_is(client: Client) -> None:
    m, large = sizes("M", "L")
    add(client, m)
    response = client.post("/cart/update/", {"variant": large.pk, "quantity": 1})
    assert (response.status_code, response["Location"], bag()) == (303, "/cart/", [(m.pk, 1)])


def test_somebody_elses_bag_cannot_be_changed(client: Client) -> None:
    (m,) = sizes("M")
    add(client, m)
    Client().post("/cart/update/", {"variant": m.pk, "quantity": 5})
    assert bag() == [(m.pk, 1)]


def test_a_changed_price_is_told_once_with_the_old_one(client: Client) -> None:
    (m,) = sizes("M")
    add(client, m)
    ProductVariant.objects.filter(pk=m.pk).update(price=8500)
    assert "Quarry Linen Shirt is now £85, it was £78." in text(client)
    again = text(client)
    assert "it was" not in again and "£85" in again
    assert CartLine.objects.get().seen_price == 8500


def test_stock_that_fell_is_told_beside_the_line(client: Client) -> None:
    m, large = sizes("M", "L")
    add(client, m, 3)
    add(client, large, 1)
    StockLevel.objects.filter(variant=m).update(on_hand=2)
    StockLevel.objects.filter(variant=large).update(on_hand=0)
    page = text(client)
    assert "Only 2 left in size M. Lower the quantity, or choose another size." in page
    assert "Sold out in size L. Choose another size, or remove it." in page
    assert client.get("/checkout/")["Location"] == "/cart/"


def test_what_is_no_longer_sold_can_only_be_removed(client: Client) -> None:
    (m,) = sizes("M")
    add(client, m)
    m.product.published_at = None
    m.product.save()
    page = text(client)
    assert "We no longer sell this. Remove it to go on." in page and "Subtotal £0" in page
    client.post("/cart/update/", {"variant": m.pk, "quantity": 2})
    assert bag() == [(m.pk, 1)]
    client.post("/cart/update/", {"variant": m.pk, "remove": "1"})
    assert bag() == []


def test_forty_pieces_fill_a_bag(client: Client) -> None:
    product = make_product()
    for number in range(40):
        add(client, make_variant(product, colour=make_colour(f"Colour {number}")))
    where = add(client, make_variant(product, colour=make_colour("One more")))
    assert (where, len(bag())) == ("/cart/?full=1", 40)
    assert "Your bag takes no more different pieces." in text(client, where)


@pytest.mark.parametrize("lines", [1, 20])
def test_the_bag_page_takes_few_queries_however_many_lines(
    client: Client,
    lines: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_rate()
    for number in range(lines):
        variant = make_variant(make_product(f"Piece {number}"), stock=5)
        make_variant(variant.product, size=make_size("L"), sku=f"large-{number}")
        add(client, variant)
    listings.refresh(ProductVariant.objects.values_list("product_id", flat=True))
    client.get("/cart/")
    # The bag, its variants, their pictures, what its unpaid orders hold, the catalogue's version.
    with django_assert_num_queries(5):
        client.get("/cart/")
    with django_assert_num_queries(1):
        client.get("/me/")


def test_the_drawer_is_the_same_bag_alone(client: Client) -> None:
    (m,) = sizes("M")
    add(client, m, 2)
    response = client.get("/cart/", headers=DRAWER)
    page = response.content.decode()
    assert page.lstrip().startswith("{#") is False
    assert page.strip().startswith("<dialog") and "<html" not in page
    assert 'value="1" aria-label="One less' in page and 'value="3" aria-label="One more' in page
    assert "Nothing in it yet." in text(Client(), headers=DRAWER)


def test_the_drawer_says_why_a_change_was_refused(client: Client) -> None:
    (m,) = sizes("M", stock=2)
    add(client, m, 2)
    response = client.post("/cart/update/", {"variant": m.pk, "quantity": 3}, headers=DRAWER)
    page = response.content.decode()
    assert "Only 2 left in size M." in page and page.strip().startswith("<dialog")


def test_me_counts_pieces_and_is_never_kept(client: Client) -> None:
    m, large = sizes("M", "L")
    add(client, m, 2)
    add(client, large)
    response = client.get("/me/")
    assert response.json() == {"bag": 3, "name": ""}
    assert response["Cache-Control"] == "private, no-store"
    client.force_login(make_user(full_name="Alice Arden"))
    assert client.get("/me/").json() == {"bag": 3, "name": "Alice"}


@pytest.mark.parametrize(("path", "method"), [("/cart/add/", "get"), ("/cart/update/", "get"), ("/cart/", "post")])
def test_each_address_takes_its_own_method(client: Client, path: str, method: str) -> None:
    assert getattr(client, method)(path, headers=HERE).status_code == 405
