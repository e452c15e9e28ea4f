"""A whole purchase, and what its log lines say."""

import io
import json
import logging
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from shop.adapters.mail import Mail, MailSender
from shop.catalog.models import ProductVariant
from shop.checkout.tests.form_builders import SAM, submit
from shop.checkout.tests.test_with_sandbox import CARD
from shop.core.logs import JsonLines
from shop.events.relay import relay
from shop.mail.services import send_due_mail
from shop.orders.models import Order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shop_site")]


class TellingSender(MailSender):
    """Fails as mail services do: with the address in its words."""

    def send(self, mail: Mail) -> None:
        raise ConnectionError(f"identities that are not verified: {mail.to}")


@pytest.fixture
def lines() -> Any:
    """The lines of production, from now on."""
    text, root = io.StringIO(), logging.getLogger()
    handler, before = logging.StreamHandler(text), root.level
    handler.setFormatter(JsonLines("AspireClothes/test"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in text.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


def test_no_line_of_a_purchase_says_who_bought_or_holds_a_key(
    lines: Any, client: Client, shirt: ProductVariant, settings: Settings
) -> None:
    settings.MAIL_SENDER = f"{__name__}.TellingSender"
    page = submit(client)["Location"]
    Client().post(page[page.index("/sandbox") :], CARD)
    order = Order.objects.get()
    client.get(order.get_absolute_url() + "nothing/")
    relay()
    send_due_mail()
    assert order.paid_at is not None
    said = lines()
    text = json.dumps(said)
    for secret in (SAM["email"], SAM["name"], "Navarino", order.key, settings.STRIPE_SECRET_KEY):
        assert secret not in text
    assert any("was not sent" in line.get("message", "") for line in said), "there was something to hide"
    figures = [line for line in said if "_aws" in line]
    told = {name: value for line in figures for name, value in line.items() if name != "_aws"}
    assert told["OrdersPlaced"] == told["OrdersPaid"] == 1
    assert (told["Revenue"], told["Currency"]) == (order.grand_total, "GBP")
    assert told["MailsFailed"] == 1
