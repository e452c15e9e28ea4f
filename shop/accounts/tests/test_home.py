"""The account's first page and its orders."""

from typing import Any

import pytest
from django.test import Client

from shop.accounts.customer_models import Address
from shop.accounts.models import User
from shop.core import clock
from shop.invoices.models import Document
from shop.orders import services
from shop.orders.models import Order
from shop.tests.builders import make_order, make_user

pytestmark = pytest.mark.django_db
State = Order.State


@pytest.fixture
def alice(client: Client) -> User:
    user = make_user(full_name="Alice Adeyemi", email_confirmed_at=clock.now())
    client.force_login(user)
    return user


def order_of(user: User, state: str = State.PAID) -> Order:
    order = make_order()
    order.user = user
    order.save()
    if state != State.PENDING:
        services.move(order, State(state))
    return order


def invoice_of(order: Order, **content: Any) -> Document:
    sequence = Document.objects.count() + 1
    return Document.objects.create(
        kind="invoice",
        series="INV-2026",
        sequence=sequence,
        number=f"INV-2026-{sequence:06}",
        order=order,
        currency=order.currency,
        gross=order.grand_total,
        tax=0,
        content=content,
    )


def test_a_stranger_is_led_to_sign_in_and_back(client: Client) -> None:
    for address in ("/account/", "/account/orders/", "/account/addresses/", "/account/details/", "/account/data/"):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (303, f"/account/login/?next={address}")
        assert answer["Cache-Control"] == "private, no-store"


def test_it_greets_and_shows_the_newest_orders_with_their_state(client: Client, alice: User) -> None:
    paid, waiting = order_of(alice), order_of(alice, State.PENDING)
    paper = invoice_of(paid)
    page = client.get("/account/").content.decode()
    assert "Hello, Alice" in page
    assert page.index(waiting.number) < page.index(paid.number)
    assert "Not paid yet" in page and "Paid, to be packed" in page
    assert f"/account/orders/{paid.number}/documents/{paper.number}/" in page
    assert "All orders" not in page


def test_without_orders_it_says_so(client: Client, alice: User) -> None:
    assert "No orders yet" in client.get("/account/").content.decode()


def test_only_one_s_own_orders_are_listed(client: Client, alice: User) -> None:
    mine, theirs, guests = order_of(alice), order_of(make_user("bob@example.org")), make_order(email=alice.email)
    page = client.get("/account/orders/").content.decode()
    assert mine.number in page and theirs.number not in page and guests.number not in page


@pytest.mark.parametrize("page", ["", "2", "9", "x", "-1"])
def test_all_orders_come_ten_to_a_page_and_nonsense_is_a_page_too(client: Client, alice: User, page: str) -> None:
    for _ in range(11):
        order_of(alice, State.PENDING)
    answer = client.get("/account/orders/", {"page": page} if page else {})
    assert answer.status_code == 200
    assert answer.content.decode().count("Not paid yet") == (1 if page in ("2", "9", "-1") else 10)


def test_the_number_of_queries_does_not_grow_with_orders(
    client: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        invoice_of(order_of(alice))
    Address.objects.create(user=alice, full_name="Alice", country="GB", address="1 High Street", default_delivery=True)
    client.get("/account/")
    with django_assert_max_num_queries(9):
        client.get("/account/")


@pytest.mark.parametrize("state", [State.PENDING, State.PROCESSING, State.PAID, State.REVIEW, State.CANCELLED])
def test_an_order_shows_what_its_state_allows(client: Client, alice: User, state: str) -> None:
    order = order_of(alice, state)
    answer = client.get(f"/account/orders/{order.number}/")
    page = answer.content.decode()
    assert answer.status_code == 200 and order.number in page and "14 Navarino Road" in page
    assert ("Pay now" in page) == (state == State.PENDING)
    assert ("timeline" in page) == (state == State.PAID)
    assert ("Cancel order" in page) == (state in (State.PENDING, State.PAID))


def test_an_invoice_is_a_pdf_for_its_owner(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.invoices.paper.pdf", lambda document: b"%PDF-1")
    order = order_of(alice)
    paper = invoice_of(order)
    answer = client.get(f"/account/orders/{order.number}/documents/{paper.number}/")
    assert (answer["Content-Type"], answer.content) == ("application/pdf", b"%PDF-1")


def test_another_customer_s_order_is_not_found(client: Client, alice: User) -> None:
    theirs, guests = order_of(make_user("bob@example.org")), make_order(email=alice.email)
    for order in (theirs, guests):
        assert client.get(f"/account/orders/{order.number}/").status_code == 404


def test_another_customer_s_invoice_is_not_found(client: Client, alice: User) -> None:
    mine, theirs = order_of(alice), order_of(make_user("bob@example.org"))
    paper = invoice_of(theirs)
    for order in (mine, theirs):
        assert client.get(f"/account/orders/{order.number}/documents/{paper.number}/").status_code == 404


def test_staff_find_another_s_order_here_no_more_than_customers(client: Client, alice: User) -> None:
    client.force_login(make_user("staff@example.org", is_staff=True, is_superuser=True))
    assert client.get(f"/account/orders/{order_of(alice).number}/").status_code == 404
