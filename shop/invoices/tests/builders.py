"""Paid orders with taxes, and refunds of them."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from shop.core import clock
from shop.core.numbers import secret_key
from shop.orders import services as orders
from shop.orders.models import Order, OrderLine
from shop.payments.models import PaymentAttempt, Refund, RefundLine
from shop.tax.amounts import TaxShare, breakdown, contained
from shop.tests.builders import make_product, make_recipient, make_variant


def make_paid_order(
    *prices: tuple[int, int, str], delivery: int = 395, country: str = "GB", name: str = "Shirt", **recipient: Any
) -> Order:
    """A paid order of lines (unit price, quantity, rate percent), with the taxes a quote would have given it."""
    is_export = country != "GB"
    lines = [
        orders.LineToOrder(
            variant=make_variant(make_product(name), price=price, stock=0),
            quantity=quantity,
            unit_price=price,
            tax_rate=Decimal(0 if is_export else rate),
            tax=contained(price * quantity, Decimal(0 if is_export else rate)),
        )
        for price, quantity, rate in prices or [(7800, 1, "20")]
    ]
    goods = [TaxShare(line.tax_rate, line.charged, line.tax) for line in lines]
    taxation = orders.Taxation() if is_export else orders.Taxation(country, breakdown(goods, delivery))
    order = orders.create(
        placement_key=secret_key(),
        lines=lines,
        recipient=make_recipient(country=country, **recipient),
        delivery=orders.DeliveryTerms("standard", "Standard", delivery),
        taxation=taxation,
    )
    orders.move(order, Order.State.PAID, reason="payment received")
    PaymentAttempt.objects.create(
        order=order,
        provider="stripe",
        state=PaymentAttempt.State.PAID,
        amount=order.grand_total,
        captured_amount=order.grand_total,
        currency=order.currency,
        intent_id=f"pi_{order.number}",
        expires_at=clock.now() + timedelta(minutes=45),
        paid_at=order.paid_at,
    )
    return order


def make_refund(
    order: Order, lines: Sequence[tuple[OrderLine, int, int]] = (), *, delivery: int = 0, free: int = 0, **fields: Any
) -> Refund:
    """A refund that was paid out. lines: (line, quantity, amount)."""
    refund = Refund.objects.create(
        attempt=order.payment_attempts.get(),
        amount=sum(amount for _, _, amount in lines) + delivery + free,
        delivery_amount=delivery,
        free_amount=free,
        currency=order.currency,
        **{"reason": Refund.Reason.RETURNED, "state": Refund.State.SUCCEEDED, "done_at": clock.now()} | fields,
    )
    for line, quantity, amount in lines:
        RefundLine.objects.create(refund=refund, order_line=line, quantity=quantity, amount=amount)
    return refund
