"""Buyers who wait for goods get the day that suppliers confirm now, and hear of it where it is later."""

from collections import defaultdict
from datetime import date

from django.db import transaction

from shop.mail.services import queue_mail
from shop.orders.models import Order
from shop.suppliers.expected import days_now
from shop.suppliers.purchase_models import PurchaseOrder
from shop.warehouse import ahead
from shop.warehouse.levels import lock
from shop.warehouse.moving_models import BackOrder


@transaction.atomic
def redate(purchase: PurchaseOrder) -> None:
    """Paid back orders for what is on this purchase order get their day anew; one mail an order where it is later.

    What the shop promises itself for a later day stays so. A back order for which no day is known keeps its own.
    """
    variants = set(purchase.lines.values_list("variant_id", flat=True))
    lock(variants)
    changed, later = [], defaultdict[Order, list[BackOrder]](list)
    for row, confirmed in days_now(variants):
        day = max(confirmed, row.variant.expected_on or confirmed)
        if row.promised_on == day:
            continue
        if row.promised_on and row.promised_on < day:
            later[row.order_line.order].append(row)
        row.promised_on = day
        changed.append(row)
    BackOrder.objects.bulk_update(changed, ["promised_on"])
    for order, rows in later.items():
        mail_later(order, rows)


def mail_later(order: Order, rows: list[BackOrder]) -> None:
    """The buyer reads the new days, and that nobody has to wait."""
    last: date = max(row.promised_on for row in rows if row.promised_on)
    for row in rows:
        row.order_line.promise = ahead.words(row.quantity, row.quantity, row.promised_on)
    queue_mail(
        key=f"back-order-later:{order.number}:{min(row.pk for row in rows)}:{last.isoformat()}",
        to=order.email,
        template="back-order-later",
        context={
            "order": order,
            "first_name": order.full_name.strip().partition(" ")[0],
            "pieces": [(row.order_line, row.quantity) for row in rows],
        },
    )
