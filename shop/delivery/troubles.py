"""What goes wrong with parcels: told to the staff as an alert, and put right by them."""

from collections import defaultdict
from datetime import timedelta

from django.db import transaction

from shop.accounts.models import User
from shop.alerts.models import Alert
from shop.alerts.services import close_alerts, raise_alert
from shop.core import clock
from shop.core.errors import InvalidTransition, ShopError
from shop.delivery.fulfilment import follow
from shop.delivery.locking import locked
from shop.delivery.models import ShippingMethod
from shop.delivery.shipment_models import Shipment, TrackingEvent
from shop.orders.models import Order
from shop.warehouse import services as warehouse
from shop.warehouse.coming_back import give_up, parcel_comes_back
from shop.warehouse.leaving import let_go, short
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder

AREA = Alert.Area.STOCK
NOT_FETCHED = "Ask the customer. Otherwise say on the parcel's page that it came back, and refund it there."
State, End = Shipment.State, Shipment.GoodsEnd

ADVICE: dict[str, str] = {
    State.FAILED: "Ask the carrier to try again, or wait for it. On the parcel's page say what became of it.",
    State.LOST: "Claim it from the carrier. On the parcel's page send the goods again, or refund them.",
    State.RETURNED: "Look at the goods. On the parcel's page restock or set aside, then send again or refund.",
}
# So long we keep what is to be fetched, as its mail says.
KEPT_FOR = timedelta(days=14)
MOST = 100


def tell(order: Order, shipment: Shipment) -> None:
    """Raise the alert of a parcel in trouble; close it once it is not any more."""
    if shipment.state in ADVICE:
        title = f"Parcel {shipment.number}: {shipment.get_state_display().lower()}"
        advice = f"{shipment.closed_note}. {ADVICE[shipment.state]}"
        raise_alert(key=key_of(shipment), title=title, advice=advice, order_id=order.pk, area=AREA)
    else:
        close(shipment)


def tell_uncollected() -> int:
    """Raise the alert of each parcel that waits to be fetched for too long; how many there are."""
    since = clock.now() - KEPT_FOR
    ready = TrackingEvent.objects.filter(kind=TrackingEvent.Kind.READY, at__lt=since)
    # Also what was brought there from another of our locations; a courier's own counter sends it back by itself.
    ours = ShippingMethod.objects.exclude(collect_at=None).values("code")
    waiting = Shipment.objects.filter(state=State.READY, order__shipping_method__in=ours, events__in=ready)
    rows = list(waiting.select_related("order").distinct().order_by("pk")[:MOST])
    for shipment in rows:
        title = f"Parcel {shipment.number}: nobody fetches it"
        raise_alert(key=key_of(shipment), title=title, advice=NOT_FETCHED, order_id=shipment.order_id, area=AREA)
    return len(rows)


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
    if shipment.goods_end:
        raise InvalidTransition(f"{shipment.number}: {shipment.get_goods_end_display().lower()} before.")
    reason = f"parcel {shipment.number} not fetched"
    if shipment.dispatched_at:
        reason = f"parcel {shipment.number} came back"
        parcel_comes_back(goods=goods_of(shipment), damaged=damaged, document=order.number, reason=reason, actor=actor)
    elif damaged:
        for hold, units in holds_of(shipment):
            short(reservation=hold, damaged=units, document=order.number, reason=reason, actor=actor)
    else:
        # Its goods never left, so they only are not held any more.
        units_held = {hold.pk: units for hold, units in holds_of(shipment)}
        let_go(units=units_held, document=order.number, reason=reason, actor=actor)
    shipment.goods_end = End.DAMAGED if damaged else End.RESTOCKED
    shipment.save(update_fields=["goods_end", "updated_at"])
    follow(order)


@transaction.atomic
def send_again(shipment_id: int, *, actor: User | None) -> tuple[Order, list[BackOrder]]:
    """Hold the goods of a parcel that is lost or came back once more; the order, and what of them is still to come.

    What came back is taken in first. Raises ShopError (OutOfStock where it cannot be had), with nothing changed.
    """
    order, shipment = locked(shipment_id)
    if not order.may_ship:
        raise InvalidTransition(f"Order {order.number} must not leave: it is not paid, or something holds it.")
    refuse_settled(shipment)
    if shipment.state == State.RETURNED and not shipment.goods_end:
        take_in(shipment_id, damaged=False, actor=actor)
        shipment.refresh_from_db()
    if shipment.dispatched_at:
        give_up(goods=goods_of(shipment), is_back=shipment.state == State.RETURNED)
    waits = warehouse.reserve(demands=demands_of(shipment), document=order.number, expires_at=None)
    if shipment.state == State.LOST:
        shipment.goods_end = End.GIVEN_UP
    settle(order, shipment, Shipment.Remedy.SENT_AGAIN)
    return order, waits


def refuse_settled(shipment: Shipment) -> None:
    """Raise InvalidTransition unless it is lost or came back, and its buyer has neither goods nor money for it yet."""
    if shipment.state not in (State.LOST, State.RETURNED):
        raise InvalidTransition(f"{shipment.number} is {shipment.get_state_display().lower()}: ask the carrier first.")
    if shipment.remedy:
        raise InvalidTransition(f"{shipment.number} was {shipment.get_remedy_display().lower()} before.")


def settle(order: Order, shipment: Shipment, remedy: Shipment.Remedy) -> None:
    """Write down what its buyer has instead (both rows locked); nobody has to look at it any more."""
    shipment.remedy = remedy
    shipment.save(update_fields=["goods_end", "remedy", "updated_at"])
    follow(order)
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


def holds_of(shipment: Shipment) -> list[tuple[Reservation, int]]:
    """What holds the units of a parcel in the house, those that were packed into it first, and how many each.

    Raises ShopError where they are not all held any more.
    """
    wanted = goods_of(shipment)
    holds = Reservation.objects.held().filter(order_line_id__in={line for line, _ in wanted})
    own = set(holds.filter(packing_lines__task__shipment=shipment).values_list("pk", flat=True))
    found = []
    for hold in sorted(holds, key=lambda hold: (hold.pk not in own, hold.pk)):
        key = (hold.order_line_id, hold.level_id)
        if units := min(wanted.get(key, 0), hold.quantity):
            found.append((hold, units))
            wanted[key] -= units
    if any(wanted.values()):
        raise ShopError(f"Not all of {shipment.number} is held for its order any more. Check the order, and unpack it.")
    return found


def demands_of(shipment: Shipment) -> list[warehouse.Demand]:
    method = shipment.order.shipping_method
    lines = shipment.lines.select_related("level")
    return [warehouse.Demand(line.order_line_id, line.level.variant_id, line.quantity, method=method) for line in lines]
