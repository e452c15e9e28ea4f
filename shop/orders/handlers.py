"""What orders do when something happened."""

from collections import Counter

from shop.alerts.services import raise_alert
from shop.events.envelope import Event
from shop.mail.services import queue_mail, tell_staff
from shop.orders.labels import address_lines, delivery_days
from shop.orders.models import Order
from shop.orders.waiting import with_promises
from shop.warehouse.models import Reservation


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


def tell_staff_sold(event: Event) -> None:
    """OrderPaid: the staff hear of each sale."""
    order = Order.objects.get(pk=event.detail["order_id"])
    context = {"order": order, "lines": list(order.lines.order_by("pk"))}
    tell_staff(key=f"order-sold:{order.number}", template="order-sold", context=context)


def alert_bounced(event: Event) -> None:
    """MailBounced: what its buyer is to know about an order does not reach them."""
    order = Order.objects.filter(number=event.detail["number"]).first()
    if order:
        raise_alert(
            key=f"mail-bounced:{order.number}",
            title=f"Mail about order {order.number} does not arrive",
            advice="Its address does not take mail, and gets no more of it. Reach the buyer another way. If the "
            "address is right after all, lift its entry under Refused addresses and send the mail again. "
            f"{event.detail['reason']}",
            order_id=order.pk,
        )


def mail_come_in(event: Event) -> None:
    """BackOrderFilled: tell the buyer that what they waited for is here. Not of an order that was called off since."""
    order = Order.objects.get(pk=event.detail["order_id"])
    held = Reservation.objects.held().filter(order_line__order=order, order_line__in=event.detail["line_ids"])
    units = Counter[int]()
    for hold in held:
        units[hold.order_line_id] += hold.quantity
    lines = list(order.lines.filter(pk__in=units).order_by("pk"))
    if order.state != Order.State.PAID or not lines:
        return
    names = list(dict.fromkeys(line.product_name for line in lines))
    queue_mail(
        key=f"come-in:{event.id}",
        to=order.email,
        template="come-in",
        context={
            "order": order,
            "first_name": order.full_name.strip().partition(" ")[0],
            "what": " and ".join(names),
            "are": "are" if len(names) > 1 else "is",
            "pieces": [(line, units[line.pk]) for line in lines],
        },
    )
