"""What the sentinel says of back orders and transfers."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from shop.checkout.sentinel import stock
from shop.checkout.sentinel.finding import Finding
from shop.core import clock
from shop.orders.models import Order
from shop.tests.builders import make_location, make_order, make_variant
from shop.warehouse.moving_models import BackOrder, Transfer

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# What test_sentinel.py need not show broken as well.
SHOWN_BROKEN = (stock.unfilled, stock.waited_for_in_vain, stock.late_promises, stock.stuck_transfers)


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
