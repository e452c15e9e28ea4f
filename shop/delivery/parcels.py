"""Where a parcel is: one table of moves, one way in for news, whoever brings it.

Every writer locks the order first, then the parcel. Goods leave the stock when the parcel leaves the house.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from shop.accounts.models import User
from shop.core import clock
from shop.core.errors import InvalidTransition
from shop.core.numbers import secret_key
from shop.delivery import mails, troubles
from shop.delivery.fulfilment import follow
from shop.delivery.locking import locked
from shop.delivery.shipment_models import Shipment, ShipmentLabel, TrackingEvent
from shop.delivery.ways import collected_at, needs_label
from shop.events.services import emit
from shop.orders.models import Order
from shop.warehouse.leaving import ship

State, Kind = Shipment.State, TrackingEvent.Kind

# What may follow what. A parcel that nobody took in may be tried again, and a lost one may turn up.
MOVES: dict[str, frozenset[str]] = {
    State.PACKED: frozenset(set(State) - {State.PACKED}),
    State.DISPATCHED: frozenset(
        {State.IN_TRANSIT, State.READY, State.DELIVERED, State.FAILED, State.LOST, State.RETURNED}
    ),
    State.IN_TRANSIT: frozenset({State.READY, State.DELIVERED, State.FAILED, State.LOST, State.RETURNED}),
    State.READY: frozenset({State.DELIVERED, State.FAILED, State.LOST, State.RETURNED}),
    State.FAILED: frozenset({State.IN_TRANSIT, State.READY, State.DELIVERED, State.LOST, State.RETURNED}),
    State.LOST: frozenset({State.DELIVERED, State.RETURNED}),
    State.DELIVERED: frozenset(),
    State.RETURNED: frozenset(),
    State.CANCELLED: frozenset(),
}
# What a piece of news makes of a parcel; that a label was made changes nothing.
STATE_AFTER: dict[str, Shipment.State] = {
    Kind.DISPATCHED: State.DISPATCHED,
    Kind.IN_TRANSIT: State.IN_TRANSIT,
    Kind.OUT: State.IN_TRANSIT,
    Kind.READY: State.READY,
    Kind.DELIVERED: State.DELIVERED,
    Kind.FAILED: State.FAILED,
    Kind.LOST: State.LOST,
    Kind.RETURNED: State.RETURNED,
}
TROUBLE = frozenset({State.FAILED, State.LOST, State.RETURNED})


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a parcel at a time (UTC). source: its id where it comes from; the same comes once."""

    kind: TrackingEvent.Kind
    at: datetime = field(default_factory=clock.now)
    place: str = ""
    note: str = ""
    source: str = field(default_factory=secret_key)


@transaction.atomic
def record(shipment_id: int, news: News, *, actor: User | None = None) -> bool:
    """Keep the news of a parcel, and move it if that is where it is now; whether the news was new.

    News that comes late is kept and moves nothing. Raises ShopError where the stock has not what left the house.
    """
    order, shipment = locked(shipment_id)
    # A clock that is ahead must not make everything after it look old.
    at = min(news.at, clock.now())
    words = {"kind": news.kind, "at": at, "place": news.place[:120], "note": news.note[:200]}
    known, is_new = TrackingEvent.objects.get_or_create(
        source=news.source[:120], defaults={"shipment": shipment, **words}
    )
    to = STATE_AFTER.get(news.kind)
    if is_new and to in MOVES[shipment.state] and to and _is_latest(shipment, known):
        _move(order, shipment, to, news, actor)
    return is_new


@transaction.atomic
def dispatch(shipment_id: int, *, actor: User | None) -> bool:
    """A packed parcel goes to its carrier: its goods leave the stock. False when it had gone before.

    Raises ShopError, with nothing changed, for one that must not go.
    """
    order, shipment = locked(shipment_id)
    if shipment.dispatched_at:
        return False
    if why := refusal(order, shipment):
        raise InvalidTransition(why)
    return record(shipment.pk, News(Kind.DISPATCHED, source=f"staff:{shipment.number}:dispatched"), actor=actor)


@transaction.atomic
def make_ready(shipment_id: int, *, actor: User | None) -> bool:
    """A parcel waits where its customer fetches it, who is told. False when it waited before. Raises ShopError."""
    order, shipment = locked(shipment_id)
    if shipment.state == State.READY:
        return False
    place = collected_at(order)
    if place is None:
        raise InvalidTransition(f"{shipment.number} is not to be collected: hand it to the carrier.")
    if shipment.state == State.PACKED and shipment.location_id != place.pk:
        raise InvalidTransition(f"{shipment.number} lies at {shipment.location}: send it to {place} first.")
    if not order.may_ship:
        raise InvalidTransition(f"Order {order.number} must not leave the house.")
    if State.READY not in MOVES[shipment.state]:
        raise InvalidTransition(f"{shipment.number} is {shipment.get_state_display().lower()}.")
    return record(shipment.pk, News(Kind.READY, place=place.name), actor=actor)


@transaction.atomic
def note(shipment_id: int, kind: TrackingEvent.Kind, *, words: str, actor: User | None) -> bool:
    """What staff know of a parcel that has left: handed over, could not be delivered, lost, came back.

    False when it is so already. Raises ShopError where that cannot follow.
    """
    _, shipment = locked(shipment_id)
    to = STATE_AFTER[kind]
    if shipment.state == to:
        return False
    if to not in MOVES[shipment.state] or shipment.state == State.PACKED:
        was, would = shipment.get_state_display().lower(), to.label.lower()
        raise InvalidTransition(f"{shipment.number} is {was}: it cannot become {would}.")
    return record(shipment_id, News(kind, note=words), actor=actor)


def refusal(order: Order, shipment: Shipment) -> str:
    """Why a parcel must not be handed to a carrier now; empty when it may."""
    if shipment.state != State.PACKED:
        return f"{shipment.number} is {shipment.get_state_display().lower()}."
    if not order.may_ship:
        return f"Order {order.number} must not leave the house: it is not paid, or something holds it."
    place = collected_at(order)
    if place and place.pk == shipment.location_id:
        return f"The customer fetches {shipment.number} at {place}: mark it ready."
    if needs_label(order, shipment) and not ShipmentLabel.objects.filter(shipment=shipment).exists():
        return f"{shipment.number} has no label yet."
    return ""


def _is_latest(shipment: Shipment, event: TrackingEvent) -> bool:
    later = shipment.events.filter(kind__in=STATE_AFTER, at__gt=event.at)
    # What the house has not seen leave has left, whatever came first.
    return shipment.state == State.PACKED or not later.exclude(pk=event.pk).exists()


def _move(order: Order, shipment: Shipment, to: Shipment.State, news: News, actor: User | None) -> None:
    """Bring the parcel there with all that follows: stock, order, events, mails, alerts."""
    if _leaves(shipment, to):
        _leave(order, shipment, actor, tell=shipment.state == State.PACKED)
    shipment.state = to
    if to == State.DELIVERED:
        shipment.delivered_at = min(news.at, clock.now())
        emit("DeliveryCompleted", event_detail(order, shipment))
    elif to == State.READY:
        mails.write(order, shipment, to)
    elif to in TROUBLE:
        shipment.closed_note = (news.note or to.label)[:200]
        emit("DeliveryFailed", {**event_detail(order, shipment), "reason": shipment.closed_note})
    shipment.save(update_fields=["state", "dispatched_at", "delivered_at", "closed_note", "updated_at"])
    troubles.tell(order, shipment)
    follow(order)


def _leaves(shipment: Shipment, to: Shipment.State) -> bool:
    """Whether its goods leave the house with that move: one that is fetched here stays until it is handed over."""
    if shipment.dispatched_at or to in (State.READY, State.CANCELLED):
        return False
    return shipment.state == State.PACKED or to in (State.DELIVERED, State.LOST)


def _leave(order: Order, shipment: Shipment, actor: User | None, *, tell: bool) -> None:
    """Its goods leave the stock. tell: a carrier has it, so its customer hears of it."""
    units = {hold.pk: taken for hold, taken in troubles.holds_of(shipment)}
    if units:
        ship(units=units, document=order.number, actor=actor)
    shipment.dispatched_at = clock.now()
    if tell:
        emit("ParcelShipped", {**event_detail(order, shipment), "tracking_number": shipment.tracking_number})


def event_detail(order: Order, shipment: Shipment) -> dict[str, object]:
    """What every event about a parcel says."""
    return {
        "order_id": order.pk,
        "number": order.number,
        "shipment_id": shipment.pk,
        "shipment": shipment.number,
    }
