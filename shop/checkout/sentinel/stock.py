"""Does the stock agree with its ledger and with what orders hold?"""

from collections.abc import Iterator

from django.utils import timezone

from shop.alerts.models import Alert
from shop.checkout.sentinel.finding import Check, Finding
from shop.core import clock
from shop.orders.models import OrderLine
from shop.warehouse.ledger import Difference, differences
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.moving_models import BackOrder, Transfer

COUNT = (
    "Count the shelf. Then correct the level on its page in the staff site (Stock), which writes the difference into "
    "the ledger with your name. Tell whoever looks after the code: no normal working makes such a difference."
)


def unexplained_levels() -> Iterator[Finding]:
    found = differences()
    levels = StockLevel.objects.select_related("variant", "location").in_bulk([each.level_id for each in found])
    for difference in found:
        level = levels[difference.level_id]
        title = f"{level.variant.sku} at {level.location}: {in_words(difference)}"
        yield Finding(level.pk, title, COUNT)


def in_words(difference: Difference) -> str:
    """What does not agree, such as 'the level says 5 on hand, its ledger 6'."""
    pairs = [
        ("on hand, its ledger", difference.on_hand),
        ("held, its ledger", difference.reserved),
        ("held, its orders", difference.held),
        ("damaged, its ledger", difference.damaged),
    ]
    parts = [f"the level says {says} {words} {sums}" for words, (says, sums) in pairs if says != sums]
    return "; ".join(parts)


def orders_without_stock() -> Iterator[Finding]:
    for line in OrderLine.objects.unheld().select_related("order"):
        yield Finding(
            line.pk,
            f"Order {line.order.number} is paid but holds {line.held} of {line.quantity} x {line.sku}",  # type: ignore[attr-defined]
            "Before packing, see on the stock page whether enough is left and put it aside by hand. If it is sold out, "
            "ask the buyer: wait, another size, or a refund of this line.",
            line.order_id,
        )


def held_in_vain() -> Iterator[Finding]:
    for hold in Reservation.objects.held_in_vain().select_related("order_line__order"):
        order = hold.order_line.order
        yield Finding(
            hold.pk,
            f"{hold.quantity} x {hold.order_line.sku} is held for order {order.number}, which needs it no longer",
            "These pieces cannot be sold while they are held. Tell whoever looks after the code to release reservation "
            f"{hold.pk}.",
            order.pk,
        )
    for line in OrderLine.objects.overheld().select_related("order"):
        held = line.held  # type: ignore[attr-defined]
        yield Finding(
            f"line-{line.pk}",
            f"Order {line.order.number} holds {held} x {line.sku}, more than is to be sent of it",
            "Some of it was refunded and cannot be sold while it is held. Count what is set aside for the order, and "
            "tell whoever looks after the code.",
            line.order_id,
        )


def unfilled() -> Iterator[Finding]:
    for row in BackOrder.objects.could_be_held().select_related("order_line__order", "variant"):
        order = row.order_line.order
        yield Finding(
            row.pk,
            f"Order {order.number} waits for {row.quantity} x {row.variant.sku}, and some of it is free",
            "Tick it under Back orders and choose 'Hold what has come in'. If this comes again, see under Events "
            "whether StockReceived was given up.",
            order.pk,
        )


def waited_for_in_vain() -> Iterator[Finding]:
    for row in BackOrder.objects.in_vain().select_related("order_line__order", "variant"):
        order = row.order_line.order
        yield Finding(
            row.pk,
            f"Order {order.number} is {order.get_state_display().lower()} and still waits for {row.variant.sku}",
            f"What comes in would be kept for it. Tell whoever looks after the code to cancel back order {row.pk}.",
            order.pk,
        )


def late_promises() -> Iterator[Finding]:
    for row in BackOrder.objects.late(timezone.localdate()).select_related("order_line__order", "variant"):
        order, day = row.order_line.order, row.promised_on
        yield Finding(
            row.pk,
            f"Order {order.number} was promised {row.quantity} x {row.variant.sku} for about {day:%-d %B}",
            f"It has not come in. Ask the supplier for a new day, and write to {order.email}: wait, another piece, or "
            "a refund of this line.",
            order.pk,
        )


def stuck_transfers() -> Iterator[Finding]:
    for transfer in Transfer.objects.overdue(clock.now()).select_related("source", "destination"):
        yield Finding(
            transfer.pk,
            f"Transfer {transfer} left {transfer.source} on {transfer.sent_at:%-d %B} and has not come",
            f"Its units are in nobody's stock. Receive it at {transfer.destination}, or call it back.",
        )


CHECKS = (
    Check("stock-ledger", "stock levels that their ledger explains", unexplained_levels, Alert.Area.STOCK),
    Check("orders-hold", "paid orders that hold their stock", orders_without_stock, Alert.Area.STOCK),
    Check("held-in-vain", "held stock that an order needs", held_in_vain, Alert.Area.STOCK),
    Check("back-order-unfilled", "goods that are held for whoever waits for them", unfilled, Alert.Area.STOCK),
    Check("back-order-in-vain", "back orders that an order needs", waited_for_in_vain, Alert.Area.STOCK),
    Check("back-order-late", "back orders that came when they were promised", late_promises, Alert.Area.STOCK),
    Check("transfer-stuck", "transfers that arrive", stuck_transfers, Alert.Area.STOCK),
)
