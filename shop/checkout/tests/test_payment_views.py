"""Coming back from the payment page, and the button on an unpaid order."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from shop.adapters.payments import ProviderRefused, ProviderUnavailable
from shop.checkout.paying import start_payment
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, place, states
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt

pytestmark = pytest.mark.django_db
PAID = {"status": "complete", "payment_status": "paid", "intent_status": "succeeded"}


def started() -> Order:
    order = place()
    start_payment(attempt_of(order).pk)
    return order


def come_back(client: Client, order: Order, **query: Any) -> Any:
    return client.get("/checkout/return/", {"attempt": attempt_of(order).pk, "key": order.key, **query})


def test_the_way_back_asks_the_provider_and_shows_the_order(client: Client, fake: FakeProvider) -> None:
    order = started()
    fake.says(attempt_of(order), **PAID)
    response = come_back(client, order)
    assert (response.status_code, response["Location"]) == (303, f"/orders/{order.number}/{order.key}/")
    assert (states(order), response["Cache-Control"]) == (("paid", "paid"), "private, no-store")


def test_the_way_back_alone_pays_nothing(client: Client, fake: FakeProvider) -> None:
    order = started()
    response = come_back(client, order, status="complete", payment_status="paid", redirect_status="succeeded")
    assert (response.status_code, states(order)) == (303, ("open", "pending"))


def test_who_cancelled_is_told_so_unless_it_is_paid(client: Client, fake: FakeProvider) -> None:
    order = started()
    assert come_back(client, order, cancelled=1)["Location"].endswith("/?payment=cancelled")
    fake.says(attempt_of(order), **PAID)
    assert come_back(client, order, cancelled=1)["Location"].endswith(f"/{order.key}/")


def test_a_silent_provider_still_leads_to_the_order(client: Client, fake: FakeProvider) -> None:
    order = started()
    fake.errors = [ProviderUnavailable("timed out")]
    assert come_back(client, order)["Location"].endswith("/?payment=checking")
    assert states(order) == ("open", "pending")


@pytest.mark.parametrize("key", ["", "wrong", "\x00", "x" * 5000, "ключ"])
def test_without_the_orders_key_there_is_nothing(client: Client, fake: FakeProvider, key: str) -> None:
    order = started()
    fake.says(attempt_of(order), **PAID)
    assert come_back(client, order, key=key).status_code == 404
    assert states(order) == ("open", "pending")


@pytest.mark.parametrize("attempt", ["", "1", "not-a-uuid", "\x00", "x" * 5000, "00000000-0000-4000-8000-000000000000"])
def test_an_attempt_that_is_none_is_a_404(client: Client, fake: FakeProvider, attempt: str) -> None:
    assert client.get("/checkout/return/", {"attempt": attempt, "key": "x"}).status_code == 404
    assert client.get("/checkout/return/").status_code == 404


def test_the_key_of_another_order_opens_nothing(client: Client, fake: FakeProvider) -> None:
    assert come_back(client, started(), key=started().key).status_code == 404


def test_only_get_comes_back(client: Client) -> None:
    assert client.post("/checkout/return/").status_code == 405


def pay(client: Client, order: Order, key: str = "") -> Any:
    return client.post(f"/orders/{order.number}/{key or order.key}/pay/")


def test_the_button_leads_to_the_page_that_is_open_twice_too(client: Client, fake: FakeProvider) -> None:
    order = started()
    for _ in range(2):
        response = pay(client, order)
        assert (response.status_code, response["Location"]) == (303, attempt_of(order).redirect_url)
    assert PaymentAttempt.objects.count() == 1


def test_the_button_says_why_when_there_is_no_page(client: Client, fake: FakeProvider) -> None:
    order = place()
    fake.errors = [ProviderUnavailable("timed out")]
    assert pay(client, order)["Location"].endswith("/?payment=unavailable")
    fake.errors = [ProviderRefused("no"), ProviderRefused("no")]
    assert pay(client, order)["Location"].endswith("/?payment=unavailable")
    assert states(order) == ("failed", "pending")


def test_the_button_of_a_paid_order_takes_nothing(client: Client, fake: FakeProvider) -> None:
    order = started()
    fake.says(attempt_of(order), **PAID)
    assert pay(client, order)["Location"].endswith("/?payment=closed")
    assert states(order) == ("paid", "paid")


def test_a_strangers_button_is_a_404(client: Client, fake: FakeProvider) -> None:
    order = started()
    fake.calls.clear()
    assert pay(client, order, key="wrong").status_code == 404
    assert fake.calls == []


def test_the_button_is_a_form_of_this_site(fake: FakeProvider) -> None:
    order = started()
    assert pay(Client(enforce_csrf_checks=True), order).status_code == 403
    assert Client().get(f"/orders/{order.number}/{order.key}/pay/").status_code == 405


def test_each_request_is_kept_with_what_came_of_it(client: Client, fake: FakeProvider) -> None:
    order = started()
    fake.errors = [ProviderUnavailable("timed out")]
    come_back(client, order)
    come_back(client, order, cancelled=1)
    pay(client, order)
    fake.says(attempt_of(order), **PAID)
    pay(client, order)
    come_back(client, order)
    assert list(order.requests.values_list("what", "outcome")) == [
        ("returned", "the provider could not be asked"),
        ("returned", "went back without paying"),
        ("pay", "sent to the payment page"),
        ("pay", "the order does not wait for a payment"),
        ("returned", "the payment is paid"),
    ]


def test_a_strangers_request_leaves_no_row(client: Client, fake: FakeProvider) -> None:
    order = started()
    come_back(client, order, key="wrong")
    pay(client, order, key="wrong")
    assert not order.requests.exists()


def test_what_was_asked_is_never_rewritten(client: Client, fake: FakeProvider) -> None:
    order = started()
    pay(client, order)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        order.requests.update(outcome="something else")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        order.requests.all().delete()
    assert order.requests.get().outcome == "sent to the payment page"
