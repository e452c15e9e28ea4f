"""What an order asks of the warehouse: its lines held, held longer, or held once more."""

from collections.abc import Iterable

from django.db import transaction

from shop.orders.models import Order, OrderLine
from shop.suppliers.promises import promise
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder


def hold(order: Order) -> None:
    """Reserve every line until the hold ends. Raises OutOfStock."""
    reserve(order, order.lines.all())


def keep_holding(order: Order) -> None:
    """Hold what is held or promised as long as the order may be paid, and reserve what is not (any more).

    Raises OutOfStock, with nothing changed.
    """
    held = taken(order)
    assert order.hold_until
    warehouse.extend(order_line_ids=sorted(held), until=order.hold_until)
    reserve(order, [line for line in order.lines.all() if line.pk not in held])


def hold_again(order: Order) -> bool:
    """Reserve a cancelled order's lines once more, without an end; False when not all of them can be had."""
    lines = list(order.lines.all())
    if any(line.variant_id is None for line in lines):
        return False
    try:
        with transaction.atomic():
            promise(warehouse.reserve(demands=demands_of(lines), document=order.number, expires_at=None))
    except warehouse.OutOfStock:
        return False
    return True


def hold_missing(order: Order) -> None:
    """Reserve, without an end, what an order in review does not hold (any more). Raises OutOfStock.

    Also where a line's variant was deleted: nobody could pack it.
    """
    held = taken(order)
    missing = [line for line in order.lines.all() if line.pk not in held]
    if any(line.variant_id is None for line in missing):
        raise warehouse.OutOfStock([])
    if missing:
        promise(warehouse.reserve(demands=demands_of(missing), document=order.number, expires_at=None))


def reserve(order: Order, lines: Iterable[OrderLine]) -> None:
    """Hold these lines of the order until its hold ends. Raises OutOfStock."""
    if demands := demands_of(lines):
        promise(warehouse.reserve(demands=demands, document=order.number, expires_at=order.hold_until))


def demands_of(lines: Iterable[OrderLine]) -> list[warehouse.Demand]:
    """What these lines want; a line whose variant was deleted wants nothing."""
    return [
        warehouse.Demand(line.pk, line.variant_id, line.quantity, method=line.order.shipping_method)
        for line in lines
        if line.variant_id
    ]


def taken(order: Order) -> set[int]:
    """The order's lines of which something is held or promised."""
    held = Reservation.objects.held().filter(order_line__order=order).values_list("order_line_id", flat=True)
    waits = BackOrder.objects.waiting().filter(order_line__order=order).values_list("order_line_id", flat=True)
    return {*held, *waits}


def line_ids(order: Order) -> list[int]:
    return list(order.lines.values_list("pk", flat=True))
