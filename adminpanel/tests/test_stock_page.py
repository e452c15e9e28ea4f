"""The page of one stock level: why its numbers are what they are, and what may be done about them."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.accounts.models import User
from shop.core import clock
from shop.tests.builders import make_location, make_order, make_variant
from shop.warehouse import services as warehouse
from shop.warehouse.explain import explain, with_balances
from shop.warehouse.ledger import differences
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.moving_models import BackOrder, Transfer, TransferLine
from shop.warehouse.services import Demand

pytestmark = pytest.mark.django_db


def make_level(on_hand: int = 10, sold_ahead: int = 0) -> StockLevel:
    return make_variant(stock=on_hand, sold_ahead=sold_ahead).stock_levels.get()


def send(level: StockLevel, **form: str) -> tuple[int, str]:
    """Status and text of the page after that form."""
    url = reverse("admin:shop_stocklevel_change", args=[level.pk])
    clerk = User.objects.filter(email="warehouse@example.org").first() or make_staff("warehouse")
    response = signed_in(clerk).post(url, form, follow=True)
    return response.status_code, response.content.decode()


def numbers(level: StockLevel) -> tuple[int, int, int]:
    return StockLevel.objects.values_list("on_hand", "reserved", "damaged").get(pk=level.pk)


def test_damaged_units_are_put_aside_mended_and_thrown_away() -> None:
    level = make_level()
    send(level, what="damage", deed="set-aside", units="4", reason="wet")
    assert numbers(level) == (6, 0, 4)
    send(level, what="damage", deed="mend", units="1", reason="dried")
    send(level, what="damage", deed="write-off", units="2", reason="stained")
    assert numbers(level) == (7, 0, 1)
    assert differences() == []
    assert [move.reason for move in level.movements.all()[:3]] == ["stained", "dried", "wet"]


@pytest.mark.parametrize(
    ("deed", "units", "words"),
    [
        ("set-aside", "5", "Only 4 of these are free"),
        ("mend", "1", "Only 0 of these are damaged"),
        ("write-off", "1", "Only 0 of these are damaged"),
        ("set-aside", "0", "greater than or equal to 1"),
        ("set-aside", "many", "whole number"),
        ("burn", "1", "not one of the available choices"),
    ],
)
def test_what_cannot_be_is_refused_by_the_field_and_changes_nothing(deed: str, units: str, words: str) -> None:
    level = make_level()
    StockLevel.objects.filter(pk=level.pk).update(reserved=6)
    status, page = send(level, what="damage", deed=deed, units=units, reason="wet")
    assert (status, words in page, numbers(level)) == (422, True, (10, 6, 0))


def test_threshold_reorder_point_and_bin_are_set_without_touching_the_numbers() -> None:
    level = make_level()
    send(level, what="settings", low_stock_threshold="5", reorder_point="12", bin="B-04-2")
    level.refresh_from_db()
    assert (level.low_stock_threshold, level.reorder_point, level.bin) == (5, 12, "B-04-2")
    status, _ = send(level, what="settings", low_stock_threshold="-1", reorder_point="", bin="")
    level.refresh_from_db()
    assert (status, level.low_stock_threshold, numbers(level)) == (422, 5, (10, 0, 0))


def test_the_page_names_the_orders_that_hold_and_wait_and_what_is_on_its_way() -> None:
    level = make_level(1, sold_ahead=5)
    line = make_order(level.variant, quantity=3).lines.select_related("order").get()
    demand = Demand(line.pk, level.variant_id, 3, promised_on=date(2027, 5, 12))
    warehouse.reserve(demands=[demand], document=line.order.number, expires_at=None)
    transfer = Transfer.objects.create(
        source=make_location("far", 1), destination=level.location, state="in-transit", sent_at=clock.now()
    )
    TransferLine.objects.create(transfer=transfer, variant=level.variant, quantity=7)
    level.refresh_from_db()
    found = explain(level)
    assert [(part.words, part.units) for part in found.on_hand] == [("Receipt", 1)]
    assert (found.held[0].quantity, found.waiting[0].quantity, found.in_transit[0].quantity) == (1, 2, 7)
    assert not found.disagrees
    page = signed_in(make_staff("warehouse")).get(reverse("admin:shop_stocklevel_change", args=[level.pk]))
    text = page.content.decode()
    assert f"1 × order {line.order.number}" in text
    assert f"2 × order {line.order.number} (about 12 May)" in text
    assert transfer.number in text


def test_a_level_that_its_ledger_does_not_explain_says_so() -> None:
    level = make_level()
    StockLevel.objects.filter(pk=level.pk).update(on_hand=8)
    level.refresh_from_db()
    assert explain(level).disagrees


def test_each_line_of_the_ledger_shows_the_numbers_after_it() -> None:
    level = make_level()
    warehouse.receive(level=level, quantity=5)
    warehouse.set_on_hand(level=level, on_hand=12, reason="count", actor=None)
    rows = with_balances(level, level.movements.all())
    assert [(row.movement.on_hand_change, row.on_hand) for row in rows] == [(-3, 12), (5, 15), (10, 10)]


def test_the_page_takes_as_many_queries_with_many_rows_as_with_few() -> None:
    level = make_level(50)
    client, url = signed_in(make_staff("warehouse")), reverse("admin:shop_stocklevel_change", args=[level.pk])

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        return len(seen)

    before = queries()
    for _ in range(5):
        line = make_order(level.variant).lines.get()
        Reservation.objects.create(level=level, order_line=line, quantity=1)
        BackOrder.objects.create(order_line=line, variant=level.variant, quantity=1)
        warehouse.receive(level=level, quantity=1)
    assert queries() == before
    assert before <= 20


def test_back_orders_are_held_by_a_button_whoever_paid_first() -> None:
    level = make_level(1, sold_ahead=5)
    line = make_order(level.variant, quantity=2).lines.get()
    warehouse.reserve(demands=[Demand(line.pk, level.variant_id, 2)], document="A", expires_at=None)
    warehouse.receive(level=level, quantity=1)
    row = BackOrder.objects.get()
    form = {"action": "hold_now", "_selected_action": [row.pk]}
    page = signed_in(make_staff("warehouse")).post(reverse("admin:shop_backorder_changelist"), form, follow=True)
    assert "1 of 1 waiting lines are held now" in page.content.decode()
    assert numbers(level) == (2, 2, 0)


def test_a_limit_that_no_shelf_reaches_is_refused_by_the_field() -> None:
    level = make_level()
    for name in ("low_stock_threshold", "reorder_point"):
        form = {"low_stock_threshold": "3", "reorder_point": "3", "bin": "", name: "2147483647"}
        status, page = send(level, what="settings", **form)
        assert (status, "less than or equal to 100000" in page) == (422, True)
    level.refresh_from_db()
    assert (level.low_stock_threshold, level.reorder_point) == (3, None)
