"""Goods came in: who waits for them gets them, whoever paid first before the others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import transaction

from shop.events.services import emit
from shop.warehouse import levels as stock
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.moving_models import BackOrder
from shop.warehouse.services import Demand, allocate


@transaction.atomic
def fill(variant_ids: Iterable[int]) -> None:
    """Hold free units of these variants for the paid orders that wait for them, as far as they go.

    Emits BackOrderFilled for each order of which lines wait for nothing any more. Doing it again changes nothing.
    """
    rows = stock.lock(variant_ids)
    served = _served(rows)
    if not served:
        return
    orders = {row.order_line_id: row.order_line.order for row in served}
    demands = [
        Demand(row.order_line_id, row.variant_id, units, method=orders[row.order_line_id].shipping_method)
        for row, units in served.items()
    ]
    holds = [
        Reservation(level=level, order_line_id=demand.order_line_id, quantity=units)
        for demand, level, units in allocate(demands, rows)
    ]
    stock.apply_each(
        rows,
        [
            (
                Change(hold.level_id, reserved=hold.quantity),
                Cause(StockMovement.Kind.RESERVE, orders[hold.order_line_id].number, "waited for it"),
            )
            for hold in holds
        ],
    )
    Reservation.objects.bulk_create(holds)
    for row, units in served.items():
        row.split(units, BackOrder.State.FILLED)
    still = BackOrder.objects.waiting().filter(order_line_id__in=orders).values_list("order_line_id", flat=True)
    whole: dict[int, list[int]] = defaultdict(list)
    for line in sorted(orders.keys() - set(still)):
        whole[orders[line].pk].append(line)
    for order_id, lines in sorted(whole.items()):
        emit("BackOrderFilled", {"order_id": order_id, "number": orders[lines[0]].number, "line_ids": lines})


def _served(rows: Sequence[StockLevel]) -> dict[BackOrder, int]:
    """How many units each of those who wait gets of what is free in these levels."""
    left = stock.available_by_variant(rows)
    waits = BackOrder.objects.waiting().filter(variant_id__in=left, expires_at=None).select_related("order_line__order")
    served = {}
    # Each takes a unit at least, so no more of them than there are free units can be served of any variant.
    for variant, free in left.items():
        mine = waits.filter(variant_id=variant).order_by("order_line__order__paid_at", "pk")[:free] if free else ()
        for row in mine:
            if units := min(row.quantity, left[variant]):
                left[variant] -= units
                served[row] = units
    return served
