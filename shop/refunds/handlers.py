"""What is told to buyers when money goes back or their order is called off."""

from shop.events.envelope import Event
from shop.mail.services import queue_mail
from shop.orders.models import Order
from shop.payments.models import Refund


def mail_refund(event: Event) -> None:
    """RefundIssued: how much went back, and for what."""
    refund = Refund.objects.select_related("attempt__order").get(pk=event.detail["refund_id"])
    order = refund.attempt.order
    queue_mail(
        key=f"refund:{refund.pk}:{order.number}",
        to=order.email,
        template="refund",
        context={
            "order": order,
            "first_name": first_name(order),
            "refund": refund,
            "lines": list(refund.lines.select_related("order_line")),
        },
    )


def mail_cancellation(event: Event) -> None:
    """OrderCancelled, by somebody's choice: that it will not come, and what becomes of the money."""
    order = Order.objects.get(pk=event.detail["order_id"])
    if order.cancelled_by_choice:
        queue_mail(
            key=f"order-cancelled:{order.number}",
            to=order.email,
            template="order-cancelled",
            context={"order": order, "first_name": first_name(order)},
        )


def first_name(order: Order) -> str:
    return order.full_name.strip().partition(" ")[0]
