"""Orders that cost nothing: placed and paid at once, and no provider hears of them."""

import re

import pytest

from shop.cart.stores import StoredCart
from shop.checkout.cancelling import cancel_order
from shop.checkout.sentinel.run import sentinel
from shop.checkout.tests.paying_builders import FakeProvider
from shop.checkout.tests.voucher_builders import checkout_form, fill, place, visitor, words
from shop.events.models import OutboxEvent
from shop.invoices.paper import Paper, pdf
from shop.invoices.services import issue_invoice
from shop.marketing.models import Promotion
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, Refund
from shop.tests.builders import make_promotion, make_rate, make_voucher
from shop.warehouse.models import Reservation

pytestmark = pytest.mark.django_db


def costs_nothing() -> StoredCart:
    make_voucher("ALL", make_promotion(percent=100))
    make_rate(price=0)
    return fill(code="ALL")


def test_an_order_that_costs_nothing_is_placed_and_paid_without_a_provider(fake: FakeProvider) -> None:
    order = place(costs_nothing())
    assert (order.state, order.grand_total, order.tax_total) == ("paid", 0, 0)
    assert (PaymentAttempt.objects.count(), fake.calls) == (0, [])
    assert list(Reservation.objects.values_list("state", "quantity", "expires_at")) == [("held", 1, None)]
    told = OutboxEvent.objects.filter(name__in=["OrderPlaced", "OrderPaid"]).order_by("created_at")
    assert list(told.values_list("name", flat=True)) == ["OrderPlaced", "OrderPaid"]
    change = order.state_changes.last()
    assert change and (change.to_state, change.reason) == ("paid", "nothing to pay")
    assert Promotion.objects.get().uses == 1


def test_an_order_that_costs_nothing_is_well_in_the_sentinels_eyes_and_can_be_cancelled(fake: FakeProvider) -> None:
    order = place(costs_nothing())
    assert sentinel().failures == []
    cancel_order(order=order, actor=None, reason="changed my mind")
    order.refresh_from_db()
    assert (order.state, Reservation.objects.get().state, Promotion.objects.get().uses) == ("cancelled", "released", 0)
    assert (Refund.objects.count(), sentinel().failures) == (0, [])


def test_a_buyer_with_nothing_to_pay_goes_straight_to_the_thank_you_page(fake: FakeProvider) -> None:
    make_voucher("ALL", make_promotion(percent=100))
    make_rate("standard", 0, None)
    client = visitor()
    client.post("/cart/code/", {"code": "ALL"})
    page = words(client.get("/checkout/"))
    assert "There is nothing to pay." in page
    assert "Place order" in page
    assert "Continue to payment" not in page
    form = checkout_form(client, payment="stripe")
    for _ in range(2):
        answer = client.post("/checkout/", form)
        assert answer["Location"] == Order.objects.get().get_absolute_url()
    assert "Thank you" in words(client.get(answer["Location"]))
    assert (Order.objects.get().state, PaymentAttempt.objects.count()) == ("paid", 0)


def test_each_delivery_says_how_its_total_can_be_paid_so_that_the_page_follows_the_choice(fake: FakeProvider) -> None:
    make_voucher("ALL", make_promotion(percent=100))
    make_rate("standard", 0, None)
    make_rate("express", 600, None)
    client = visitor()
    client.post("/cart/code/", {"code": "ALL"})
    page = client.get("/checkout/").content.decode()
    assert re.findall(r'data-paying="([^"]*)"', page) == ["nothing", "nothing", "stripe"]
    answer = client.post("/checkout/", {"country": "GB", "method": "express", "update": "1"})
    assert re.findall(r'data-paying="([^"]*)"', answer.content.decode()) == ["stripe", "nothing", "stripe"]
    assert "Continue to payment" in words(answer)


def test_an_order_that_costs_nothing_has_an_invoice_over_nothing(fake: FakeProvider) -> None:
    document = issue_invoice(place(costs_nothing()).pk)
    assert document
    content = document.content
    assert (document.number[-6:], document.gross, document.tax) == ("000001", 0, 0)
    assert [(line["unit_price"], line["discount"], line["charged"]) for line in content["lines"]] == [
        (10_000, 10_000, 0)
    ]
    assert {share["gross"] for share in content["taxes"]} == {0}
    assert content["payment"]["paid_on"] == ""
    assert "Nothing was left to pay." in Paper(document).words()
    assert pdf(document).startswith(b"%PDF")
