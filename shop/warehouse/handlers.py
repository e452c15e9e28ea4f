"""What the warehouse does when something happened."""

from shop.events.envelope import Event
from shop.mail.services import tell_staff
from shop.warehouse.filling import fill
from shop.warehouse.moving_models import BackOrder


def mail_stock_low(event: Event) -> None:
    """StockLow: tell the staff that somebody should order more."""
    tell_staff(key=f"stock-low:{event.id}", template="stock-low", context=event.detail)


def fill_received(event: Event) -> None:
    """StockReceived: who waits for these pieces gets them."""
    fill(event.detail["variant_ids"])


def fill_paid(event: Event) -> None:
    """OrderPaid: what it waits for may have come while it was not paid."""
    waits = BackOrder.objects.waiting().filter(order_line__order_id=event.detail["order_id"])
    fill(list(waits.values_list("variant_id", flat=True)))
