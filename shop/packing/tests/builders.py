"""Paid orders with their packing tasks."""

from typing import Any

from shop.catalog.models import ProductVariant
from shop.checkout.stock import demands_of
from shop.core import clock
from shop.orders import services as orders
from shop.orders.models import Order
from shop.packing.finishing import Finished, Lack, finish
from shop.packing.models import PackingLine, PackingTask
from shop.packing.scanning import scan
from shop.packing.services import plan
from shop.payments.models import PaymentAttempt
from shop.tests.builders import make_order, make_variant
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation, StockLevel

Problem, Remedy = PackingLine.Problem, PackingLine.Remedy


def make_to_pack(*variants: ProductVariant, quantity: int = 1, **recipient: Any) -> Order:
    """A paid order with its stock held, as OrderPaid finds it."""
    order = make_order(*(variants or [make_variant()]), quantity=quantity, **recipient)
    warehouse.reserve(demands=demands_of(order.lines.all()), document=order.number, expires_at=None)
    orders.move(order, Order.State.PAID, reason="payment received")
    PaymentAttempt.objects.create(
        order=order,
        provider="stripe",
        state=PaymentAttempt.State.PAID,
        amount=order.grand_total,
        captured_amount=order.grand_total,
        currency=order.currency,
        intent_id=f"pi_{order.number}",
        expires_at=clock.now(),
        paid_at=order.paid_at,
    )
    return order


def make_task(*variants: ProductVariant, quantity: int = 1) -> PackingTask:
    """The only task of such an order."""
    (task,) = plan(make_to_pack(*variants, quantity=quantity).pk)
    return task


def scan_all(task: PackingTask, *leave_out: str) -> None:
    """Scan every piece but those of these SKUs."""
    for line in task.lines.select_related("order_line"):
        for _ in range(0 if line.order_line.sku in leave_out else line.quantity):
            scan(task=task, code=line.order_line.sku, actor=None)


def close_with(task: PackingTask, remedy: str = "", problem: str = "missing") -> Finished:
    """Close the parcel; what is not in it gets that remedy."""
    lacks = {}
    if remedy:
        lacks = {line.pk: Lack(Problem(problem), Remedy(remedy)) for line in task.lines.all()}
    return finish(task=task, lacks=lacks, actor=None)


def stage(order: Order) -> tuple[str, str]:
    """(state, fulfilment state) as the database has them."""
    order.refresh_from_db()
    return order.state, order.fulfilment_state


def level_of(variant: ProductVariant) -> tuple[int, int, int]:
    """(on hand, reserved, damaged) of its only level."""
    found: tuple[int, int, int] = StockLevel.objects.values_list("on_hand", "reserved", "damaged").get(variant=variant)
    return found


def holds_of(order: Order) -> list[tuple[str, int]]:
    rows = Reservation.objects.filter(order_line__order=order).order_by("state", "pk")
    return list(rows.values_list("state", "quantity"))
