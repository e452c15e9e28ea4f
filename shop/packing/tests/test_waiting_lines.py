"""A line of which some was here and the rest comes later: two parcels, however many deliveries the rest takes."""

from datetime import timedelta

import pytest

from shop.checkout.sentinel.packing import orders_without_task
from shop.core import clock
from shop.orders.models import Order
from shop.orders.waiting import with_promises
from shop.packing.models import PackingTask
from shop.packing.services import follow_refund, plan, plan_forgotten
from shop.packing.tests.builders import close_with, make_to_pack, scan_all
from shop.tests.builders import make_location, make_variant
from shop.warehouse import ahead
from shop.warehouse import services as warehouse
from shop.warehouse.filling import fill
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.moving_models import BackOrder

pytestmark = pytest.mark.django_db


def waiting_order(here: int, units: int) -> Order:
    """A paid order of that many units of one piece, of which so many are here."""
    make_location()
    return make_to_pack(make_variant(stock=here, sold_ahead=9), quantity=units)


def come_in(units: int) -> None:
    level = StockLevel.objects.get()
    warehouse.receive(level=level, quantity=units)
    fill([level.variant_id])


def to_pack() -> list[int]:
    """Units in each open task."""
    return [sum(line.quantity for line in task.lines.all()) for task in PackingTask.objects.open()]


def said(order: Order) -> str:
    (line,) = with_promises(list(order.lines.all()))
    return line.promise


def test_what_comes_in_part_is_packed_with_the_rest_of_its_line() -> None:
    order = waiting_order(here=0, units=3)
    come_in(2)
    assert (plan(order.pk), plan_forgotten(), to_pack()) == ([], 0, [])
    assert said(order) == "Ships when it comes in"
    come_in(1)
    assert (plan_forgotten(), to_pack()) == (1, [3])


def test_what_was_here_is_packed_at_once_and_the_rest_as_one_parcel() -> None:
    order = waiting_order(here=1, units=4)
    (task,) = plan(order.pk)
    assert to_pack() == [1]
    come_in(2)
    assert (plan_forgotten(), to_pack()) == (0, [1])
    assert said(order) == "3 of 4 ship when they come in"
    scan_all(task)
    assert close_with(task).shipment
    assert plan(order.pk) == []
    come_in(1)
    assert (plan_forgotten(), to_pack()) == (1, [3])


def test_what_came_is_packed_once_the_missing_rest_is_refunded() -> None:
    order = waiting_order(here=0, units=3)
    come_in(2)
    ahead.give_up({order.lines.get().pk: 1})
    follow_refund(order.pk)
    assert to_pack() == [2]


def test_another_line_does_not_wait_for_it() -> None:
    make_location()
    order = make_to_pack(make_variant(stock=0, sold_ahead=9), make_variant(stock=2), quantity=2)
    plan(order.pk)
    assert to_pack() == [2]


def test_the_sentinel_misses_no_task_for_what_came_in_part() -> None:
    waiting_order(here=0, units=3)
    come_in(2)
    Order.objects.update(paid_at=clock.now() - timedelta(hours=2))
    BackOrder.objects.update(created_at=clock.now() - timedelta(hours=2))
    Reservation.objects.update(created_at=clock.now() - timedelta(hours=1))
    assert list(orders_without_task()) == []
    BackOrder.objects.update(state=BackOrder.State.CANCELLED)
    assert len(list(orders_without_task())) == 1
