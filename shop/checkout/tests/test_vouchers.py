"""Voucher codes from the bag to the order: typed, shown, agreed, counted once, given back."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.alerts.models import Alert
from shop.cart.models import Cart
from shop.checkout.paying import start_payment
from shop.checkout.reconcile import expire_unpaid
from shop.checkout.services import CartChanged, CodeRefused, shown
from shop.checkout.sync import sync
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of
from shop.checkout.tests.voucher_builders import HERE, checkout_form, fill, place, quoted, visitor, words
from shop.core import clock
from shop.marketing.models import Promotion, Redemption, Voucher
from shop.marketing.services import VoucherSpent
from shop.orders.models import Order, OrderLine
from shop.payments.models import PaymentAttempt
from shop.tests.builders import (
    make_product,
    make_promotion,
    make_rate,
    make_user,
    make_variant,
    make_voucher,
)
from shop.tests.parallel import in_parallel
from shop.warehouse.models import Reservation

pytestmark = pytest.mark.django_db


def nothing_was_written() -> bool:
    rows = (Order.objects, OrderLine.objects, PaymentAttempt.objects, Reservation.objects, Redemption.objects)
    counters = Promotion.objects.exclude(uses=0).exists() or Voucher.objects.exclude(uses=0).exists()
    return not counters and not any(manager.exists() for manager in rows)


# What an order keeps


def test_a_placed_order_keeps_the_discount_by_line_and_by_promotion_and_counts_the_use() -> None:
    make_rate("standard", 395, None)
    shirt, scarf = make_variant(price=7805), make_variant(make_product("Scarf"), price=2500)
    voucher = make_voucher("WELCOME10", make_promotion(name="Welcome"))
    order = place(fill(shirt, scarf, code="welcome10"))
    assert [line.discount_total for line in order.lines.all()] == [781, 250]
    assert (order.lines_total, order.discount_total, order.grand_total) == (10_305, 1031, 9669)
    use = order.redemptions.get()
    assert (use.voucher, use.label, use.amount, use.currency, use.customer) == (
        voucher, "Welcome (WELCOME10)", 1031, "GBP", "sam@example.com",
    )  # fmt: skip
    voucher.refresh_from_db()
    assert (voucher.uses, Promotion.objects.get().uses) == (1, 1)
    items = attempt_of(order).params["line_items"]
    assert sum(item["quantity"] * item["price_data"]["unit_amount"] for item in items) == 9669


def test_free_delivery_takes_the_chosen_way_off_and_is_not_used_up_where_it_was_free_anyway() -> None:
    make_rate("standard", 395, 20_000)
    make_rate("express", 795, None)
    make_voucher("FREESHIP", make_promotion(kind="free-delivery", name="Free delivery"))
    stored = fill(code="FREESHIP")
    assert [(choice.price_text, choice.discount) for choice in quoted(stored).choices] == [("Free", 395), ("Free", 795)]
    order = place(stored)
    assert (order.delivery_total, order.delivery_discount, order.discount_total) == (395, 395, 395)
    assert order.grand_total == 10_000
    assert [(use.label, use.amount) for use in order.redemptions.all()] == [("Free delivery (FREESHIP)", 395)]
    free_already = place(fill(quantity=2, code="FREESHIP"))
    assert (free_already.discount_total, free_already.redemptions.count()) == (0, 0)
    assert Promotion.objects.get().uses == 1


def test_delivery_is_offered_for_the_discounted_goods() -> None:
    make_rate("standard", 395, 9_500)
    stored = fill()
    assert [choice.price for choice in quoted(stored).choices] == [0]
    make_promotion(needs_code=False)
    assert [choice.price for choice in quoted(stored).choices] == [395]


@pytest.mark.parametrize("change", [{"is_active": False}, {"max_uses": 0}, {"ends_at": clock.now()}])
def test_a_code_that_stopped_applying_places_nothing(change: dict[str, object]) -> None:
    make_rate()
    stored = fill(code=make_voucher("TEN").code)
    seen = shown(quoted(stored))
    Promotion.objects.update(**change)
    with pytest.raises(CodeRefused):
        place(stored, seen)
    assert nothing_was_written()


def test_a_promotion_for_everybody_that_stopped_or_began_places_nothing() -> None:
    make_rate()
    make_promotion(needs_code=False)
    stored = fill()
    seen = shown(quoted(stored))
    Promotion.objects.update(is_active=False)
    with pytest.raises(CartChanged):
        place(stored, seen)
    seen = shown(quoted(stored))
    Promotion.objects.update(is_active=True)
    with pytest.raises(CartChanged):
        place(stored, seen)
    assert nothing_was_written()


def test_a_code_that_was_refused_when_shown_does_not_stop_the_order() -> None:
    make_rate()
    make_voucher("BIG", make_promotion(minimum_goods=50_000))
    order = place(fill(code="BIG"))
    assert (order.discount_total, order.redemptions.count()) == (0, 0)


def test_a_customer_who_has_used_the_code_places_nothing() -> None:
    make_rate()
    make_voucher("ONCE", make_promotion(max_uses_per_customer=1))
    place(fill(code="ONCE"))
    second = fill(code="ONCE")
    seen = shown(quoted(second))
    with pytest.raises(CodeRefused, match="You have used this code already"):
        place(second, seen, email="SAM@example.com ".strip())
    assert Order.objects.count() == 1


def test_placing_with_a_code_stays_within_the_queries_of_an_order() -> None:
    make_rate()
    make_voucher("ONCE", make_promotion(max_uses=5, max_uses_per_customer=1), max_uses=3)
    stored = fill(code="ONCE")
    seen = shown(quoted(stored))
    with CaptureQueriesContext(connection) as captured:
        place(stored, seen)
    statements = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) <= 25
    stock_at = max(at for at, sql in enumerate(statements) if sql.startswith('UPDATE "shop_stocklevel"'))
    assert stock_at < next(at for at, sql in enumerate(statements) if sql.startswith('UPDATE "shop_promotion"'))


# Given back, and taken again


def test_an_order_that_nobody_paid_gives_its_use_back_once() -> None:
    make_rate()
    make_voucher("ONCE", max_uses=1)
    order = place(fill(code="ONCE"))
    Order.objects.update(hold_until=clock.now() - timedelta(minutes=1))
    PaymentAttempt.objects.update(state="failed")
    assert [expire_unpaid(), expire_unpaid()] == [1, 0]
    use = order.redemptions.get()
    assert use.given_back_at
    assert (Voucher.objects.get().uses, Promotion.objects.get().uses) == (0, 0)
    assert place(fill(code="ONCE")).redemptions.count() == 1


@pytest.mark.parametrize("taken", [False, True])
def test_late_money_revives_an_order_at_its_price_whether_or_not_its_code_is_left(
    fake: FakeProvider, taken: bool
) -> None:
    make_rate()
    make_voucher("ONCE", max_uses=1)
    order = place(fill(code="ONCE"))
    attempt = attempt_of(order)
    start_payment(attempt.pk)
    fake.says(attempt, status="expired")
    sync(attempt.pk)
    assert order.redemptions.get().given_back_at
    if taken:
        place(fill(code="ONCE"))
    fake.says(attempt, status="complete", payment_status="paid")
    sync(attempt.pk)
    order.refresh_from_db()
    assert (order.state, order.discount_total) == ("paid", 1000)
    assert (order.redemptions.get().given_back_at is not None) == taken
    assert Alert.objects.filter(key__startswith="voucher-again:").count() == int(taken)
    assert (Voucher.objects.get().uses, Promotion.objects.miscounted().count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_fifty_buyers_of_a_code_with_ten_uses_place_exactly_ten_orders() -> None:
    make_rate()
    make_voucher("TEN", make_promotion(max_uses=10))
    variant = make_variant(stock=100, price=10_000)
    bags = [fill(variant, code="TEN") for _ in range(50)]
    seen = shown(quoted(bags[0]))

    def buy() -> None:
        stored = bags.pop()
        place(stored, seen, email=f"{stored.key}@example.com")

    errors = in_parallel(buy, 50)
    assert len(errors) == 40
    assert {type(error) for error in errors} <= {VoucherSpent, CodeRefused}
    assert Order.objects.filter(discount_total=1000).count() == Order.objects.count() == 10
    assert Promotion.objects.get().uses == Redemption.objects.count() == 10
    assert Reservation.objects.held().count() == 10


# The pages


def test_a_code_is_applied_shown_and_removed_in_the_bag() -> None:
    make_rate("standard", 395, None)
    make_voucher("WELCOME10", make_promotion(name="Welcome"))
    client = visitor()
    answer = client.post("/cart/code/", {"code": " welcome10 ", "apply": "1"})
    assert (answer.status_code, answer["Location"]) == (303, "/cart/#voucher")
    page = words(client.get("/cart/"))
    assert "Welcome (WELCOME10) −£10" in page
    assert "Estimated total £93.95" in page
    assert "Voucher code WELCOME10 applied Remove" in page
    drawer = words(client.get("/cart/", headers={"X-Part": "drawer"}))
    assert "Welcome (WELCOME10) −£10" in drawer
    client.post("/cart/code/", {"remove": "1"})
    page = words(client.get("/cart/"))
    assert "Welcome" not in page
    assert Cart.objects.get().code == ""


@pytest.mark.parametrize("typed", ["NOPE", "A" * 500, "🎉", "ten\0off", "' or 1=1 --", "<script>"])
def test_a_code_that_cannot_be_is_refused_beside_the_field_and_the_one_that_applies_stays(typed: str) -> None:
    make_rate()
    make_voucher("TEN")
    client = visitor()
    client.post("/cart/code/", {"code": "TEN"})
    for address in ("/cart/code/", "/checkout/"):
        page = client.post(address, {"code": typed})
        assert page.status_code == 200
        html = page.content.decode()
        assert 'aria-invalid="true" aria-describedby="code_error"' in html
        assert '<p class="error" id="code_error" role="alert">We do not know this code.' in html
        assert "<script>" not in html
        assert len(re.findall(r'id="code"', html)) == 1
    assert Cart.objects.get().code == "TEN"


def test_an_empty_code_asks_for_one_and_a_strangers_post_is_harmless() -> None:
    assert "Enter a code first." in words(visitor().post("/cart/code/", {"code": "  "}))
    assert Client().post("/cart/code/", {"code": "TEN"}).status_code == 303
    assert Client().get("/cart/code/").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/cart/code/", {"code": "TEN"}).status_code == 403


def test_a_code_the_bag_is_too_small_for_is_kept_and_applies_once_it_is_large_enough() -> None:
    make_rate()
    make_voucher("BIG", make_promotion(minimum_goods=15_000))
    shirt = make_variant(price=10_000)
    client = visitor(shirt)
    client.post("/cart/code/", {"code": "BIG"})
    assert "Add £50 more to use this code." in words(client.get("/cart/"))
    client.post("/cart/add/", {"variant": shirt.pk}, headers=HERE)
    page = words(client.get("/cart/"))
    assert "Spring offer (BIG) −£20" in page


def test_the_progress_to_free_delivery_counts_discounted_goods() -> None:
    make_rate("standard", 395, 9_500)
    make_voucher("TEN")
    client = visitor()
    assert "You have free delivery." in words(client.get("/cart/"))
    client.post("/cart/code/", {"code": "TEN"})
    assert "£5 more for free delivery." in words(client.get("/cart/"))


def test_the_checkout_takes_a_code_keeps_what_was_typed_and_shows_the_new_total() -> None:
    make_rate("standard", 395, None)
    make_voucher("TEN")
    client = visitor()
    form = checkout_form(client, name="Kim Li")
    page = client.post("/checkout/", form | {"code": "TEN", "apply": "1"})
    assert 'value="Kim Li"' in page.content.decode()
    assert "Spring offer (TEN) −£10" in words(page)
    assert "Total £93.95" in words(page)
    page = client.post("/checkout/", checkout_form(client, name="Kim Li") | {"remove": "1"})
    assert 'value="Kim Li"' in page.content.decode()
    assert "Total £103.95" in words(page)
    assert not Order.objects.exists()


def test_continuing_with_a_code_typed_but_not_applied_shows_the_new_total_first(fake: FakeProvider) -> None:
    make_rate("standard", 395, None)
    make_voucher("TEN")
    client = visitor()
    page = client.post("/checkout/", checkout_form(client) | {"code": "TEN"})
    assert "Total £93.95" in words(page)
    assert not Order.objects.exists()
    answer = client.post("/checkout/", checkout_form(client))
    assert answer["Location"].startswith("https://pay.example/")
    assert Order.objects.get().grand_total == 9395


def test_a_code_spent_meanwhile_leads_back_to_the_bag_with_the_reason() -> None:
    make_rate()
    make_voucher("TEN", max_uses=1)
    client = visitor()
    client.post("/cart/code/", {"code": "TEN"})
    form = checkout_form(client)
    Voucher.objects.update(max_uses=0)
    answer = client.post("/checkout/", form)
    assert (answer.status_code, answer["Location"]) == (303, "/cart/?changed=code&why=spent#voucher")
    page = words(client.get(answer["Location"]))
    assert "Your voucher code stopped applying while you were checking out, so nothing was ordered." in page
    assert "This code has been used up." in page
    assert nothing_was_written()


def test_a_guest_who_has_used_the_code_is_told_in_the_bag_and_can_go_on_without(fake: FakeProvider) -> None:
    make_rate("standard", 395, None)
    make_voucher("ONCE", make_promotion(max_uses_per_customer=1))
    place(fill(code="ONCE"))
    client = visitor()
    client.post("/cart/code/", {"code": "ONCE"})
    answer = client.post("/checkout/", checkout_form(client, email="Sam@Example.com"))
    assert answer["Location"] == "/cart/?changed=code&why=used-by-you#voucher"
    page = words(client.get(answer["Location"]))
    assert "You have used this code already." in page
    assert "Spring offer" not in page
    assert client.post("/checkout/", checkout_form(client))["Location"].startswith("https://pay.example/")
    assert Order.objects.order_by("-pk")[0].discount_total == 0


def test_somebody_signed_in_is_told_at_once() -> None:
    make_rate()
    make_voucher("ONCE", make_promotion(max_uses_per_customer=1))
    place(fill(code="ONCE"), email="alice@example.org")
    client = visitor()
    client.force_login(make_user("alice@example.org"))
    assert "You have used this code already." in words(client.post("/cart/code/", {"code": "ONCE"}))


def test_another_address_does_not_slip_past_the_limit_on_the_same_order(fake: FakeProvider) -> None:
    make_rate()
    make_voucher("ONCE", make_promotion(max_uses_per_customer=1))
    place(fill(code="ONCE"), email="sam@example.com")
    client = visitor()
    client.post("/cart/code/", {"code": "ONCE"})
    form = checkout_form(client, email="kim@example.com")
    assert client.post("/checkout/", form)["Location"].startswith("https://pay.example/")
    answer = client.post("/checkout/", form | {"email": "sam@example.com"})
    assert "why=used-by-you" in answer["Location"]
    uses = Redemption.objects.standing().values_list("customer", flat=True)
    assert list(uses) == ["sam@example.com"]


def test_going_back_and_changing_the_bag_keeps_the_code_of_ones_own_unpaid_order(fake: FakeProvider) -> None:
    make_rate("standard", 395, None)
    make_voucher("LAST", make_promotion(max_uses=1, max_uses_per_customer=1))
    shirt = make_variant(price=10_000)
    client = visitor(shirt)
    client.post("/cart/code/", {"code": "LAST"})
    client.post("/checkout/", checkout_form(client))
    client.post("/cart/add/", {"variant": shirt.pk}, headers=HERE)
    answer = client.post("/checkout/", checkout_form(client))
    assert answer["Location"].startswith("https://pay.example/")
    assert [(order.state, order.discount_total) for order in Order.objects.order_by("pk")] == [
        ("cancelled", 1000),
        ("pending", 2000),
    ]
    assert Promotion.objects.get().uses == 1


def test_the_orders_page_names_what_was_taken_off() -> None:
    make_rate()
    make_voucher("TEN")
    order = place(fill(code="TEN"))
    page = words(Client().get(order.get_absolute_url()))
    assert "Spring offer (TEN) −£10" in page
