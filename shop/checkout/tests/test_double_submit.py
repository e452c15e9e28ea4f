"""Clicks, tabs and buyers at the same moment, through the real views on real connections."""

from queue import SimpleQueue
from typing import Any

import pytest
from django.test import Client

from shop.catalog.models import ProductVariant
from shop.checkout.tests.form_builders import hidden, put, submit
from shop.checkout.tests.paying_builders import attempt_of
from shop.checkout.views import checkout
from shop.core.errors import ShopError
from shop.orders.models import Order
from shop.tests.parallel import in_parallel
from shop.warehouse import services as warehouse
from shop.warehouse.ledger import differences
from shop.warehouse.models import StockLevel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fake")]


def clicks(client: Client, shown: dict[str, str], times: int = 4, **changes: str) -> set[str]:
    """The same form posted that often at once by one browser; where the answers led."""
    went: set[str] = set()

    def click() -> None:
        browser = Client()
        browser.cookies = client.cookies
        went.add(submit(browser, shown, **changes)["Location"])

    assert in_parallel(click, times) == []
    return went


def click_in_between(monkeypatch: pytest.MonkeyPatch, client: Client, shown: dict[str, str], **changes: str) -> None:
    """Let another click be answered wholly while the next one is half way: it has looked for an order, found none."""
    till = checkout.till

    def other_first(*args: Any) -> checkout.Till:
        monkeypatch.setattr(checkout, "till", till)
        submit(client, shown, **changes)
        return till(*args)

    monkeypatch.setattr(checkout, "till", other_first)


def set_stock(units: int) -> None:
    warehouse.set_on_hand(level=StockLevel.objects.get(), on_hand=units, reason="counted", actor=None)


def test_clicks_at_the_same_moment_make_one_order_and_lead_to_one_page(client: Client, shirt: ProductVariant) -> None:
    went = clicks(client, hidden(client))
    assert went == {attempt_of(Order.objects.get()).redirect_url}


def test_a_click_does_not_give_up_what_the_other_click_placed(
    client: Client, shirt: ProductVariant, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = hidden(client)
    click_in_between(monkeypatch, client, shown)
    went = submit(client, shown)["Location"]
    order = Order.objects.get()
    assert (order.state, went) == ("pending", attempt_of(order).redirect_url)


def test_clicks_at_the_same_moment_replace_an_unpaid_order_by_one(client: Client, shirt: ProductVariant) -> None:
    set_stock(1)
    shown = hidden(client)
    submit(client, shown)
    old = Order.objects.get()
    went = clicks(client, shown, method="express")
    new = Order.objects.exclude(pk=old.pk).get()
    assert went == {attempt_of(new).redirect_url}
    old.refresh_from_db()
    assert (old.state, new.state, differences()) == ("cancelled", "pending", [])


def test_a_late_click_leads_to_the_order_that_replaced_the_first(client: Client, shirt: ProductVariant) -> None:
    shown = hidden(client)
    submit(client, shown)
    for method in ("express", "standard"):
        went = submit(client, shown, method=method)["Location"]
        assert submit(client, shown, method=method)["Location"] == went
    assert list(Order.objects.order_by("pk").values_list("state", flat=True)) == ["cancelled", "cancelled", "pending"]


def test_twenty_buyers_of_three_units_make_three_orders(shirt: ProductVariant) -> None:
    set_stock(3)
    buyers: SimpleQueue[tuple[Client, dict[str, str]]] = SimpleQueue()
    for _ in range(20):
        buyer = Client()
        put(buyer, shirt)
        buyers.put((buyer, hidden(buyer)))
    went: list[str] = []

    def buy() -> None:
        buyer, shown = buyers.get()
        went.append(submit(buyer, shown)["Location"])

    assert in_parallel(buy, 20) == []
    assert (Order.objects.count(), went.count("/cart/?changed=lines")) == (3, 17)
    assert differences() == []


def test_stock_counted_down_while_people_buy_stays_above_what_orders_hold(shirt: ProductVariant) -> None:
    set_stock(6)
    level = StockLevel.objects.get()
    work: SimpleQueue[Any] = SimpleQueue()
    for _ in range(6):
        buyer = Client()
        put(buyer, shirt)
        work.put((submit, buyer, hidden(buyer)))
    for units in (4, 2):
        work.put((warehouse.set_on_hand, units))

    def act() -> None:
        what, *rest = work.get()
        if what is submit:
            submit(*rest)
            return
        try:
            warehouse.set_on_hand(level=StockLevel.objects.get(), on_hand=rest[0], reason="counted", actor=None)
        except ShopError as refusal:
            assert "Orders hold" in str(refusal)

    assert in_parallel(act, 8) == []
    level.refresh_from_db()
    assert level.reserved == Order.objects.count() <= level.on_hand
    assert differences() == []


def test_the_button_of_an_unpaid_order_pressed_often_at_once_opens_one_page(
    client: Client, shirt: ProductVariant
) -> None:
    submit(client)
    order = Order.objects.get()
    attempt = attempt_of(order)
    type(attempt).objects.update(state="failed")
    went: set[str] = set()
    assert in_parallel(lambda: went.add(Client().post(f"{order.get_absolute_url()}pay/")["Location"]), 6) == []
    assert went == {attempt_of(order).redirect_url}
    assert order.payment_attempts.count() == 2
