"""What goes wrong with parcels: told to the staff as an alert, and put right by them."""

from shop.alerts.models import Alert
from shop.alerts.services import close_alerts, raise_alert
from shop.delivery.shipment_models import Shipment
from shop.orders.models import Order

State = Shipment.State

ADVICE: dict[str, str] = {
    State.FAILED: "Ask the carrier to try again, or wait for it. On the parcel's page say what became of it.",
    State.LOST: "Claim it from the carrier. On the parcel's page send the goods again, or refund them.",
    State.RETURNED: "Look at the goods. On the parcel's page restock, send again, or refund.",
}


def tell(order: Order, shipment: Shipment) -> None:
    """Raise the alert of a parcel in trouble; close it once it is not any more."""
    key = f"parcel-trouble:{shipment.number}"
    if shipment.state in ADVICE:
        title = f"Parcel {shipment.number}: {shipment.get_state_display().lower()}"
        advice = f"{shipment.closed_note}. {ADVICE[shipment.state]}"
        raise_alert(key=key, title=title, advice=advice, order_id=order.pk, area=Alert.Area.STOCK)
    else:
        close_alerts(key)
