"""The checkout's form over HTTP: what it shows, takes and refuses."""

import re

import pytest
from django.test import Client

from shop.catalog.models import ProductVariant
from shop.checkout.tests.form_builders import SAM, bag, fields, hidden, submit
from shop.checkout.tests.paying_builders import attempt_of
from shop.orders.models import Order
from shop.tests.builders import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fake")]


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
