"""What the sentinel says of goods that suppliers bring late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shop.catalog.models import ProductVariant
from shop.checkout.sentinel import supplies
from shop.core import clock
from shop.orders.models import Order
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseOrderLine
from shop.suppliers.tests.builders import make_confirmed, make_sent
from shop.tests.builders import make_order, make_variant
from shop.warehouse.moving_models import BackOrder

pytestmark = pytest.mark.django_db
# What test_sentinel.py need not show broken as well.
SHOWN_BROKEN = (
    *(supplies.overdue_deliveries, supplies.slipped_promises),
    *(supplies.unanswered_orders, supplies.undated_back_orders),
)


def in_days(days: int):  # type: ignore[no-untyped-def]
    return timezone.localdate() + timedelta(days=days)


def waits(variant: ProductVariant, units: int, promised_in: int | None, *, paid: bool = True) -> BackOrder:
    order = make_order(variant)
    Order.objects.filter(pk=order.pk).update(paid_at=clock.now())
    return BackOrder.objects.create(
        order_line=order.lines.get(),
        variant=variant,
        quantity=units,
        promised_on=None if promised_in is None else in_days(promised_in),
        expires_at=None if paid else clock.now(),
    )


def test_goods_whose_day_is_over_are_told_until_they_are_all_here() -> None:
    late, due = make_confirmed(days=3), make_confirmed(days=3)
    PurchaseOrderLine.objects.filter(order=late).update(confirmed_on=in_days(-1))
    PurchaseOrderLine.objects.filter(order=due).update(confirmed_on=in_days(0))
    (finding,) = supplies.overdue_deliveries()
    assert finding.subject == late.pk
    assert f"{late.number} of Tecelagem Minho was confirmed for" in finding.title
    PurchaseOrderLine.objects.filter(order=late).update(received=20)
    assert list(supplies.overdue_deliveries()) == []


def test_an_order_that_nobody_answers_is_told_after_five_days() -> None:
    quiet, fresh, confirmed = make_sent(), make_sent(), make_confirmed()
    PurchaseOrder.objects.exclude(pk=fresh.pk).update(sent_at=clock.now() - timedelta(days=5, minutes=1))
    (finding,) = supplies.unanswered_orders()
    assert finding.subject == quiet.pk != confirmed.pk
    assert f"Tecelagem Minho has not answered {quiet.number}" in finding.title


def test_a_paid_back_order_without_a_day_is_told_after_seven_days() -> None:
    variant = make_variant(stock=0)
    old, dated, unpaid = waits(variant, 2, None), waits(variant, 1, 9), waits(variant, 1, None, paid=False)
    rows = BackOrder.objects.filter(pk__in=[old.pk, dated.pk, unpaid.pk])
    rows.update(created_at=clock.now() - timedelta(days=7, minutes=1))
    waits(variant, 1, None)
    (finding,) = supplies.undated_back_orders()
    assert (finding.subject, finding.order_id) == (old.pk, old.order_line.order_id)


def test_an_order_that_is_over_is_not_late() -> None:
    order = make_confirmed()
    PurchaseOrderLine.objects.update(confirmed_on=in_days(-1))
    PurchaseOrder.objects.filter(pk=order.pk).update(state="closed")
    assert list(supplies.overdue_deliveries()) == []


def test_a_promise_that_the_confirmed_day_breaks_is_told() -> None:
    variant = make_variant(stock=0)
    make_confirmed(variant, units=3, days=10)
    make_confirmed(variant, units=20, days=30)
    in_time, unknown, slips = waits(variant, 2, 10), waits(variant, 1, None), waits(variant, 1, 20)
    waits(variant, 5, 20, paid=False)
    (finding,) = supplies.slipped_promises()
    assert (finding.subject, finding.order_id) == (slips.pk, slips.order_line.order_id)
    assert f"now confirms for {in_days(30):%-d %B}" in finding.title
    assert {in_time.promised_on, unknown.promised_on} == {in_days(10), None}


def test_without_any_confirmed_day_the_promise_has_to_pass_first() -> None:
    variant = make_variant(stock=0)
    waits(variant, 1, 5)
    assert list(supplies.slipped_promises()) == []
