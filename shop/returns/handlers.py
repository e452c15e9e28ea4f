"""What returns do when something happened."""

from django.db import transaction

from shop.events.envelope import Event
from shop.orders.models import Order
from shop.returns.fit import refresh_fits
from shop.returns.models import Return, ReturnLine
from shop.returns.settling import refund_exchanged


def refresh_fit(event: Event) -> None:
    """ReturnReceived: how its products fit is counted anew."""
    lines = ReturnLine.objects.filter(parent=event.detail["return_id"], order_line__variant__isnull=False)
    refresh_fits(set(lines.values_list("order_line__variant__product", flat=True)))


@transaction.atomic
def refund_exchange(event: Event) -> None:
    """OrderCancelled: pieces that were to come in exchange do not, so those sent back for them are paid back.

    While the return is open, closing it does that.
    """
    parent = Return.objects.filter(replacement=event.detail["order_id"], state=Return.State.CLOSED).first()
    if parent and Order.objects.get(pk=event.detail["order_id"]).state == Order.State.CANCELLED:
        refund_exchanged(parent)
