from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from shop.delivery.models import ShippingMethod
from shop.delivery.shipment_models import Shipment
from shop.events.models import OutboxEvent
from shop.orders import services as orders
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.packing.models import PackingTask, Scan
from shop.packing.scanning import scan, take_out
from shop.packing.services import NotPackable, cancel, plan, plan_forgotten
from shop.packing.tests.builders import close_with, make_task, make_to_pack, scan_all, stage
from shop.tests.builders import make_location, make_stock, make_user, make_variant
from shop.warehouse.filling import fill
from shop.warehouse.models import StockLevel
from shop.warehouse.services import receive

pytestmark = pytest.mark.django_db


def told(name: str) -> list[dict[str, Any]]:
    return list(OutboxEvent.objects.filter(name=name).values_list("detail", flat=True))


def tasks(order: Order) -> list[tuple[str, str, int]]:
    rows = PackingTask.objects.filter(order=order).order_by("location__position")
    return [(task.location.code, task.state, sum(line.quantity for line in task.lines.all())) for task in rows]


def test_a_paid_order_becomes_a_task_for_each_location_that_holds_some_of_it() -> None:
    here, there = make_variant(stock=2), make_variant(stock=0)
    make_stock(there, 5, make_location("store", 1))
    order = make_to_pack(here, there, quantity=2)
    assert len(plan(order.pk)) == 2
    assert tasks(order) == [("main", "waiting", 2), ("store", "waiting", 2)]


def test_a_task_leaves_by_its_methods_cut_off_and_what_arrives_first_is_packed_first() -> None:
    at_three = datetime(2026, 11, 23, 15, tzinfo=UTC)
    standard, express, late = make_to_pack(), make_to_pack(), make_to_pack()
    for order, code, until in ((standard, "standard", 27), (express, "express", 24), (late, "early", 24)):
        fields = {"paid_at": at_three, "shipping_method": code, "delivery_until": date(2026, 11, until)}
        Order.objects.filter(pk=order.pk).update(**fields)
        cut_off = time(14) if code == "early" else time(16)
        ShippingMethod.objects.update_or_create(code=code, defaults={"name": code, "cut_off": cut_off})
        plan(order.pk)
    queue = list(PackingTask.objects.open().values_list("order", "send_by"))
    today, tomorrow = date(2026, 11, 23), date(2026, 11, 24)
    assert queue == [(express.pk, today), (standard.pk, today), (late.pk, tomorrow)]


def test_planning_again_changes_nothing() -> None:
    order = make_to_pack()
    assert plan(order.pk) == plan(order.pk)
    assert tasks(order) == [("main", "waiting", 1)]


def test_an_order_that_is_not_paid_gets_no_task() -> None:
    order = make_to_pack()
    Order.objects.update(state=Order.State.REVIEW)
    assert (plan(order.pk), PackingTask.objects.count()) == ([], 0)


def test_an_order_called_off_is_not_packed_any_more() -> None:
    order = make_to_pack()
    (task,) = plan(order.pk)
    orders.cancel(order, reason="changed my mind", by_choice=True)
    assert cancel(order.pk) == 1
    assert tasks(order) == [("main", "cancelled", 1)]
    with pytest.raises(NotPackable):
        scan(task=task, code=task.lines.get().order_line.sku, actor=None)
    assert Scan.objects.count() == 0


def test_orders_whose_event_was_lost_are_planned_by_the_job() -> None:
    make_to_pack()
    assert (plan_forgotten(), plan_forgotten()) == (1, 0)


def test_all_scanned_and_closed_is_a_parcel_of_what_was_scanned() -> None:
    packer = make_user()
    shirt, tee = make_variant(), make_variant(barcode="5012345678900")
    task = make_task(shirt, tee)
    assert scan(task=task, code=shirt.sku.lower(), actor=packer).is_right
    assert scan(task=task, code=" 5012345678900\n", actor=packer).words.endswith("All pieces are in: close the parcel.")
    done = close_with(task)
    assert done.shipment is not None
    assert sorted(done.shipment.lines.values_list("order_line__sku", "quantity")) == sorted(
        [(shirt.sku, 1), (tee.sku, 1)]
    )
    assert done.shipment.weight_grams == 800
    assert stage(task.order) == ("paid", "packed")
    task.refresh_from_db()
    assert (task.state, task.packed_at is not None) == ("packed", True)
    about = {"order_id": task.order_id, "number": task.order.number}
    assert told("PackageCreated") == [{**about, "shipment_id": done.shipment.pk, "shipment": done.shipment.number}]
    assert told("PackagingFailed") == []


def test_closing_twice_makes_one_parcel() -> None:
    task = make_task()
    scan_all(task)
    assert close_with(task).shipment == close_with(task).shipment
    assert (Shipment.objects.count(), len(told("PackageCreated"))) == (1, 1)


def test_what_is_packed_is_not_planned_again() -> None:
    task = make_task()
    scan_all(task)
    close_with(task)
    assert plan(task.order_id) == []
    assert tasks(task.order) == [("main", "packed", 1)]


@pytest.mark.parametrize("code", ["SKU-OTHER", "no such code", "x" * 500, "\0", "'; drop table"])
def test_a_piece_that_is_not_wanted_is_not_packed(code: str) -> None:
    make_variant(sku="SKU-OTHER")
    task = make_task()
    if code == "\0":
        with pytest.raises(NotPackable):
            scan(task=task, code=code, actor=None)
    else:
        assert not scan(task=task, code=code, actor=None).is_right
    assert task.lines.get().packed == 0


def test_one_piece_too_many_is_told() -> None:
    task = make_task()
    scan_all(task)
    said = scan(task=task, code=task.lines.get().order_line.sku, actor=None)
    assert (said.is_right, "Put this one back" in said.words) == (False, True)
    assert task.lines.get().packed == 1


def test_the_slip_of_another_order_is_told() -> None:
    task, other = make_task(), make_task()
    assert scan(task=task, code=task.order.number, actor=None).is_right
    said = scan(task=task, code=other.number, actor=None)
    assert (said.is_right, said.words.startswith(f"That is order {other.order.number}.")) == (False, True)


def test_the_same_form_sent_twice_packs_one_piece() -> None:
    task = make_task(quantity=2)
    sku = task.lines.get().order_line.sku
    assert scan(task=task, code=sku, actor=None, key="k1") == scan(task=task, code=sku, actor=None, key="k1")
    assert task.lines.get().packed == 1


def test_a_piece_can_be_taken_out_again() -> None:
    task = make_task()
    scan_all(task)
    take_out(task=task, line_id=task.lines.get().pk, actor=None)
    assert task.lines.get().packed == 0
    with pytest.raises(NotPackable):
        take_out(task=task, line_id=task.lines.get().pk, actor=None)


def test_an_order_on_hold_is_neither_scanned_nor_closed() -> None:
    task = make_task()
    scan_all(task)
    OrderHold.objects.create(order=task.order, kind=OrderHold.Kind.DISPUTE, source="dp_1")
    with pytest.raises(NotPackable, match="payment disputed"):
        scan(task=task, code=task.number, actor=None)
    with pytest.raises(NotPackable, match="payment disputed"):
        close_with(task)
    assert (Shipment.objects.count(), stage(task.order)) == (0, ("paid", "unfulfilled"))


def test_a_parcel_with_something_missing_is_not_closed_without_a_reason() -> None:
    shirt, tee = make_variant(), make_variant()
    task = make_task(shirt, tee)
    scan_all(task, tee.sku)
    with pytest.raises(NotPackable, match="Say what becomes of"):
        close_with(task)
    task.refresh_from_db()
    assert (task.state, Shipment.objects.count()) == ("packing", 0)


def test_what_was_waited_for_goes_into_the_same_line_of_the_parcel() -> None:
    shirt = make_variant(stock=1, sold_ahead=1)
    order = make_to_pack(shirt, quantity=2)
    level = StockLevel.objects.get()
    receive(level=level, quantity=1)
    fill([shirt.pk])
    (task,) = plan(order.pk)
    scan_all(task)
    done = close_with(task)
    assert done.shipment
    assert list(done.shipment.lines.values_list("order_line__sku", "level", "quantity")) == [(shirt.sku, level.pk, 2)]
