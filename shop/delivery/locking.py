"""The order of locks around a parcel."""

from shop.delivery.shipment_models import Shipment
from shop.orders.models import Order


def locked(shipment_id: int) -> tuple[Order, Shipment]:
    """A parcel's order and then the parcel, both locked."""
    order_id = Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id)
    order = Order.objects.locked().get(pk=order_id)
    return order, Shipment.objects.locked().select_related("location").get(pk=shipment_id)
