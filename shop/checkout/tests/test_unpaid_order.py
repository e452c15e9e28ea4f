"""One unpaid order for a bag: submitted again, changed, stale, paid elsewhere, and begun anew."""

from datetime import timedelta

import pytest
from django.test import Client

from shop.adapters.payments import ProviderUnavailable
from shop.catalog.models import ProductVariant
from shop.checkout.sync import sync
from shop.checkout.tests.form_builders import PAID, bag, fields, hidden, put, submit
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of
from shop.core import clock
from shop.delivery.models import ShippingRate
from shop.events.relay import relay
from shop.orders import services as orders
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from shop.tests.builders import make_size, make_variant
from shop.warehouse.models import StockLevel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fake")]


def test_a_double_submit_is_one_order(client: Client, shirt: ProductVariant) -> None:
    shown = hidden(client)
    first, second = submit(client, shown), submit(client, shown)
    assert first["Location"] == second["Location"]
    assert (Order.objects.count(), StockLevel.objects.get().reserved) == (1, 1)
    assert list(Order.objects.get().requests.values_list("what", flat=True)) == ["placed", "submitted"]


def test_back_from_the_payment_page_shows_what_was_typed_and_goes_on_with_the_same_order(
    client: Client, shirt: ProductVariant
) -> None:
    first = submit(client)
    page = client.get("/checkout/").content.decode()
    assert 'value="Sam Okafor"' in page and 'value="E8 3PN"' in page
    again = submit(client, name="Samuel Okafor")
    order = Order.objects.get()
    assert (again["Location"], order.full_name) == (first["Location"], "Samuel Okafor")


def test_two_tabs_are_one_order(client: Client, shirt: ProductVariant) -> None:
    one, two = hidden(client), hidden(client)
    assert one == two
    submit(client, one)
    submit(client, two)
    assert Order.objects.count() == 1


def test_another_delivery_replaces_the_unpaid_order(client: Client, shirt: ProductVariant) -> None:
    StockLevel.objects.update(on_hand=1)
    submit(client)
    old = Order.objects.get()
    response = submit(client, method="express")
    old.refresh_from_db()
    new = Order.objects.exclude(pk=old.pk).get()
    assert (old.state, attempt_of(old).state) == ("cancelled", "expired")
    assert (new.state, new.shipping_method, response["Location"]) == (
        "pending",
        "express",
        attempt_of(new).redirect_url,
    )
    assert StockLevel.objects.get().reserved == 1


def test_a_changed_bag_replaces_the_unpaid_order(client: Client, shirt: ProductVariant) -> None:
    StockLevel.objects.update(on_hand=2)
    submit(client)
    assert "is not paid yet" in client.get("/cart/").content.decode()
    client.post("/cart/update/", {"variant": shirt.pk, "quantity": 2})
    assert submit(client).status_code == 303
    assert list(Order.objects.order_by("pk").values_list("state", flat=True)) == ["cancelled", "pending"]
    assert StockLevel.objects.get().reserved == 2


def test_a_stale_page_after_a_changed_bag_orders_nothing(client: Client, shirt: ProductVariant) -> None:
    shown = hidden(client)
    client.post("/cart/update/", {"variant": shirt.pk, "quantity": 2})
    response = submit(client, shown)
    assert (response["Location"], Order.objects.exists()) == ("/cart/?changed=bag", False)
    assert "Your bag changed in another window" in client.get("/cart/?changed=bag").content.decode()


@pytest.mark.parametrize("posted", ["", "x", "x" * 5000, "🧥"])
def test_an_edited_placement_key_orders_nothing(client: Client, shirt: ProductVariant, posted: str) -> None:
    response = submit(client, hidden(client) | {"placement_key": posted})
    assert (response["Location"], Order.objects.exists()) == ("/cart/?changed=bag", False)


def test_somebody_elses_placement_key_is_no_way_to_their_order(client: Client, shirt: ProductVariant) -> None:
    shown = hidden(client)
    submit(client, shown)
    stranger = Client()
    put(stranger, shirt)
    response = submit(stranger, hidden(stranger) | {"placement_key": shown["placement_key"]})
    assert (response["Location"], Order.objects.count()) == ("/cart/?changed=bag", 1)


def test_a_changed_price_leads_to_the_bag_with_the_line_named(client: Client, shirt: ProductVariant) -> None:
    shown = hidden(client)
    ProductVariant.objects.update(price=8500)
    response = submit(client, shown)
    assert (response.status_code, response["Location"], Order.objects.exists()) == (303, "/cart/?changed=lines", False)
    page = client.get(response["Location"]).content.decode()
    assert "nothing was ordered" in page and "Quarry Linen Shirt is now £85, it was £78" in page
    assert submit(client).status_code == 303


def test_stock_that_went_to_somebody_else_leads_to_the_bag(client: Client, shirt: ProductVariant) -> None:
    shown = hidden(client)
    StockLevel.objects.update(on_hand=0)
    response = submit(client, shown)
    assert (response["Location"], Order.objects.exists()) == ("/cart/?changed=lines", False)
    assert "Sold out in size M." in client.get(response["Location"]).content.decode()


def test_a_changed_delivery_price_is_shown_before_anything_is_ordered(client: Client, shirt: ProductVariant) -> None:
    shown = hidden(client)
    ShippingRate.objects.filter(method__code="standard").update(price=500)
    page = submit(client, shown).content.decode()
    assert "Standard to this country is £5. Please check the new total." in page and "<title>Problem:" in page
    assert not Order.objects.exists()
    assert submit(client, fields(page)).status_code == 303


def test_a_payment_page_that_cannot_be_reached_leaves_an_order_to_pay(
    client: Client, shirt: ProductVariant, fake: FakeProvider
) -> None:
    fake.errors = [ProviderUnavailable("down")]
    response = submit(client)
    order = Order.objects.get()
    assert response["Location"] == f"{order.get_absolute_url()}?payment=unavailable"
    page = client.get(response["Location"]).content.decode()
    assert "Pay now</button>" in page and "nothing was charged" in page
    assert (order.state, bag()) == ("pending", [1])
    paying = client.post(f"{order.get_absolute_url()}pay/")
    assert paying["Location"] == attempt_of(order).redirect_url


def test_a_bad_answer_while_replacing_keeps_the_old_order(
    client: Client, shirt: ProductVariant, fake: FakeProvider
) -> None:
    submit(client)
    fake.errors = [ProviderUnavailable("down")]
    response = submit(client, method="express")
    order = Order.objects.get()
    assert response["Location"] == f"{order.get_absolute_url()}?payment=unavailable"
    assert (order.state, order.shipping_method) == ("pending", "standard")


def test_paying_empties_the_bag_at_once_and_the_event_does_it_no_second_time(
    client: Client, shirt: ProductVariant, fake: FakeProvider
) -> None:
    shown = hidden(client)
    submit(client, shown)
    order = Order.objects.get()
    fake.says(attempt_of(order), **PAID)
    sync(attempt_of(order).pk)
    page = client.get(order.get_absolute_url()).content.decode()
    assert '<h1 class="h2">Thank you</h1>' in page and order.number in page
    assert bag() == []
    assert client.get("/me/").json()["bag"] == 0
    put(client, shirt)
    relay()
    client.get(order.get_absolute_url())
    assert bag() == [1]
    assert submit(client, shown)["Location"] == order.get_absolute_url()


def test_the_page_of_an_order_paid_days_ago_takes_nothing_out_of_the_bag(
    client: Client, shirt: ProductVariant, fake: FakeProvider
) -> None:
    submit(client)
    order = Order.objects.get()
    fake.says(attempt_of(order), **PAID)
    sync(attempt_of(order).pk)
    Order.objects.filter(pk=order.pk).update(paid_at=clock.now() - timedelta(days=1, seconds=1))
    client.get(order.get_absolute_url())
    assert bag() == [1]


def test_the_event_empties_the_bag_of_a_buyer_who_never_came_back(
    client: Client, shirt: ProductVariant, fake: FakeProvider
) -> None:
    submit(client)
    order = Order.objects.get()
    fake.says(attempt_of(order), **PAID)
    sync(attempt_of(order).pk)
    assert bag() == [1]
    relay()
    assert bag() == []


def test_an_order_paid_in_another_tab_is_not_ordered_again(
    client: Client, shirt: ProductVariant, fake: FakeProvider
) -> None:
    submit(client)
    order = Order.objects.get()
    client.post("/cart/update/", {"variant": shirt.pk, "quantity": 2})
    shown = hidden(client)
    fake.says(attempt_of(order), **PAID)
    response = submit(client, shown)
    order.refresh_from_db()
    assert (response["Location"], order.state, Order.objects.count()) == (order.get_absolute_url(), "paid", 1)


def test_after_a_payment_that_ran_out_the_bag_can_be_ordered_again(client: Client, shirt: ProductVariant) -> None:
    shown = hidden(client)
    submit(client, shown)
    order = Order.objects.get()
    PaymentAttempt.objects.update(state="expired")
    orders.move(order, Order.State.CANCELLED, reason="not paid in time")
    assert bag() == [1]
    response = submit(client, shown)
    new = Order.objects.exclude(pk=order.pk).get()
    assert (response["Location"], new.state) == (attempt_of(new).redirect_url, "pending")


def test_an_order_whose_payment_is_on_its_way_is_not_placed_again(client: Client, shirt: ProductVariant) -> None:
    shown = hidden(client)
    submit(client, shown)
    order = Order.objects.get()
    orders.move(order, Order.State.PROCESSING)
    assert submit(client, shown)["Location"] == order.get_absolute_url()
    assert "waiting for your bank" in client.get("/cart/").content.decode()
    assert Order.objects.count() == 1


def test_one_size_more_can_be_chosen_while_the_unpaid_order_holds_the_last(
    client: Client, shirt: ProductVariant
) -> None:
    StockLevel.objects.update(on_hand=1)
    make_variant(shirt.product, size=make_size("L"))
    submit(client)
    assert "Sold out" not in client.get("/cart/").content.decode()
    stranger = Client()
    put(stranger, shirt)
    assert stranger.get("/me/").json()["bag"] == 0


def test_everywhere_undeliverable_is_told(client: Client, shirt: ProductVariant) -> None:
    ShippingRate.objects.all().delete()
    page = client.get("/checkout/").content.decode()
    assert "We cannot deliver there just now." in page
    assert submit(client, {}).status_code == 200
    assert not Order.objects.exists()
