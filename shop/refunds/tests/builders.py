"""A paid order to give money back of."""

from typing import Any

from shop.catalog.models import ProductVariant
from shop.checkout.tests.paying_builders import FakeProvider, pay, place
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, Refund
from shop.refunds.services import LineRefund, request_refund
from shop.tests.builders import make_variant
from shop.warehouse.models import Reservation, StockLevel


def paid_order(fake: FakeProvider, variant: ProductVariant | None = None, *, quantity: int = 2) -> Order:
    """A paid order of one line, with 3.95 of delivery on top, its stock held."""
    order = place(variant or make_variant(price=7800, stock=10), quantity=quantity)
    pay(fake, order)
    order.refresh_from_db()
    return order


def ask_refund(order: Order, *lines: tuple[int, int] | LineRefund, **fields: Any) -> list[Refund]:
    """Refund these lines: (line id, units), with restocking, or as a LineRefund."""
    wanted = [line if isinstance(line, LineRefund) else LineRefund(*line, restock=True) for line in lines]
    defaults = {"reason": Refund.Reason.RETURNED, "note": "", "actor": None}
    return request_refund(order=order, lines=wanted, **{**defaults, **fields})


def refunded(order: Order) -> list[int]:
    """What counts as refunded of each of the order's payments."""
    attempts = PaymentAttempt.objects.filter(order=order).order_by("created_at")
    return list(attempts.values_list("refunded_amount", flat=True))


def stock_of(order: Order) -> tuple[int, int]:
    """(on hand, reserved) of the only variant of the order."""
    level = StockLevel.objects.get(variant__order_lines__order=order)
    return level.on_hand, level.reserved


def reservations(order: Order) -> list[tuple[str, int]]:
    rows = Reservation.objects.filter(order_line__order=order).order_by("state")
    return list(rows.values_list("state", "quantity"))
