"""How far an order as a whole is, judged by its parcels."""

from django.db.models import Max

from shop.delivery.shipment_models import Shipment
from shop.orders.models import Order
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder

State, Fulfilment = Shipment.State, Order.FulfilmentState
UNDER_WAY = frozenset({State.PACKED, State.DISPATCHED, State.IN_TRANSIT, State.READY, State.FAILED})


def follow(order: Order) -> None:
    """Bring the order (its row locked by the caller) to where its parcels are.

    While something of it still lies in the house or is to come, it stays where it was: packing knows about that.
    """
    if not is_waiting(order):
        states = set(order.shipments.exclude(state=State.CANCELLED).values_list("state", flat=True))
        if states & UNDER_WAY or State.DELIVERED not in states:
            order.fulfilment_state = Fulfilment.SHIPPED
        else:
            order.fulfilment_state = Fulfilment.DELIVERED
            order.delivered_at = order.shipments.aggregate(last=Max("delivered_at"))["last"]
    order.save(update_fields=["fulfilment_state", "shipped_at", "delivered_at", "updated_at"])


def is_waiting(order: Order) -> bool:
    """Whether something of the order is still to be packed, to be handed over, or to come."""
    held = Reservation.objects.held().filter(order_line__order=order)
    return held.exists() or BackOrder.objects.waiting().filter(order_line__order=order).exists()
