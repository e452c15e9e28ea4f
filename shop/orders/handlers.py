"""What orders do when something happened."""

from shop.events.envelope import Event
from shop.mail.services import queue_mail
from shop.orders.labels import address_lines, delivery_days
from shop.orders.models import Order
from shop.orders.waiting import with_promises


def mail_confirmation(event: Event) -> None:
    """The order is paid: tell the buyer what they bought and where to follow it."""
    order = Order.objects.get(pk=event.detail["order_id"])
    lines = with_promises(list(order.lines.all()))
    queue_mail(
        key=f"order-confirmation:{order.number}",
        to=order.email,
        template="order-confirmation",
        context={
            "order": order,
            "first_name": order.full_name.strip().partition(" ")[0],
            "lines": lines,
            "waits": any(line.promise for line in lines),
            "address": address_lines(order),
            "days": delivery_days(order),
        },
    )
