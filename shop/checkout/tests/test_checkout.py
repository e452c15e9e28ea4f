"""The checkout over HTTP, up to the payment page."""

import re
from typing import Any

import pytest
from django.test import Client

from shop.adapters.payments import ProviderUnavailable
from shop.cart.models import CartLine
from shop.catalog.models import ProductVariant
from shop.checkout.sync import sync
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of
from shop.delivery.models import ShippingRate
from shop.events.relay import relay
from shop.orders import services as orders
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from shop.tests.builders import make_product, make_rate, make_size, make_user, make_variant
from shop.warehouse.models import StockLevel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fake")]

HERE = {"Origin": "http://testserver"}
PAID = {"status": "complete", "payment_status": "paid", "intent_id": "pi_1", "intent_status": "succeeded"}
SAM = {
    "email": "sam@example.com",
    "name": "Sam Okafor",
    "country": "GB",
    "address": "14 Navarino Road",
    "address2": "",
    "city": "London",
    "postcode": "e83pn",
    "phone": "",
    "method": "standard",
}


@pytest.fixture
def shirt(client: Client) -> ProductVariant:
    """A shirt of £78, ten in stock, one of them in the bag; delivery by two ways."""
    make_rate("standard", 395, None)
    make_rate("express", 695, None, min_days=1, max_days=1)
    make_rate("standard", 900, None, countries=["FR", "US", "IE"])
    variant = make_variant(make_product("Quarry Linen Shirt"), stock=10, price=7800)
    put(client, variant)
    return variant


def put(client: Client, variant: ProductVariant, quantity: int = 1) -> None:
    client.post("/cart/add/", {"variant": variant.pk, "quantity": quantity}, headers=HERE)


def hidden(client: Client) -> dict[str, str]:
    """The hidden fields of the form as shown now."""
    page = client.get("/checkout/")
    assert page.status_code == 200, page["Location"]
    return fields(page.content.decode())


def fields(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(placement_key|seen)" value="([^"]*)"', page)
    return {name: value.replace("&amp;", "&") for name, value in found}


def submit(client: Client, shown: dict[str, str] | None = None, /, **changes: Any) -> Any:
    return client.post("/checkout/", {**SAM, **(shown or hidden(client)), **changes})


def bag() -> list[int]:
    return list(CartLine.objects.values_list("quantity", flat=True))


def test_the_form_leads_to_the_payment_page(client: Client, shirt: ProductVariant) -> None:
    response = submit(client, news="on")
    order = Order.objects.get()
    assert (response.status_code, response["Location"]) == (303, attempt_of(order).redirect_url)
    assert (order.email, order.full_name, order.address) == ("sam@example.com", "Sam Okafor", "14 Navarino Road")
    assert (order.city, order.postcode, order.country) == ("London", "E8 3PN", "GB")
    assert (order.marketing_consent, order.user, order.grand_total) == (True, None, 8195)
    assert response["Cache-Control"] == "private, no-store"
    assert bag() == [1]


def test_somebody_signed_in_owns_the_order(client: Client, shirt: ProductVariant) -> None:
    alice = make_user()
    client.force_login(alice)
    submit(client)
    assert Order.objects.get().user == alice


def test_submitting_needs_djangos_token(shirt: ProductVariant, client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert submit(strict, hidden(client)).status_code == 403
    assert not Order.objects.exists()


def test_the_page_has_the_labels_and_amounts_people_expect(client: Client, shirt: ProductVariant) -> None:
    page = client.get("/checkout/").content.decode()
    for label in ("Email", "Full name", "Country", "Address", "City", "Postcode"):
        assert re.search(rf'<label for="\w+">{label}</label>', page), label
    assert "Delivery method" in page and "Continue to payment</button>" in page
    assert "£81.95" in page and "Quarry Linen Shirt" in page and "<title>Checkout" in page
    for token in ("email", "name", "country", "address-line1", "address-level2", "postal-code", "tel"):
        assert f'autocomplete="{token}"' in page
    assert '<meta name="robots" content="noindex">' in page


@pytest.mark.parametrize("empty", ["no bag", "empty bag"])
def test_without_anything_to_buy_checkout_leads_to_the_bag(client: Client, empty: str, shirt: ProductVariant) -> None:
    if empty == "no bag":
        client.cookies.clear()
    else:
        client.post("/cart/update/", {"variant": shirt.pk, "remove": 1})
    for response in (client.get("/checkout/"), client.post("/checkout/", SAM)):
        assert (response.status_code, response["Location"].split("?")[0]) == (303, "/cart/")
    assert not Order.objects.exists()


def test_all_errors_are_shown_at_once_and_everything_typed_is_kept(client: Client, shirt: ProductVariant) -> None:
    response = submit(client, email="sam@", name="  ", address="", city="Łódź <b>", postcode="E8 3", phone="+44 1")
    page = response.content.decode()
    assert response.status_code == 200
    assert "<title>Problem: Checkout" in page
    for name in ("email", "name", "address", "postcode"):
        assert f'<a href="#{name}">' in page
        assert f'id="{name}_error"' in page
        assert re.search(rf'<input[^>]*name="{name}"[^>]*aria-invalid="true"[^>]*>', page), name
    assert "Enter your email in full, like sam@example.com." in page
    assert "Check it: it should look like EC1Y 8SY." in page
    for typed in ("sam@", "Łódź &lt;b&gt;", "E8 3", "+44 1"):
        assert f'value="{typed}"' in page
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "name", ["Sam 🧥 Okafor", "سام عكافور", "שרה כהן", "O'Brien-Núñez", "Ng", "X Æ A-12", "١٢٣", "李"]
)
def test_no_name_is_refused(client: Client, shirt: ProductVariant, name: str) -> None:
    assert submit(client, name=name, address=f"{name} 1", city=name).status_code == 303
    order = Order.objects.get()
    assert (order.full_name, order.city) == (name, name)
    assert name in client.get(order.get_absolute_url()).content.decode().replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("field", "limit"),
    [("name", 150), ("address", 200), ("address2", 200), ("city", 100), ("postcode", 20), ("phone", 40)],
)
def test_5000_characters_are_asked_to_be_fewer(client: Client, shirt: ProductVariant, field: str, limit: int) -> None:
    response = submit(client, **{field: "x" * 5000})
    page = response.content.decode()
    assert (response.status_code, Order.objects.exists()) == (200, False)
    assert f"Shorten this to {limit} characters; it has 5000." in page
    assert "x" * 5000 in page


@pytest.mark.parametrize(
    "email", ["x" * 5000 + "@example.com", "a@b", "@", "sam@example.com\r\nBcc: all@example.com", "\0"]
)
def test_a_broken_email_is_refused(client: Client, shirt: ProductVariant, email: str) -> None:
    assert submit(client, email=email).status_code == 200
    assert not Order.objects.exists()


def test_line_breaks_in_a_name_become_spaces(client: Client, shirt: ProductVariant) -> None:
    submit(client, name="Sam\r\nBcc: all@example.com", address="14\tNavarino   Road")
    order = Order.objects.get()
    assert (order.full_name, order.address) == ("Sam Bcc: all@example.com", "14 Navarino Road")


@pytest.mark.parametrize("field", ["name", "city", "country", "method", "placement_key", "seen"])
def test_null_characters_break_nothing(client: Client, shirt: ProductVariant, field: str) -> None:
    response = submit(client, **{field: "a\0b"})
    assert response.status_code in (200, 303)
    assert not Order.objects.exists()


def test_the_country_shapes_the_form_and_values_are_kept(client: Client, shirt: ProductVariant) -> None:
    shown = hidden(client)
    response = submit(client, shown, country="US", update="1", email="sam@", name="Sam")
    page = response.content.decode()
    assert '<label for="postcode">ZIP code</label>' in page and '<label for="region">State</label>' in page
    assert 'value="sam@"' in page and 'value="Sam"' in page and "Problem:" not in page
    assert "£72.50" in page and "Without UK VAT; import duties may be due on delivery." in page
    assert '<span class="price">£65</span>' in page and "£78" not in page
    assert not Order.objects.exists()
    response = submit(client, fields(page), country="US", region="Ohio", postcode="95014")
    order = Order.objects.get()
    assert (response.status_code, order.region, order.delivery_total) == (303, "Ohio", 750)
    assert (order.tax_country, order.tax_total, order.grand_total) == ("", 0, 7250)


def test_a_region_is_chosen_from_the_list(client: Client, shirt: ProductVariant) -> None:
    page = submit(client, country="US", region="Atlantis", postcode="95014").content.decode()
    assert "Choose a state from the list." in page
    assert "Choose or enter a state." in submit(client, country="US", region="").content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize("country", ["ZZ", "DE", "", "x" * 5000])
def test_a_country_we_do_not_deliver_to_is_refused(client: Client, shirt: ProductVariant, country: str) -> None:
    response = submit(client, country=country)
    assert (response.status_code, Order.objects.exists()) == (200, False)
    assert 'id="country_error"' in response.content.decode()


def test_another_country_without_an_update_shows_the_new_total_first(client: Client, shirt: ProductVariant) -> None:
    response = submit(client, country="FR", postcode="75011", city="Paris")
    page = response.content.decode()
    assert "Going there, your pieces cost £65. Please check the new total." in page
    assert "£72.50" in page
    assert not Order.objects.exists()
    assert submit(client, fields(page), country="FR", postcode="75011", city="Paris").status_code == 303
    assert Order.objects.get().delivery_total == 750


@pytest.mark.parametrize("method", ["", "drone"])
def test_an_unknown_way_of_delivery_is_refused(client: Client, shirt: ProductVariant, method: str) -> None:
    page = submit(client, method=method).content.decode()
    assert 'href="#method"' in page and 'id="method_error"' in page
    assert not Order.objects.exists()


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
