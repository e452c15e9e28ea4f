"""By which way an order goes: its carrier, or the place where its customer fetches it."""

from shop.adapters.carriers import carrier, is_known
from shop.delivery.models import ShippingMethod
from shop.delivery.shipment_models import Shipment
from shop.orders.models import Order
from shop.warehouse.models import StockLocation


def needs_label(order: Order, shipment: Shipment) -> bool:
    """Whether its carrier makes labels, so that it must not leave without one."""
    code = carrier_of(order, shipment)
    return is_known(code) and carrier(code).makes_labels


def carrier_of(order: Order, shipment: Shipment) -> str:
    """The code of the parcel's carrier: its own, otherwise the one of the way of delivery; empty: none."""
    if shipment.carrier:
        return shipment.carrier
    return ShippingMethod.objects.filter(code=order.shipping_method).values_list("carrier", flat=True).first() or ""


def carrier_title(code: str) -> str:
    """What people call that carrier; empty for one that is not known here."""
    return carrier(code).title if is_known(code) else ""


def collected_at(order: Order) -> StockLocation | None:
    """Where the customer fetches the order; None where it is brought."""
    method = ShippingMethod.objects.filter(code=order.shipping_method).select_related("collect_at").first()
    return method.collect_at if method else None
