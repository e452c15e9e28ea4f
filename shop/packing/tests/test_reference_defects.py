"""Ten defects of the shop this one was measured against: none of them can be told of this one."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from shop.accounts.links import Purpose, code_for
from shop.accounts.models import User
from shop.accounts.own import OwnAccounts
from shop.core.countries import country_names
from shop.demo.delivery import METHODS
from shop.events.envelope import Event
from shop.events.models import OutboxEvent
from shop.events.schemas import SCHEMAS
from shop.orders.models import Order
from shop.packing import handlers
from shop.packing.models import PackingLine, PackingTask
from shop.packing.tests.builders import close_with, make_task, make_to_pack, scan_all, stage
from shop.payments.models import Refund
from shop.tests.builders import make_variant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("not_sent")]


@pytest.fixture
def not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.packing.finishing.send_all", lambda refunds: None)


def told(name: str) -> list[dict[str, Any]]:
    return list(OutboxEvent.objects.filter(name=name).values_list("detail", flat=True))


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_no_quantity_below_one_is_ordered_or_packed(quantity: int) -> None:
    """There, a negative quantity lowered the total, and of two lines of one product only the last was checked."""
    task = make_task()
    for rows in (task.order.lines.all(), task.lines.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(quantity=quantity)


def test_a_two_lines_of_one_piece_are_two_lines_to_pack() -> None:
    shirt = make_variant()
    task = make_task(shirt, shirt)
    assert task.lines.count() == 2
    scan_all(task)
    done = close_with(task)
    assert done.shipment is not None
    assert [line.quantity for line in done.shipment.lines.all()] == [1, 1]


def test_b_an_empty_box_is_told_as_packaging_failed() -> None:
    """There, a row of metadata was counted as a piece, so that no box was ever empty."""
    task = make_task(make_variant(sku="QLS", stock=1))
    close_with(task, "back-order")
    about = {"order_id": task.order_id, "number": task.order.number, "task": task.number}
    assert told("PackagingFailed") == [{**about, "reason": "QLS: not on the shelf"}]
    assert told("PackageCreated") == []


def test_b_a_parcel_lists_pieces_and_nothing_else() -> None:
    task = make_task(make_variant(sku="QLS"))
    scan_all(task)
    done = close_with(task)
    assert done.shipment is not None
    assert list(done.shipment.lines.values_list("order_line__sku", "quantity")) == [("QLS", 1)]
    assert told("PackagingFailed") == []


def test_c_of_a_parcel_packed_in_part_the_rest_is_paid_back_and_the_order_stays_as_agreed() -> None:
    """There, the shopper paid for everything, and the order lost its names and prices."""
    shirt, tee = make_variant(price=7800, stock=1), make_variant(price=2500, stock=1)
    task = make_task(shirt, tee)
    before = list(task.order.lines.values())
    scan_all(task, tee.sku)
    close_with(task, "refund")
    assert [refund.amount for refund in Refund.objects.all()] == [2500]
    assert list(task.order.lines.values()) == before
    task.order.refresh_from_db()
    assert task.order.grand_total == 7800 + 2500 + 395


def test_d_a_shortage_can_be_recorded() -> None:
    """There, the only way to record one was declared and never built."""
    task = make_task(make_variant(stock=1))
    close_with(task, "back-order", problem="damaged")
    assert list(PackingLine.objects.values_list("packed", "problem", "remedy")) == [(0, "damaged", "back-order")]


def test_e_a_failure_is_handled_to_its_end_however_often_it_comes() -> None:
    """There, the handler of a failure read what no failure carried, and could never end."""
    order = make_to_pack()
    event = Event.of(OutboxEvent(name="OrderCancelled", detail={"order_id": order.pk, "number": order.number}))
    handlers.plan_order(event)
    Order.objects.update(state=Order.State.CANCELLED, cancelled_by_choice=True)
    for _ in range(3):
        handlers.cancel_order(event)
        handlers.follow_refund(event)
    assert list(PackingTask.objects.values_list("state", flat=True)) == ["cancelled"]


def test_f_events_come_from_the_source_that_is_documented() -> None:
    """There, orders said one source and documented another."""
    task = make_task()
    scan_all(task)
    close_with(task)
    assert OutboxEvent.objects.get(name="PackageCreated").source == "aspireclothes.packing"
    page = (Path(settings.BASE_DIR) / "docs" / "events.md").read_text()
    for name, schema in SCHEMAS.items():
        section = page.split(f"## {name}\n")[1].split("\n## ")[0]
        assert f"Source `{schema.source}`" in section, name


def test_g_the_groups_of_those_who_pack_exist_and_may_pack() -> None:
    """There, two groups were asked for and never made."""
    rights = Group.objects.get(name="warehouse").permissions.values_list("codename", flat=True)
    assert {"view_packingtask", "change_packingtask", "view_wave", "view_order"} <= set(rights)


def test_h_nobody_is_announced_before_the_address_is_confirmed() -> None:
    """There, somebody was announced at sign-up, and again when it was tried again."""
    alice = {"email": "alice@example.org", "password": "a-long-password-1"}
    for _ in range(2):
        OwnAccounts().sign_up(**alice, full_name="Alice Moreau")
    assert told("CustomerSignedUp") == []
    OwnAccounts().confirm_sign_up(**alice, code=code_for(User.objects.get(), Purpose.CONFIRM))
    assert told("CustomerSignedUp") == [{"user_id": User.objects.get().pk}]


def test_i_every_country_that_is_delivered_to_has_its_iso_code() -> None:
    """There, Poland was `PO` and paid as the rest of the world."""
    codes = {code for *_, rates in METHODS.values() for rate in rates for code in rate.countries}
    assert "PL" in codes
    assert codes <= set(country_names())


def test_i_each_unit_counts_in_weight_and_volume() -> None:
    task = make_task(make_variant(), quantity=3)
    scan_all(task)
    done = close_with(task)
    assert done.shipment is not None
    assert (done.shipment.weight_grams, done.shipment.volume_cm3) == (3 * 400, 3 * 2000)


def test_j_what_comes_late_brings_no_order_back() -> None:
    """There, the event that came last set the state, so that a late one took a delivered order back to packed."""
    task = make_task()
    scan_all(task)
    close_with(task)
    Order.objects.update(fulfilment_state=Order.FulfilmentState.DELIVERED)
    event = Event.of(OutboxEvent(name="OrderPaid", detail={"order_id": task.order_id, "number": task.order.number}))
    handlers.plan_order(event)
    handlers.cancel_order(event)
    close_with(task)
    assert stage(task.order) == ("paid", "delivered")
    assert PackingTask.objects.count() == 1
