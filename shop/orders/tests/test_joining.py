from typing import Any

import pytest

from shop.core import clock
from shop.orders.joining import join_orders
from shop.orders.models import Order
from shop.tests.builders import make_order, make_user

pytestmark = pytest.mark.django_db


def owners() -> dict[str, str]:
    return {order.email: order.user.email if order.user else "" for order in Order.objects.select_related("user")}


def test_guest_orders_with_the_confirmed_e_mail_join_in_any_case_of_letters() -> None:
    alice = make_user(email_confirmed_at=clock.now())
    make_order(email="alice@example.org")
    make_order(email="Alice@Example.ORG")
    make_order(email="alice@example.com")
    assert join_orders(alice) == 2
    assert owners() == {
        "alice@example.org": alice.email, "Alice@Example.ORG": alice.email, "alice@example.com": ""
    }  # fmt: skip
    assert join_orders(alice) == 0


@pytest.mark.parametrize("fields", [{"email_confirmed_at": None}, {"is_active": False}])
def test_nothing_joins_an_account_whose_e_mail_may_be_another_s(fields: dict[str, Any]) -> None:
    make_order(email="alice@example.org")
    assert join_orders(make_user(**{"email_confirmed_at": clock.now(), **fields})) == 0
    assert owners() == {"alice@example.org": ""}


def test_an_order_of_somebody_else_stays_theirs() -> None:
    bob = make_user("bob@example.org")
    order = make_order(email="alice@example.org")
    Order.objects.filter(pk=order.pk).update(user=bob)
    assert join_orders(make_user(email_confirmed_at=clock.now())) == 0
    assert owners() == {"alice@example.org": "bob@example.org"}


def test_an_order_of_a_closed_account_joins_no_new_one() -> None:
    order = make_order(email="alice@example.org")
    Order.objects.filter(pk=order.pk).update(contact_to_erase=True)
    assert join_orders(make_user(email_confirmed_at=clock.now())) == 0
