"""What checkout does when something has happened."""

from shop.activity.services import note_once
from shop.activity.stores import Kind
from shop.checkout import bags
from shop.events.envelope import Event
from shop.orders.models import Order


def empty_bag(event: Event) -> None:
    """OrderPaid: what was bought leaves the bag."""
    bags.take_out(Order.objects.get(pk=event.detail["order_id"]))


def count_bought(event: Event) -> None:
    """OrderPaid: its pieces count as bought, on the day on which it was paid."""
    order = Order.objects.get(pk=event.detail["order_id"])
    lines = order.lines.filter(variant__isnull=False).values_list("variant__product", "quantity")
    note_once(Kind.BOUGHT, lines, day=event.occurred_at.date(), why=f"order-{order.number}")
