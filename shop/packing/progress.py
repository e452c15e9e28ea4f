"""How far an order has come, as far as packing knows: as far as the part of it that has come least far."""

from django.db.models import QuerySet

from shop.delivery.shipment_models import Shipment
from shop.orders.models import Order
from shop.packing.models import PackingTask
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder

Stage = Order.FulfilmentState


def unpacked(order: Order) -> QuerySet[Reservation]:
    """What the order holds that lies on the shelves, in no parcel."""
    closed = PackingTask.objects.filter(order=order, state=PackingTask.State.PACKED)
    parcels = closed.exclude(shipment__state=Shipment.State.CANCELLED)
    held = Reservation.objects.held().filter(order_line__order=order)
    return held.exclude(packing_lines__task__in=parcels.values("pk")).order_by("pk")


def is_left_to_pack(order: Order) -> bool:
    """Whether some of it is still on the shelves, or still to come."""
    return unpacked(order).exists() or BackOrder.objects.waiting().filter(order_line__order=order).exists()


def parcels_of(order: Order) -> QuerySet[Shipment]:
    """The order's parcels that were not opened again."""
    return Shipment.objects.filter(order=order).exclude(state=Shipment.State.CANCELLED)


def follow_packing(order: Order) -> None:
    """Bring the order (its row locked by the caller) to where its least advanced part is."""
    stage = stage_of(order)
    if stage == order.fulfilment_state:
        return
    order.fulfilment_state = stage
    parcels = list(parcels_of(order))
    if stage in (Stage.SHIPPED, Stage.DELIVERED):
        order.shipped_at = min(parcel.dispatched_at for parcel in parcels if parcel.dispatched_at)
    if stage == Stage.DELIVERED:
        order.delivered_at = max(parcel.delivered_at for parcel in parcels if parcel.delivered_at)
    order.save(update_fields=["fulfilment_state", "shipped_at", "delivered_at", "updated_at"])


def stage_of(order: Order) -> Order.FulfilmentState:
    """UNFULFILLED while anything is to be packed or to come, PACKED while a parcel is in the house."""
    parcels = list(parcels_of(order))
    if not parcels or is_left_to_pack(order):
        return Stage.UNFULFILLED
    if any(parcel.dispatched_at is None for parcel in parcels):
        return Stage.PACKED
    return Stage.DELIVERED if all(parcel.delivered_at for parcel in parcels) else Stage.SHIPPED
