"""The page of one order, in each of its states."""

import re
from datetime import date

import pytest
from django.test import Client

from shop.core import clock
from shop.orders import services
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from shop.tests.builders import make_order, make_user

pytestmark = pytest.mark.django_db
State = Order.State


def page(client: Client, order: Order, query: str = "") -> str:
    response = client.get(order.get_absolute_url() + query)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    html = response.content.decode()
    assert '<meta name="robots" content="noindex">' in html and "head short" in html
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def paid_order() -> Order:
    order = make_order(quantity=2)
    order.delivery_from, order.delivery_until = date(2099, 11, 25), date(2099, 11, 27)
    order.save()
    services.move(order, State.PAID)
    return order


@pytest.mark.parametrize("wrong", ["number", "key", "both", "key of another"])
def test_a_wrong_number_or_key_is_not_found(client: Client, wrong: str) -> None:
    order, other = make_order(), make_order()
    number = "AAAA-AAAA" if wrong in ("number", "both") else order.number
    key = {"number": order.key, "key of another": other.key}.get(wrong, "x" * 32)
    for method in (client.get, client.head):
        assert method(f"/orders/{number}/{key}/").status_code == 404
    assert client.get(order.get_absolute_url()).status_code == 200


def test_an_unpaid_order_can_be_paid_and_says_how_long(client: Client) -> None:
    order = make_order()
    order.hold_until = clock.now().replace(hour=15, minute=42)
    order.save()
    text = page(client, order)
    assert "Not paid yet" in text and order.number in text and "until 1" in text and "Pay now" in text
    html = client.get(order.get_absolute_url()).content.decode()
    assert f'action="/orders/{order.number}/{order.key}/pay/"' in html and "csrfmiddlewaretoken" in html
    assert "Thank you" not in html


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("cancelled", "You came back without paying, and nothing was charged."),
        ("checking", "If you did pay, please do not pay again."),
        ("unavailable", "The payment page cannot be reached just now"),
        ("closed", "cannot be paid any more"),
        ("sold-out", "has sold out in the meantime"),
        ("<script>", "Not paid yet"),
    ],
)
def test_coming_back_from_a_payment_page_is_explained(client: Client, why: str, words: str) -> None:
    assert words in page(client, make_order(), f"?payment={why}")


def test_a_payment_on_its_way_asks_for_nothing(client: Client) -> None:
    order = make_order()
    services.move(order, State.PROCESSING)
    text = page(client, order, "?payment=cancelled")
    assert "Your payment is on its way" in text and "Please do not pay again." in text
    assert "Pay now" not in text and "You came back without paying" not in text


def test_an_order_under_review_asks_for_nothing(client: Client) -> None:
    order = make_order()
    services.move(order, State.REVIEW)
    text = page(client, order)
    assert "We are looking at your payment" in text and "Pay now" not in text


def test_a_paid_order_says_thank_you(client: Client) -> None:
    order = paid_order()
    text = page(client, order)
    assert "Thank you · AspireClothes" in text
    assert f"Your order is {order.number} ." in text and "sam@example.com" in text
    assert "Wed 25 to Fri 27 November" in text and "What happens next" in text
    assert "Quarry Linen Shirt × 2" in text and "Paid £159.95" in text
    assert "14 Navarino Road" in text and "UNITED KINGDOM" in text


def test_only_its_customer_is_led_from_the_thank_you_to_their_orders(client: Client) -> None:
    order = paid_order()
    alice, bob = make_user(), make_user("bob@example.org")
    Order.objects.filter(pk=order.pk).update(user=alice)
    seen = []
    for user in (None, bob, alice):
        if user:
            client.force_login(user)
        html = client.get(order.get_absolute_url()).content.decode()
        seen.append('<a class="btn ghost" href="/account/">Your orders</a>' in html)
    assert seen == [False, False, True]


def test_a_packed_order_shows_where_it_is(client: Client) -> None:
    order = paid_order()
    order.fulfilment_state = Order.FulfilmentState.SHIPPED
    order.shipped_at = clock.now()
    order.save()
    text = page(client, order)
    assert f"Order {order.number}" in text and "Thank you" not in text
    assert "On its way" in text and "Expected Wed 25 to Fri 27 November" in text
    html = client.get(order.get_absolute_url()).content.decode()
    assert re.search(r'<li aria-current="step"><b>On its way</b>', html)
    assert html.count('class="done"') == 2


def test_a_delivered_order_expects_nothing_any_more_and_says_where_to_write(client: Client) -> None:
    order = paid_order()
    order.fulfilment_state = Order.FulfilmentState.DELIVERED
    order.shipped_at = order.delivered_at = clock.now()
    order.save()
    text = page(client, order)
    assert "Arriving" not in text and "Expected" not in text
    assert "Write to us about this order" in text


def test_a_cancelled_order_says_that_nothing_was_charged(client: Client) -> None:
    order = make_order()
    services.move(order, State.CANCELLED)
    text = page(client, order)
    assert "This order is cancelled" in text and "Nothing was charged." in text and "Pay now" not in text


def test_money_that_came_too_late_is_said_to_go_back(client: Client) -> None:
    order = make_order()
    services.move(order, State.CANCELLED)
    PaymentAttempt.objects.create(
        order=order, provider="stripe", state="paid", amount=8195, currency="GBP", expires_at=clock.now()
    )
    text = page(client, order)
    assert "The whole amount goes back" in text and "Nothing was charged" not in text


def test_names_are_escaped(client: Client) -> None:
    order = make_order(full_name="<script>alert(1)</script>", address="סם <b>")
    html = client.get(order.get_absolute_url()).content.decode()
    assert "<script>alert" not in html and "&lt;script&gt;" in html


def test_a_post_is_not_taken(client: Client) -> None:
    assert client.post(make_order().get_absolute_url()).status_code == 405
