import email
import email.policy
import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from pytest_django import Settings

from shop.core import clock
from shop.events.models import OutboxEvent
from shop.events.relay import relay
from shop.events.services import emit
from shop.invoices.tests.builders import make_paid_order
from shop.mail.models import OutgoingMail
from shop.mail.services import send_due_mail
from shop.orders.models import Order
from shop.tests.builders import make_order, make_product, make_variant

pytestmark = pytest.mark.django_db

HOSTILE = "Bobby <script>alert('x')</script> 🧵"


def paid(order: Order) -> OutgoingMail:
    """The mail that follows from the order being paid."""
    with transaction.atomic():
        emit("OrderPaid", {"order_id": order.pk, "number": order.number})
    assert relay() == 1
    return OutgoingMail.objects.get()


@pytest.fixture
def order() -> Order:
    shirt = make_variant(make_product("Quarry Linen Shirt"), price=7800)
    tee = make_variant(make_product("Everyday Heavy Tee"), price=3250)
    order = make_order(shirt, tee)
    order.lines.filter(variant=tee).update(quantity=2, line_total=6500)
    order.lines.filter(variant=shirt).update(image="products/1/sky-320.webp")
    amounts = {"lines_total": 14300, "delivery_total": 0, "grand_total": 14300}
    days = {"delivery_from": date(2026, 11, 25), "delivery_until": date(2026, 11, 27)}
    Order.objects.filter(pk=order.pk).update(**amounts, **days)
    order.refresh_from_db()
    return order


def test_the_buyer_gets_the_text_of_what_they_bought(order: Order) -> None:
    mail = paid(order)
    site = settings.SITE_URL
    assert (mail.to, mail.subject) == ("sam@example.com", f"Order {order.number}: thank you")
    assert mail.key == f"order-confirmation:{order.number}"
    assert mail.text == (
        f"Thank you, Sam\n\n"
        f"Your order is {order.number}. It should be with you Wed 25 to Fri 27 November.\n"
        f"Track this order: {site}/orders/{order.number}/{order.key}/\n\n"
        "IN THIS ORDER\n\n"
        "Quarry Linen Shirt, Sky, size M: £78\n"
        "Everyday Heavy Tee × 2, Sky, size M: £65\n\n"
        "Subtotal: £143\n"
        "Standard: Free\n"
        "Paid: £143\n"
        f"Invoice (PDF): {site}/orders/{order.number}/{order.key}/invoice/\n\n"
        "DELIVERING TO\n\n"
        "Sam Okafor\n14 Navarino Road\nLONDON\nE8 3PN\nUNITED KINGDOM\n\n"
        f"Changed your mind? Answer this mail before we pack it, or see how to return it: {site}/pages/returns/\n\n"
        "You get this because you ordered from us; it is your receipt, not a letter. "
        "Answer this mail and a person reads it.\n"
        "AspireClothes. Demo shop: products and prices are invented.\n"
    )


def test_its_html_twin_says_the_same_with_pictures_and_full_addresses(order: Order) -> None:
    html = paid(order).html
    words = re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL))
    assert f"Your order is {order.number} . It should be with you Wed 25 to Fri 27 November ." in words
    assert "Quarry Linen Shirt Sky, size M £78 Everyday Heavy Tee × 2 Sky, size M £65" in words
    assert "Subtotal £143 Standard Free Paid £143" in words
    assert "Delivering to Sam Okafor 14 Navarino Road LONDON E8 3PN UNITED KINGDOM" in words
    assert '<div style="display:none;max-height:0;overflow:hidden;">Arriving Wed 25 to Fri 27 November. ' in html
    assert re.findall(r'<img src="([^"]+)"', html) == [f"{settings.SITE_URL}/media/products/1/sky-320.webp"]
    addresses = re.findall(r'href="([^"]+)"', html)
    assert f"{settings.SITE_URL}/orders/{order.number}/{order.key}/" in addresses
    assert all(address.startswith(settings.SITE_URL) for address in addresses)
    assert "prefers-color-scheme: dark" in html


def test_a_hostile_name_is_text_in_both(order: Order) -> None:
    Order.objects.update(full_name=HOSTILE, address_extra="\u202etfosorciM")
    mail = paid(order)
    assert "<script>" not in mail.html
    assert "Bobby &lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; 🧵<br>" in mail.html
    assert f"\n{HOSTILE}\n" in mail.text


def test_an_order_with_a_discount_and_no_promised_days() -> None:
    order = make_order(make_variant(price=7800))
    Order.objects.update(discount_total=800, grand_total=7395)
    mail = paid(order)
    assert f"Your order is {order.number}.\nTrack" in mail.text
    assert "Subtotal: £78\nDiscount: −£8\nStandard: £3.95\nPaid: £73.95\n" in mail.text
    assert "Arriving" not in mail.html
    assert "−£8" in mail.html


def test_the_mail_is_one_however_often_the_event_comes(order: Order, settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_DIR = tmp_path
    paid(order)
    OutboxEvent.objects.update(state="pending", next_attempt_at=clock.now())
    assert relay() == 1
    with transaction.atomic():
        emit("OrderPaid", {"order_id": order.pk, "number": order.number})
    assert relay() == 1
    assert send_due_mail() == 1
    (file,) = tmp_path.glob("*.eml")
    sent = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (sent["to"], sent["subject"]) == ("sam@example.com", f"Order {order.number}: thank you")


@pytest.mark.parametrize(
    ("country", "words"),
    [("GB", "Includes £13.66 VAT."), ("US", "Without UK VAT; import duties may be due on delivery.")],
)
def test_the_mail_says_what_tax_is_in_it(country: str, words: str) -> None:
    mail = paid(make_paid_order(country=country))
    assert words in mail.text and words in mail.html
