"""How far an order as a whole has come: as far as the part of it that has come least far."""

from collections import Counter
from collections.abc import Collection

from django.db.models import QuerySet

from shop.delivery.shipment_models import Shipment, ShipmentLine, ShipmentQuerySet
from shop.orders.models import Order
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder

State, Stage = Shipment.State, Order.FulfilmentState
UNDER_WAY = frozenset({State.DISPATCHED, State.IN_TRANSIT, State.READY, State.FAILED})


def follow(order: Order) -> None:
    """Bring the order (its row locked by the caller) to its stage, and its times to those of its parcels."""
    parcels = list(parcels_of(order))
    order.fulfilment_state = stage_of(parcels, is_left=is_left_to_pack(order))
    left = [parcel.dispatched_at for parcel in parcels if parcel.dispatched_at]
    order.shipped_at = min(left, default=order.shipped_at)
    arrived = [parcel.delivered_at for parcel in parcels if parcel.delivered_at]
    order.delivered_at = max(arrived, default=None) if order.fulfilment_state == Stage.DELIVERED else None
    order.save(update_fields=["fulfilment_state", "shipped_at", "delivered_at", "updated_at"])


def stage_of(parcels: Collection[Shipment], *, is_left: bool) -> Order.FulfilmentState:
    """The stage of an order with these parcels. is_left: some of it is in none of them, and still to be packed.

    A parcel that is lost or came back holds nothing up: the order is delivered with the last of the others.
    """
    in_house = [parcel for parcel in parcels if parcel.is_in_house]
    gone = {parcel.state for parcel in parcels if parcel.dispatched_at}
    if is_left or not (in_house or gone):
        return Stage.UNFULFILLED
    if in_house:
        return Stage.PACKED
    if gone & UNDER_WAY or State.DELIVERED not in gone:
        return Stage.SHIPPED
    return Stage.DELIVERED


def parcels_of(order: Order) -> ShipmentQuerySet:
    """The order's parcels that were not opened again."""
    return Shipment.objects.filter(order=order).exclude(state=State.CANCELLED)


def is_left_to_pack(order: Order) -> bool:
    """Whether some of it is on a shelf, in no parcel, or still to come."""
    if BackOrder.objects.waiting().filter(order_line__order=order).exists():
        return True
    held = Reservation.objects.held().filter(order_line__order=order)
    boxed = ShipmentLine.objects.filter(shipment__in=parcels_of(order).in_house())
    return any((units_by_level(held) - units_by_level(boxed)).values())


def units_by_level(rows: QuerySet[Reservation] | QuerySet[ShipmentLine]) -> Counter[tuple[int, int]]:
    """Units of these rows by order line and stock level."""
    units = Counter[tuple[int, int]]()
    for line, level, quantity in rows.values_list("order_line_id", "level_id", "quantity"):
        units[line, level] += quantity
    return units
