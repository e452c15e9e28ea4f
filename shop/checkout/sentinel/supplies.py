"""Does what was ordered of suppliers come, and early enough for whoever waits for it?"""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from shop.alerts.models import Alert
from shop.checkout.sentinel.finding import Check, Finding
from shop.core import clock
from shop.suppliers.expected import slipped
from shop.suppliers.purchase_models import PurchaseOrder
from shop.warehouse.moving_models import BackOrder

# From then on silence is a trouble.
ANSWERS_WITHIN = timedelta(days=5)
DATED_WITHIN = timedelta(days=7)


def overdue_deliveries() -> Iterator[Finding]:
    for order in PurchaseOrder.objects.overdue(timezone.localdate()).select_related("supplier"):
        day, supplier = order.due_since, order.supplier  # type: ignore[attr-defined]
        yield Finding(
            order.pk,
            f"{order.number} of {supplier.name} was confirmed for {day:%-d %B} and has not all come",
            f"Ask {supplier.email} for a new day. 'Receive goods' on its page once they are here, or close the order.",
        )


def slipped_promises() -> Iterator[Finding]:
    for row, day in slipped():
        order, promised = row.order_line.order, row.promised_on
        yield Finding(
            row.pk,
            f"Order {order.number} was promised {row.quantity} x {row.variant.sku} for about {promised:%-d %B}, "
            f"which the supplier now confirms for {day:%-d %B}",
            f"Ask the supplier for an earlier day, or write to {order.email}: wait, another piece, or a refund of this "
            "line.",
            order.pk,
        )


def unanswered_orders() -> Iterator[Finding]:
    for order in PurchaseOrder.objects.unanswered(clock.now() - ANSWERS_WITHIN).select_related("supplier"):
        supplier = order.supplier
        yield Finding(
            order.pk,
            f"{supplier.name} has not answered {order.number}, sent on {order.sent_at:%-d %B}",
            f"Telephone, or write to {supplier.email}, and fill in 'What the supplier says' on the order's page. 'Send "
            "again with a new link' mails it once more.",
        )


def undated_back_orders() -> Iterator[Finding]:
    for row in BackOrder.objects.undated(clock.now() - DATED_WITHIN).select_related("order_line__order", "variant"):
        order = row.order_line.order
        yield Finding(
            row.pk,
            f"Order {order.number} waits for {row.quantity} x {row.variant.sku}, and nobody knows until when",
            f"Order it and ask the supplier for a day, or write to {order.email}: wait, another piece, or a refund of "
            "this line.",
            order.pk,
        )


CHECKS = (
    Check("purchase-overdue", "goods that come when suppliers confirmed them", overdue_deliveries, Alert.Area.STOCK),
    Check("purchase-unanswered", "purchase orders that suppliers answer", unanswered_orders, Alert.Area.STOCK),
    Check("back-order-undated", "back orders with a day", undated_back_orders, Alert.Area.STOCK),
    Check("promise-slips", "back orders that come when they were promised", slipped_promises, Alert.Area.STOCK),
)
