"""An account from an order that was placed without one."""

import pytest
from django.test import Client

from shop.accounts.models import User
from shop.accounts.tests.test_pages import follow, link_in_last_mail, sign_in
from shop.core import clock
from shop.mail.models import OutgoingMail
from shop.orders import services
from shop.orders.models import Order
from shop.tests.builders import make_order, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "seven quiet herons"


@pytest.fixture
def order() -> Order:
    placed = make_order(email="Sam@Example.com")
    services.move(placed, Order.State.PAID)
    return placed


def page_of(order: Order) -> str:
    return f"{order.get_absolute_url()}account/"


def test_the_thank_you_page_offers_it_to_guests_only(client: Client, order: Order) -> None:
    page = client.get(order.get_absolute_url()).content.decode()
    assert f'action="{page_of(order)}"' in page and 'autocomplete="new-password"' in page
    client.force_login(make_user())
    assert page_of(order) not in client.get(order.get_absolute_url()).content.decode()


def test_a_password_makes_an_account_that_waits_to_be_confirmed(client: Client, order: Order) -> None:
    answer = client.post(page_of(order), {"password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (303, "/account/confirm/")
    sam = User.objects.get()
    assert (sam.email, sam.full_name, sam.email_confirmed_at) == ("sam@example.com", "Sam Okafor", None)
    order.refresh_from_db()
    assert order.user is None
    assert list(OutgoingMail.objects.values_list("to", flat=True)) == ["sam@example.com"]


def test_a_weak_password_is_refused_beside_the_field(client: Client, order: Order) -> None:
    page = client.post(page_of(order), {"password": "short"}).content.decode()
    assert "Problem: " in page and "error" in page
    assert not User.objects.exists()


def test_it_says_the_same_where_there_is_an_account(client: Client, order: Order) -> None:
    sam = make_user("sam@example.com", full_name="Somebody", email_confirmed_at=clock.now())
    before = sam.password
    answer = client.post(page_of(order), {"password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (303, "/account/confirm/")
    sam.refresh_from_db()
    assert (sam.password, sam.full_name) == (before, "Somebody")


def test_without_the_key_there_is_nothing(client: Client, order: Order) -> None:
    for address in (f"/orders/{order.number}/{'x' * 32}/account/", f"/orders/AAAA-AAAA/{order.key}/account/"):
        assert client.post(address, {"password": PASSWORD}).status_code == 404
    assert not User.objects.exists()


def test_tries_are_counted_as_at_every_sign_up(client: Client, order: Order) -> None:
    answers = [client.post(page_of(order), {"password": PASSWORD}).status_code for _ in range(6)]
    assert answers == [303] * 5 + [429]


def test_an_order_that_has_an_account_makes_no_other(client: Client, order: Order) -> None:
    order.user = make_user()
    order.save()
    assert client.post(page_of(order), {"password": PASSWORD})["Location"] == order.get_absolute_url()
    assert User.objects.count() == 1


def test_once_confirmed_the_order_is_in_the_account(client: Client, order: Order) -> None:
    client.post(page_of(order), {"password": PASSWORD})
    page = follow(client, link_in_last_mail("sam@example.com"))
    answer = client.post(page, {"password": PASSWORD})
    assert answer["Location"] == f"/account/orders/{order.number}/"
    shown = client.get(answer["Location"])
    assert shown.status_code == 200 and b"An earlier order is in your account now." in shown.content
    order.refresh_from_db()
    assert order.user == User.objects.get()


def test_every_sign_in_brings_in_what_was_ordered_as_a_guest_meanwhile(client: Client) -> None:
    make_user()
    for email in ("alice@example.org", "Alice@Example.org", "bob@example.org"):
        make_order(email=email)
    sign_in(client)
    page = client.get("/account/").content.decode()
    assert "2 earlier orders are in your account now." in page
    assert Order.objects.filter(user=None).get().email == "bob@example.org"
