"""What checkout does when something has happened."""

from shop.checkout import bags
from shop.events.envelope import Event
from shop.orders.models import Order


def empty_bag(event: Event) -> None:
    """OrderPaid: what was bought leaves the bag."""
    bags.take_out(Order.objects.get(pk=event.detail["order_id"]))
