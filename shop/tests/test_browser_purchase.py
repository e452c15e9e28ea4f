"""A whole purchase as a person makes it, in a real browser, with JavaScript on and off and by keyboard alone."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from shop.cart.stores import BagsUnavailable, TableCartStore
from shop.catalog import listings
from shop.catalog.models import ProductVariant
from shop.events.relay import relay
from shop.mail.services import send_due_mail
from shop.orders.models import Order
from shop.tests.builders import make_colour, make_product, make_rate, make_size, make_variant

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def shirt() -> ProductVariant:
    """A shirt in two sizes, M with three in stock and L sold out, delivered to the United Kingdom."""
    make_rate()
    make_rate("express", price=600, free_over=None, min_days=1, max_days=1)
    product = make_product("Quarry Linen Shirt", slug="quarry-linen-shirt")
    variant = make_variant(product, colour=make_colour("Sky"), size=make_size("M"), stock=3)
    make_variant(product, colour=make_colour("Sky"), size=make_size("L"), stock=0)
    listings.refresh([product.pk])
    return variant


def fill_checkout(page: Page) -> None:
    """The checkout form, by its labels."""
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Full name").fill("Ada Lovelace")
    page.get_by_label("Country").select_option("GB")
    page.get_by_label("Address", exact=True).fill("12 St James's Square")
    page.get_by_label("City").fill("London")
    page.get_by_label("Postcode").fill("sw1y 4jh")


def pay(page: Page, card: str) -> None:
    """The sandbox's payment page."""
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name=re.compile("^Pay")).click()


def test_a_guest_buys_a_shirt(page: Page, shirt: ProductVariant) -> None:
    page.goto("/")
    page.goto("/shop/")
    page.get_by_role("link", name="Quarry Linen Shirt").first.click()
    page.get_by_text("M", exact=True).first.click()
    page.get_by_role("button", name=re.compile("^Add to bag")).first.click()
    page.get_by_role("link", name=re.compile("^Checkout")).first.click()
    fill_checkout(page)
    page.get_by_role("button", name="Continue to payment").click()
    pay(page, "4242 4242 4242 4242")

    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()
    order = Order.objects.get()
    expect(page.get_by_text(order.number).first).to_be_visible()
    assert order.state == Order.State.PAID
    assert (order.grand_total, order.postcode) == (7800, "SW1Y 4JH")
    level = shirt.stock_levels.get()
    assert (level.on_hand, level.reserved) == (3, 1)

    relay()
    send_due_mail()
    mails = list(Path(settings.MAIL_DIR).glob("*.eml"))
    assert any(order.number in mail.read_text() for mail in mails)


def test_a_declined_card_loses_nothing_and_the_next_one_pays(page: Page, shirt: ProductVariant) -> None:
    page.goto("/product/quarry-linen-shirt/?colour=sky&size=M")
    page.get_by_role("button", name=re.compile("^Add to bag")).first.click()
    page.get_by_role("link", name=re.compile("^Checkout")).first.click()
    fill_checkout(page)
    page.get_by_role("button", name="Continue to payment").click()
    pay(page, "4000 0000 0000 0002")

    expect(page.get_by_text(re.compile("declined", re.I)).first).to_be_visible()
    assert Order.objects.get().state == Order.State.PENDING
    pay(page, "4242 4242 4242 4242")
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()
    assert Order.objects.get().state == Order.State.PAID


def agree(page: Page, source: str = "Balance") -> None:
    """The sandbox's page that stands in for PayPal."""
    expect(page.get_by_text("No money moves here")).to_be_visible()
    page.get_by_label(re.compile(f"^{source}")).check()
    page.get_by_role("button", name="Agree and pay").click()


def test_a_guest_pays_with_paypal(page: Page, shirt: ProductVariant) -> None:
    page.goto("/product/quarry-linen-shirt/?colour=sky&size=M")
    page.get_by_role("button", name=re.compile("^Add to bag")).first.click()
    page.get_by_role("link", name=re.compile("^Checkout")).first.click()
    fill_checkout(page)
    page.get_by_label(re.compile("^PayPal")).check()
    page.get_by_role("button", name="Continue to payment").click()
    agree(page)

    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()
    order = Order.objects.get()
    assert order.state == Order.State.PAID
    attempt = order.payment_attempts.get()
    assert (attempt.provider, attempt.captured_amount) == ("paypal", order.grand_total)
    assert shirt.stock_levels.get().reserved == 1


def test_paypal_declines_and_the_card_pays(page: Page, shirt: ProductVariant) -> None:
    page.goto("/product/quarry-linen-shirt/?colour=sky&size=M")
    page.get_by_role("button", name=re.compile("^Add to bag")).first.click()
    page.get_by_role("link", name=re.compile("^Checkout")).first.click()
    fill_checkout(page)
    page.get_by_label(re.compile("^PayPal")).check()
    page.get_by_role("button", name="Continue to payment").click()
    agree(page, "A card that will be declined")

    expect(page.get_by_text("The payment was declined, and nothing was charged.")).to_be_visible()
    page.get_by_label(re.compile("^Card")).check()
    page.get_by_role("button", name="Pay now").click()
    pay(page, "4242 4242 4242 4242")
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()
    assert list(Order.objects.get().payment_attempts.values_list("provider", "state")) == [
        ("stripe", "paid"),
        ("paypal", "failed"),
    ]


def test_all_errors_are_shown_at_once_and_what_was_typed_stays(page: Page, shirt: ProductVariant) -> None:
    page.goto("/product/quarry-linen-shirt/?colour=sky&size=M")
    page.get_by_role("button", name=re.compile("^Add to bag")).first.click()
    page.get_by_role("link", name=re.compile("^Checkout")).first.click()
    page.get_by_label("Full name").fill("عائشة 🧵")
    page.get_by_label("Postcode").fill("nowhere")
    page.get_by_role("button", name="Continue to payment").click()

    summary = page.get_by_role("alert")
    for field in ("email", "address", "city", "postcode"):
        expect(summary.get_by_role("link", name=re.compile(field, re.I)).first).to_be_visible()
    expect(page.get_by_label("Full name")).to_have_value("عائشة 🧵")
    expect(page.get_by_label("Postcode")).to_have_value("nowhere")
    assert not Order.objects.exists()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["with JavaScript"])
def test_the_keyboard_alone_buys(page: Page, shirt: ProductVariant) -> None:
    page.goto("/product/quarry-linen-shirt/?colour=sky")
    page.get_by_label("M", exact=True).first.focus()
    page.keyboard.press("Space")
    page.wait_for_url("**size=M**")
    tab_to(page, "Add to bag")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile("^Checkout")).first).to_be_visible()
    tab_to(page, "Checkout")
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout/**")
    fill_checkout(page)
    tab_to(page, "Continue to payment")
    page.keyboard.press("Enter")
    page.get_by_label("Card number").focus()
    page.keyboard.type("4242424242424242")
    tab_to(page, "Pay")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus begins with these words."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()").startswith(words):
            return
    raise AssertionError(f"Tab never reaches {words!r}")


def test_a_bag_that_cannot_be_reached_is_told_in_the_shops_words(
    chromium: Browser, shop_site: str, shirt: ProductVariant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_reach(*args: object) -> None:
        raise BagsUnavailable("The bags are being counted.")

    monkeypatch.setattr(TableCartStore, "add", out_of_reach)
    # No fixture's tab: those take the 503 that is asked for here as trouble.
    context = chromium.new_context(base_url=shop_site)
    page = context.new_page()
    page.goto("/product/quarry-linen-shirt/?size=M")
    page.get_by_role("button", name=re.compile("^Add to bag")).first.click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("The bags are being counted.")
    context.close()
