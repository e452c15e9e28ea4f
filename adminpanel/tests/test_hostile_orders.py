"""An order's page with nonsense in each field of its forms and in its addresses: told, and nothing moves."""

from typing import Any

import pytest
from django.test import Client

from adminpanel.tests.hostile import TEXTS, VALUES
from adminpanel.tests.test_refunding import address, care, text, typed
from shop.checkout.tests.conftest import fake
from shop.checkout.tests.paying_builders import FakeProvider, states
from shop.checkout.tests.test_reviewing import in_review
from shop.orders.models import Order
from shop.payments.models import Refund
from shop.refunds.tests.builders import paid_order, refunded, stock_of

__all__ = ["fake"]
pytestmark = pytest.mark.django_db
# What may well be typed there: a note says anything, a key is anything that was not seen before.
HARMLESS = {"note", "key"}
AN_AMOUNT = ("extra", "101")


def facts(order: Order) -> tuple[Any, ...]:
    return states(order), refunded(order), stock_of(order), Refund.objects.count()


@pytest.mark.parametrize("name", ["units", "delivery", "extra", "reason", "note", "key"])
def test_the_refund_form(fake: FakeProvider, name: str) -> None:
    order, client = paid_order(fake), care()
    before = facts(order)
    for value in TEXTS:
        known = {"units": "1"} if name in HARMLESS else {"note": "why"}
        answer = client.post(address("order_refund", order.pk), typed(order, **{**known, name: value}))
        assert answer.status_code == 200, value[:40]
        if name not in HARMLESS and (name, value) != AN_AMOUNT:
            assert answer.context["refund_form"].errors, value[:40]
        assert facts(order) == before, value[:40]


@pytest.mark.parametrize("name", ["review_accept", "review_refund"])
def test_the_reason_of_a_review(fake: FakeProvider, name: str) -> None:
    order, client = in_review(fake, -500), care()
    before = facts(order)
    for value in ("a\0b", "x" * 121, "9" * 5000):
        page = text(client.post(address(name, order.pk), {"refund-why": value, "confirmed": "1"}, follow=True))
        assert "Nothing was done: " in page
        assert facts(order) == before


@pytest.mark.parametrize("name", ["order_refund", "order_cancel", "review_accept", "review_refund", "order_sync"])
def test_ids_of_orders_that_are_not_there(fake: FakeProvider, name: str) -> None:
    order, client = paid_order(fake), care()
    before, own = facts(order), address(name, order.pk)
    for value in ("0", "-1", "2147483648", "9" * 30, "NaN", "%00", "x" * 500):
        where = own.replace(f"/{order.pk}/", f"/{value}/")
        assert client.post(where, {"confirmed": "1"}).status_code in (302, 404), value[:40]
        assert facts(order) == before


def lists_answer(client: Client, page: str, names: tuple[str, ...]) -> None:
    for value in VALUES:
        for name in names:
            answer = client.get(address(f"{page}_changelist"), {name: value})
            assert answer.status_code in (200, 302, 400), (page, name, value[:40])


@pytest.mark.parametrize("page", ["order", "refund", "alert", "paymentattempt", "providerevent", "dispute", "document"])
def test_addresses_of_lists(fake: FakeProvider, page: str) -> None:
    paid_order(fake)
    lists_answer(care(), page, ("q", "state__exact", "created_at__gte", "placed_at__gte"))


def test_what_all_lists_read_by_the_same_code(fake: FakeProvider) -> None:
    paid_order(fake)
    lists_answer(care(), "order", ("p", "o", "no_such_field"))
