"""What the sentinel says of back orders, transfers and packing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from shop.checkout.sentinel import packing, parcels, stock
from shop.checkout.sentinel.finding import Finding
from shop.core import clock
from shop.delivery.parcels import dispatch, note
from shop.delivery.shipment_models import Shipment, TrackingEvent
from shop.delivery.tests.builders import make_packed
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.packing.models import PackingTask
from shop.packing.services import plan, plan_forgotten
from shop.packing.tests.builders import close_with, make_to_pack, scan_all
from shop.tests.builders import make_location, make_order, make_variant
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder, Transfer

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# What test_sentinel.py need not show broken as well.
SHOWN_BROKEN = (
    *(stock.unfilled, stock.waited_for_in_vain, stock.late_promises, stock.stuck_transfers),
    *(packing.orders_without_task, packing.tasks_in_vain, parcels.quiet_parcels),
)


def waiting(*, free: int = 0, paid: bool = True, promised_in: timedelta | None = None) -> BackOrder:
    variant = make_variant(stock=free)
    return BackOrder.objects.create(
        order_line=make_order(variant).lines.get(),
        variant=variant,
        quantity=1,
        promised_on=None if promised_in is None else timezone.localdate() + promised_in,
        expires_at=None if paid else clock.now(),
    )


def found(check: Callable[[], object]) -> list[object]:
    findings: list[Finding] = list(check())  # type: ignore[call-overload]
    return [finding.subject for finding in findings]


def test_free_units_that_nobody_gave_to_those_who_wait_are_told() -> None:
    forgotten = waiting(free=1)
    waiting(free=0)
    waiting(free=1, paid=False)
    assert found(stock.unfilled) == [forgotten.pk]


def test_cancelled_orders_that_still_wait_are_told() -> None:
    row = waiting()
    assert found(stock.waited_for_in_vain) == []
    Order.objects.update(state="cancelled")
    assert found(stock.waited_for_in_vain) == [row.pk]


def test_a_promise_whose_day_is_over_is_told() -> None:
    late = waiting(promised_in=-DAY)
    waiting(promised_in=timedelta())
    waiting(promised_in=None)
    waiting(promised_in=-DAY, paid=False)
    assert found(stock.late_promises) == [late.pk]


def test_a_transfer_that_does_not_come_is_told() -> None:
    ends = {"source": make_location(), "destination": make_location("far", 1), "state": "in-transit"}
    now = clock.now()
    slow = Transfer.objects.create(**ends, sent_at=now - 8 * DAY)
    late = Transfer.objects.create(**ends, sent_at=now - 2 * DAY, expected_on=timezone.localdate() - DAY)
    Transfer.objects.create(**ends, sent_at=now - 6 * DAY)
    Transfer.objects.create(**ends, sent_at=now - 9 * DAY, expected_on=timezone.localdate())
    assert sorted(found(stock.stuck_transfers), key=str) == sorted([slow.pk, late.pk], key=str)


def paid_an_hour_ago() -> Order:
    order = make_to_pack()
    an_hour_ago = clock.now() - timedelta(hours=1)
    Order.objects.filter(pk=order.pk).update(paid_at=an_hour_ago)
    Reservation.objects.update(created_at=an_hour_ago)
    return order


def test_a_paid_order_that_nobody_was_told_to_pack_is_told() -> None:
    order = paid_an_hour_ago()
    assert found(packing.orders_without_task) == [order.pk]
    OrderHold.objects.create(order=order, kind="dispute", source="dp_1")
    assert found(packing.orders_without_task) == []
    OrderHold.objects.update(lifted_at=clock.now())
    assert plan_forgotten() == 1
    assert found(packing.orders_without_task) == []


def test_what_was_paid_just_now_and_what_is_packed_is_not_told() -> None:
    make_to_pack()
    (task,) = plan(paid_an_hour_ago().pk)
    scan_all(task)
    close_with(task)
    # Of an order with a second parcel to come.
    Order.objects.update(fulfilment_state="unfulfilled")
    assert found(packing.orders_without_task) == []


def test_a_task_of_a_cancelled_order_is_told() -> None:
    (task,) = plan(make_to_pack().pk)
    assert found(packing.tasks_in_vain) == []
    Order.objects.update(state="cancelled", cancelled_by_choice=True)
    assert found(packing.tasks_in_vain) == [task.pk]
    PackingTask.objects.update(state="cancelled")
    assert found(packing.tasks_in_vain) == []


def test_a_parcel_that_should_have_arrived_is_told_until_somebody_says_what_became_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monday = datetime(2026, 11, 2, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: monday + 7 * DAY)
    shipment = make_packed(carrier="")
    dispatch(shipment.pk, actor=None)
    for promised, left, is_told in (
        (monday, monday, False),
        (monday - DAY * 3, monday - DAY * 3, True),
        # It left after the day that it was promised for: it is given its time from there.
        (monday - DAY * 3, monday, False),
        (None, monday - DAY * 3, True),
    ):
        Order.objects.update(delivery_until=None)
        Shipment.objects.update(promised_on=promised, dispatched_at=left)
        found = [finding.subject for finding in parcels.quiet_parcels()]
        assert found == [shipment.pk] * is_told, (promised, left)
    note(shipment.pk, TrackingEvent.Kind.DELIVERED, words="", actor=None)
    assert list(parcels.quiet_parcels()) == []
