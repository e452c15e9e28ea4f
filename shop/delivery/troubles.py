"""What goes wrong with parcels: told to the staff as an alert, and put right by them."""

from collections import defaultdict

from django.db import transaction

from shop.accounts.models import User
from shop.alerts.models import Alert
from shop.alerts.services import close_alerts, raise_alert
from shop.core.errors import InvalidTransition
from shop.delivery.locking import locked
from shop.delivery.shipment_models import Shipment
from shop.orders.models import Order
from shop.warehouse import services as warehouse
from shop.warehouse.coming_back import come_back, give_up

State = Shipment.State

ADVICE: dict[str, str] = {
    State.FAILED: "Ask the carrier to try again, or wait for it. On the parcel's page say what became of it.",
    State.LOST: "Claim it from the carrier. On the parcel's page send the goods again, or refund them.",
    State.RETURNED: "Look at the goods. On the parcel's page restock, send again, or refund.",
}


def tell(order: Order, shipment: Shipment) -> None:
    """Raise the alert of a parcel in trouble; close it once it is not any more."""
    if shipment.state in ADVICE:
        title = f"Parcel {shipment.number}: {shipment.get_state_display().lower()}"
        advice = f"{shipment.closed_note}. {ADVICE[shipment.state]}"
        raise_alert(key=key_of(shipment), title=title, advice=advice, order_id=order.pk, area=Alert.Area.STOCK)
    else:
        close(shipment)


def key_of(shipment: Shipment) -> str:
    return f"parcel-trouble:{shipment.number}"


@transaction.atomic
def take_in(shipment_id: int, *, damaged: bool, actor: User | None) -> None:
    """The goods of a parcel that came back are here again: on the shelf, or aside as damaged.

    Raises ShopError, with nothing changed, for a parcel that did not come back or was taken in before.
    """
    order, shipment = locked(shipment_id)
    if shipment.state != State.RETURNED:
        raise InvalidTransition(f"{shipment.number} has not come back.")
    if shipment.dispatched_at is None:
        # Nobody fetched it: its goods never left, so they only are not held any more.
        lines = [line for line, _ in goods_of(shipment)]
        warehouse.release(order_line_ids=lines, document=order.number, reason=f"parcel {shipment.number} not fetched")
    else:
        reason = f"parcel {shipment.number} came back"
        come_back(goods=goods_of(shipment), damaged=damaged, document=order.number, reason=reason, actor=actor)
    note_end(shipment, "set aside as damaged" if damaged else "back in stock")


@transaction.atomic
def send_again(shipment_id: int, *, actor: User | None) -> Order:
    """Hold the goods of a parcel that is lost or came back once more, to be packed anew; the order.

    What came back is taken in first. Raises ShopError (OutOfStock where it cannot be had), with nothing changed.
    """
    order, shipment = locked(shipment_id)
    if not order.may_ship:
        raise InvalidTransition(f"Order {order.number} must not leave: it is not paid, or something holds it.")
    if shipment.state == State.LOST:
        give_up(goods=goods_of(shipment))
    elif shipment.state != State.RETURNED:
        raise InvalidTransition(f"{shipment.number} is {shipment.get_state_display().lower()}: ask the carrier first.")
    elif "stock" not in shipment.closed_note and "damaged" not in shipment.closed_note:
        take_in(shipment_id, damaged=False, actor=actor)
        shipment.refresh_from_db()
    if "sent again" in shipment.closed_note:
        raise InvalidTransition(f"{shipment.number} was sent again before.")
    warehouse.reserve(demands=demands_of(shipment), document=order.number, expires_at=None)
    order.fulfilment_state, order.delivered_at = Order.FulfilmentState.UNFULFILLED, None
    order.save(update_fields=["fulfilment_state", "delivered_at", "updated_at"])
    note_end(shipment, "sent again")
    return order


def note_end(shipment: Shipment, words: str) -> None:
    """Write down what became of the goods; the matter is settled."""
    shipment.closed_note = "; ".join(filter(None, [shipment.closed_note, words]))[-200:]
    shipment.save(update_fields=["closed_note", "updated_at"])
    close(shipment)


def close(shipment: Shipment) -> None:
    """Nobody has to look at it any more."""
    close_alerts(key_of(shipment))


def goods_of(shipment: Shipment) -> dict[tuple[int, int], int]:
    """Units by order line and level."""
    units: dict[tuple[int, int], int] = defaultdict(int)
    for line in shipment.lines.all():
        units[line.order_line_id, line.level_id] += line.quantity
    return dict(units)


def demands_of(shipment: Shipment) -> list[warehouse.Demand]:
    lines = shipment.lines.select_related("level")
    return [warehouse.Demand(line.order_line_id, line.level.variant_id, line.quantity) for line in lines]
