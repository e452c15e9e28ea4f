"""Card or PayPal: chosen at the checkout, kept when the form comes back, changed on an unpaid order."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from shop.adapters.payments import ProviderUnavailable
from shop.catalog.models import ProductVariant
from shop.checkout.tests.form_builders import HERE, SAM, hidden
from shop.checkout.tests.paying_builders import FakePayPal, attempt_of, place
from shop.core.money import Money
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from shop.payments.ways import too_little, ways_to_pay
from shop.tests.builders import make_product, make_rate, make_user, make_variant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shirt(client: Client, paypal: FakePayPal) -> ProductVariant:
    """A shirt of £78 in the bag."""
    make_rate("standard", 395, None)
    variant = make_variant(make_product("Quarry Linen Shirt"), stock=10, price=7800)
    client.post("/cart/add/", {"variant": variant.pk, "quantity": 1}, headers=HERE)
    return variant


def html_of(response: Any) -> str:
    return str(response.content.decode())


def chosen(html: str) -> list[str]:
    return re.findall(r'name="payment" value="(\w+)" checked', html)


def submit(client: Client, **changes: Any) -> Any:
    return client.post("/checkout/", {**SAM, **hidden(client), **changes})


def test_card_is_chosen_unless_the_buyer_chooses_paypal(client: Client, shirt: ProductVariant) -> None:
    html = html_of(client.get("/checkout/"))
    assert "Payment method" in html
    assert re.findall(r'name="payment" value="(\w+)"', html) == ["stripe", "paypal"]
    assert chosen(html) == ["stripe"]


@pytest.mark.parametrize(("choice", "provider"), [("stripe", "stripe"), ("paypal", "paypal"), ("", "stripe")])
def test_the_order_is_paid_with_what_was_chosen(
    client: Client, shirt: ProductVariant, choice: str, provider: str
) -> None:
    response = submit(client, payment=choice)
    attempt = attempt_of(Order.objects.get())
    assert (response.status_code, response["Location"]) == (303, attempt.redirect_url)
    assert (attempt.provider, attempt.state) == (provider, "open")


def test_the_choice_is_kept_when_the_form_comes_back(client: Client, shirt: ProductVariant) -> None:
    assert chosen(html_of(submit(client, payment="paypal", email=""))) == ["paypal"]
    assert chosen(html_of(client.post("/checkout/", {**SAM, "payment": "paypal", "update": "1"}))) == ["paypal"]
    assert not Order.objects.exists()


def test_the_choice_of_the_last_try_is_there_on_the_way_back(client: Client, shirt: ProductVariant) -> None:
    submit(client, payment="paypal")
    assert chosen(html_of(client.get("/checkout/"))) == ["paypal"]


@pytest.mark.parametrize("choice", ["bitcoin", "x" * 5000, "paypal\0", "STRIPE"])
def test_a_way_to_pay_that_is_not_offered_is_refused_beside_the_field(
    client: Client, shirt: ProductVariant, choice: str
) -> None:
    html = html_of(submit(client, payment=choice))
    assert "This way to pay is not offered. Choose another." in html
    assert 'id="payment_error"' in html
    assert not Order.objects.exists()


def test_with_paypal_switched_off_nothing_is_to_be_chosen(
    client: Client, shirt: ProductVariant, settings: Settings
) -> None:
    settings.PAYMENT_PROVIDERS = {"stripe": settings.PAYMENT_PROVIDERS["stripe"]}
    assert 'name="payment"' not in html_of(client.get("/checkout/"))
    assert "This way to pay is not offered" in html_of(submit(client, payment="paypal"))
    assert not Order.objects.exists()
    assert submit(client).status_code == 303
    assert attempt_of(Order.objects.get()).provider == "stripe"


def test_a_currency_paypal_does_not_take_leaves_the_card(settings: Settings) -> None:
    settings.PAYMENT_PROVIDERS = settings.PAYMENT_ADAPTERS
    assert [way.name for way in ways_to_pay("GBP")] == ["stripe", "paypal"]
    assert [way.name for way in ways_to_pay("KWD")] == ["stripe"]


def test_an_amount_paypal_does_not_take_is_said_before_anything_is_written(
    client: Client, shirt: ProductVariant, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shop.adapters.payments import ProviderRefused  # noqa: PLC0415

    def refuse(*_: object) -> None:
        raise ProviderRefused("PayPal takes whole HUF only")

    monkeypatch.setattr(FakePayPal, "freeze", refuse)
    html = html_of(submit(client, payment="paypal"))
    assert "This amount cannot be paid that way" in html
    assert chosen(html) == ["paypal"]
    assert not Order.objects.exists()


def pay(client: Client, order: Order, **fields: str) -> Any:
    return client.post(f"/orders/{order.number}/{order.key}/pay/", fields)


def live() -> list[tuple[str, str]]:
    return list(PaymentAttempt.objects.live().values_list("provider", "state"))


def test_an_unpaid_order_can_be_paid_the_other_way(client: Client, paypal: FakePayPal) -> None:
    order = place()
    pay(client, order)
    assert chosen(html_of(client.get(order.get_absolute_url()))) == ["stripe"]
    response = pay(client, order, payment="paypal")
    assert (response["Location"], live()) == (attempt_of(order).redirect_url, [("paypal", "open")])
    assert chosen(html_of(client.get(order.get_absolute_url()))) == ["paypal"]
    assert (pay(client, order)["Location"], live()) == (attempt_of(order).redirect_url, [("paypal", "open")])
    assert PaymentAttempt.objects.count() == 2


@pytest.mark.parametrize("choice", ["", "bitcoin", "\0", "x" * 5000])
def test_an_unknown_way_is_the_way_of_the_last_try(client: Client, paypal: FakePayPal, choice: str) -> None:
    order = place(provider="paypal")
    pay(client, order, payment=choice)
    assert live() == [("paypal", "open")]


def test_a_page_that_cannot_be_closed_now_stays_the_only_one(client: Client, paypal: FakePayPal) -> None:
    order = place(provider="paypal")
    pay(client, order)
    paypal.errors = [ProviderUnavailable("timed out")]
    assert pay(client, order, payment="stripe")["Location"].endswith("/?payment=unavailable")
    assert live() == [("paypal", "open")]


def test_the_orders_page_and_the_staffs_say_by_what_it_was_paid(client: Client, paypal: FakePayPal) -> None:
    order = place(provider="paypal")
    pay(client, order)
    paypal.says(attempt_of(order), status="approved")
    assert pay(client, order)["Location"].endswith("/?payment=closed")
    html = html_of(client.get(order.get_absolute_url()))
    assert "Thank you" in html
    assert "<dt>Paid with</dt><dd>PayPal</dd>" in html
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert "PayPal £" in html_of(client.get(f"/admin/shop/order/{order.pk}/change/"))


def put_in_bag(client: Client, price: int) -> None:
    """A shirt that, delivered for nothing, is all there is to pay."""
    make_rate("standard", 0, None)
    client.post("/cart/add/", {"variant": make_variant(price=price).pk, "quantity": 1}, headers=HERE)


def test_what_is_too_little_for_a_card_is_offered_with_paypal_alone(client: Client, paypal: FakePayPal) -> None:
    put_in_bag(client, 20)
    html, told = html_of(client.get("/checkout/")), "£0.20 is too little to pay by card: please pay with PayPal."
    assert told in html
    assert 'value="stripe"' not in html
    assert told in html_of(submit(client, payment="stripe"))
    assert not Order.objects.exists()
    submit(client)
    assert attempt_of(Order.objects.get()).provider == "paypal"
    page = html_of(client.get(Order.objects.get().get_absolute_url()))
    assert 'value="stripe"' not in page


def test_from_the_least_amount_on_a_card_is_offered(client: Client, paypal: FakePayPal) -> None:
    put_in_bag(client, 30)
    assert re.findall(r'name="payment" value="(\w+)"', html_of(client.get("/checkout/"))) == ["stripe", "paypal"]
    assert (too_little(Money(30, "GBP")), too_little(Money(0, "GBP"))) == ("", "")


@pytest.mark.parametrize("typed", [{}, {"payment": "stripe"}, {"payment": "\0"}])
def test_what_no_way_takes_is_said_and_places_nothing(
    client: Client, settings: Settings, paypal: FakePayPal, typed: dict[str, str]
) -> None:
    settings.PAYMENT_PROVIDERS = {"stripe": settings.PAYMENT_PROVIDERS["stripe"]}
    put_in_bag(client, 29)
    told = "£0.29 is too little to pay online: by card it takes at least £0.30. Please add a piece."
    assert told in html_of(client.get("/checkout/"))
    answer = submit(client, **typed)
    assert (answer.status_code, told in html_of(answer)) == (200, True)
    assert not Order.objects.exists()
