"""A shop run in a currency with two, none or three decimals: shown, ordered, discounted, taxed, paid and invoiced.

Payments go over HTTP to the sandbox, through Stripe's own client.
"""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from adminpanel.fields import MoneyField
from adminpanel.tests.builders import make_staff, signed_in
from shop.adapters import payments
from shop.catalog import listings
from shop.catalog.models import ProductVariant
from shop.core.money import Money, in_steps
from shop.delivery.models import ShippingMethod, ShippingRate
from shop.events.relay import relay
from shop.invoices.models import Document
from shop.invoices.services import issue_credit_note
from shop.mail.models import OutgoingMail
from shop.orders.models import Order, OrderLine
from shop.payments.models import Refund
from shop.refunds.amounts import share
from shop.tests.builders import make_order, make_product, make_promotion, make_rate, make_variant

CURRENCIES = ("GBP", "JPY", "KWD")
HERE = {"Origin": "http://testserver"}
CARD = {"card_number": "4242 4242 4242 4242", "expiry": "12/40", "cvc": "123"}
SAM = {"email": "sam@example.com", "name": "Sam Okafor", "address": "1 Road", "address2": "", "city": "London"}
SAM |= {"phone": "", "method": "standard"}
PLACES = {"GB": {"country": "GB", "postcode": "e83pn"}, "US": {"country": "US", "postcode": "95014", "region": "Ohio"}}
# 8190 minor units on pages.
WRITTEN = {"GBP": "£81.90", "JPY": "JP¥8,190", "KWD": "KWD\xa08.190"}


@pytest.fixture(params=CURRENCIES)
def currency(request: pytest.FixtureRequest, settings: Settings) -> str:
    settings.SHOP_CURRENCY = request.param
    return str(request.param)


@pytest.fixture
def shirt(currency: str) -> ProductVariant:
    """A shirt of 7800 minor units, on pages and in stock, that goes anywhere for 390."""
    make_rate("standard", 390, 20_000, countries=["GB", "US"])
    variant = make_variant(make_product("Quarry Linen Shirt"), price=7800)
    listings.refresh([variant.product_id])
    return variant


def bag_of(variant: ProductVariant, quantity: int = 1) -> Client:
    client = Client()
    client.post("/cart/add/", {"variant": variant.pk, "quantity": quantity}, headers=HERE)
    return client


def ordered(client: Client, country: str) -> Order:
    """Check out, first asking for the totals of that country."""
    asked = client.post("/checkout/", {**SAM, **PLACES[country], "update": "1"}).content.decode()
    found = re.findall(r'<input type="hidden" name="(placement_key|seen)" value="([^"]*)"', asked)
    hidden = {name: value.replace("&amp;", "&") for name, value in found}
    response = client.post("/checkout/", {**SAM, **PLACES[country], **hidden})
    assert response.status_code == 303, response.content.decode()
    return Order.objects.get()


def paid_in_sandbox(order: Order) -> Order:
    """Paid with a card on the sandbox's page; what follows from it was done."""
    page = order.payment_attempts.get().redirect_url
    Client().post(page[page.index("/sandbox") :], CARD)
    order.refresh_from_db()
    while relay():
        pass
    return order


@pytest.fixture
def sandbox(settings: Settings, live_server: LiveServer) -> Any:
    settings.SITE_URL = live_server.url
    settings.STRIPE_API_BASE = f"{live_server.url}/sandbox/stripe"
    settings.SANDBOX_WEBHOOK_URL = f"{live_server.url}/webhooks/stripe/"
    payments.provider.cache_clear()
    yield
    payments.provider.cache_clear()


@pytest.mark.django_db
def test_pages_and_machines_write_amounts_with_the_currencys_own_decimals(shirt: ProductVariant, currency: str) -> None:
    client = bag_of(shirt)
    for page in ("/cart/", "/checkout/"):
        assert WRITTEN[currency] in client.get(page).content.decode()
    product = client.get(shirt.product.get_absolute_url()).content.decode()
    exact = str(Money(7800, currency).decimal)
    assert f'"price": "{exact}", "priceCurrency": "{currency}"' in product
    assert f"<g:price>{exact} {currency}</g:price>" in b"".join(client.get("/feeds/products.xml")).decode()
    assert str(Money(20_000, currency)) in client.get("/").content.decode()
    assert f"{Money(12_200, currency)} more for free delivery" in client.get("/cart/").content.decode()
    assert str(shirt.unit_price) in client.get("/shop/").content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("country", PLACES)
def test_an_order_is_paid_mailed_invoiced_and_credited(shirt: ProductVariant, currency: str, country: str) -> None:
    order = paid_in_sandbox(ordered(bag_of(shirt, 2), country))
    expected = {"GB": (15_990, 2665), "US": (13_000 + in_steps(325, currency), 0)}[country]
    assert (order.state, order.currency) == (Order.State.PAID, currency)
    assert (order.grand_total, order.tax_total) == expected
    attempt = order.payment_attempts.get()
    assert (attempt.captured_amount, attempt.currency) == (order.grand_total, currency)
    mail = OutgoingMail.objects.get(key=f"order-confirmation:{order.number}")
    assert f"Paid: {order.total}" in mail.text
    invoice = Document.objects.get()
    assert (invoice.gross, invoice.tax, invoice.currency) == (*expected, currency)
    assert Client().get(reverse("order-invoice", args=[order.number, order.key])).content.startswith(b"%PDF-")
    assert str(order.total) in Client().get(order.get_absolute_url()).content.decode()
    back = Refund.objects.create(
        attempt=attempt,
        reason="goodwill",
        state="succeeded",
        amount=order.grand_total,
        free_amount=0,
        currency=currency,
    )
    note = issue_credit_note(back.pk)
    assert note and (note.gross, note.tax, note.currency) == (*expected, currency)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("sandbox")
def test_a_discount_leaves_an_amount_that_can_be_paid(shirt: ProductVariant, currency: str) -> None:
    make_promotion(percent=33, needs_code=False)
    shirt.price = 7770
    shirt.save()
    order = paid_in_sandbox(ordered(bag_of(shirt), "GB"))
    # 2564.1, and without the last digit where it cannot be paid.
    assert order.discount_total == {"KWD": 2560}.get(currency, 2564)
    assert (order.state, order.grand_total) == (Order.State.PAID, 7770 - order.discount_total + 390)
    assert sum(tax.gross for tax in order.taxes.all()) == order.grand_total


@pytest.mark.parametrize(
    ("code", "shares"), [("GBP", [0, 333, 666, 1000]), ("JPY", [0, 333, 666, 1000]), ("KWD", [0, 330, 660, 1000])]
)
def test_units_are_paid_back_in_amounts_that_can_be_paid(settings: Settings, code: str, shares: list[int]) -> None:
    settings.SHOP_CURRENCY = code
    line = OrderLine(unit_price=400, quantity=3, line_total=1200, discount_total=200)
    assert [share(line, units) for units in range(4)] == shares


@pytest.mark.django_db
def test_staff_see_and_type_amounts_in_it(shirt: ProductVariant, currency: str) -> None:
    client = signed_in(make_staff("owner"))
    order = make_order(shirt)
    assert str(order.total) in client.get(reverse("admin:shop_order_changelist")).content.decode()
    assert str(order.total) in client.get(reverse("admin:shop_order_change", args=[order.pk])).content.decode()
    page = client.get(reverse("admin:shop_productvariant_change", args=[shirt.pk])).content.decode()
    assert f"In {currency}, such as {MoneyField(currency=currency).example}" in page
    rate = {"countries": "FR", "price": MoneyField(currency=currency).example, "min_days": "2", "max_days": "4"}
    form = {"code": "new", "name": "New", "position": "0", "cut_off": "14:00", "is_active": "on"} | {
        f"rates-0-{name}": value for name, value in rate.items()
    }
    form |= {"rates-TOTAL_FORMS": "1", "rates-INITIAL_FORMS": "0", "rates-0-free_over": ""}
    assert client.post(reverse("admin:shop_shippingmethod_add"), form).status_code == 302
    added = ShippingRate.objects.get(method=ShippingMethod.objects.get(code="new"))
    assert (added.currency, added.price) == (currency, Money.from_decimal("12.5", currency).amount)


def test_a_price_that_cannot_be_paid_is_refused_beside_its_field() -> None:
    assert MoneyField(currency="KWD").clean("12.340") == 12_340
    with pytest.raises(ValidationError, match="last decimal must be 0"):
        MoneyField(currency="KWD").clean("12.345")


def test_amounts_are_brought_to_the_nearest_step() -> None:
    assert [in_steps(amount, "KWD") for amount in (6624, 6625, 6630, 4)] == [6620, 6630, 6630, 0]
    assert [in_steps(6625, currency) for currency in ("GBP", "JPY")] == [6625, 6625]
    assert Money(6625, "KWD").decimal == Decimal("6.625")
