"""An order's parcels as its customer sees them: what is in each, where it is, when it comes."""

from dataclasses import dataclass
from datetime import datetime

from shop.core.dates import long_day
from shop.delivery.shipment_models import Shipment, ShipmentLine, TrackingEvent
from shop.delivery.ways import carrier_title
from shop.orders.models import Order
from shop.warehouse.models import StockLocation

State = Shipment.State

# What a customer reads first, and the colour that goes with it.
WORDS: dict[str, tuple[str, str]] = {
    State.PACKED: ("Packed", "good"),
    State.DISPATCHED: ("On its way", "good"),
    State.IN_TRANSIT: ("On its way", "good"),
    State.READY: ("Ready to collect", "good"),
    State.DELIVERED: ("Delivered", "good"),
    State.FAILED: ("Could not be handed over", "warn"),
    State.LOST: ("Lost", "bad"),
    State.RETURNED: ("Came back to us", "warn"),
}
# What comes next of a parcel in trouble, until its buyer has the goods again or the money.
NEXT: dict[str, str] = {
    State.FAILED: "They usually try again on the next working day. Is something wrong with the address? Write to us.",
    State.LOST: "That is ours to put right: we send it again or give you your money back, and write to you within two "
    "working days.",
    State.RETURNED: "Write to us where it should go, or that you would rather have your money back.",
}
SETTLED: dict[str, str] = {
    Shipment.Remedy.SENT_AGAIN: "We are sending it to you again.",
    Shipment.Remedy.REFUNDED: "You have your money back for it.",
}
TROUBLE = frozenset(NEXT)
# What a customer is not told: our own paper.
SILENT = (TrackingEvent.Kind.LABEL,)


@dataclass(frozen=True, slots=True)
class ParcelShown:
    """One parcel. events: newest first. when: what is known of its arrival; next: what happens now, both in words."""

    name: str
    shipment: Shipment
    words: str
    kind: str
    carrier: str
    when: str
    next: str
    lines: list[ShipmentLine]
    events: list[TrackingEvent]

    @property
    def is_awaited(self) -> bool:
        """Whether it comes when it was said that it would."""
        return self.shipment.state in (State.PACKED, State.DISPATCHED, State.IN_TRANSIT)

    @property
    def is_over(self) -> bool:
        return self.shipment.state in (State.DELIVERED, State.LOST, State.RETURNED)


def parcels_of(order: Order, place: StockLocation | None = None) -> list[ParcelShown]:
    """The order's parcels, the oldest first. place: where it is fetched, None where it is brought.

    Three queries, none of them where nothing was packed but one.
    """
    rows = order.shipments.exclude(state=State.CANCELLED).order_by("pk")
    found = list(rows.prefetch_related("lines__order_line", "events"))
    names = [f"Parcel {number}" if len(found) > 1 else "Your parcel" for number, _ in enumerate(found, 1)]
    return [_shown(row, name, place) for row, name in zip(found, names, strict=True)]


def _shown(shipment: Shipment, name: str, place: StockLocation | None) -> ParcelShown:
    words, kind = WORDS[shipment.state]
    events = [event for event in shipment.events.all() if event.kind not in SILENT]
    if shipment.state == State.RETURNED and place and any(event.kind == TrackingEvent.Kind.READY for event in events):
        words = "Not collected"
    if events and events[-1].kind == TrackingEvent.Kind.OUT and shipment.state == State.IN_TRANSIT:
        words = "Out for delivery"
    return ParcelShown(
        name=name,
        shipment=shipment,
        words=words,
        kind=kind,
        carrier=carrier_title(shipment.carrier),
        when=_when(shipment),
        next=_next(shipment, place, events),
        lines=list(shipment.lines.all()),
        events=events[::-1],
    )


def _when(shipment: Shipment) -> str:
    if shipment.delivered_at:
        return f"Delivered {long_day(shipment.delivered_at.date())}"
    if (promised := shipment.day_to_come) and shipment.state in (State.PACKED, State.DISPATCHED, State.IN_TRANSIT):
        return f"Expected by {long_day(promised)}"
    return ""


def _next(shipment: Shipment, place: StockLocation | None, events: list[TrackingEvent]) -> str:
    if shipment.remedy:
        return SETTLED[shipment.remedy]
    if shipment.state != State.READY:
        return NEXT.get(shipment.state, "")
    if place:
        return "Bring this page or the order number. We keep it for 14 days."
    at = next((event.place for event in events if event.kind == TrackingEvent.Kind.READY and event.place), "")
    return f"{f'At {at}. ' if at else ''}Bring the tracking number; the courier keeps it for a few days only."


def ready_at(parcels: list[ParcelShown]) -> datetime | None:
    """When the first of them could be fetched."""
    ready = [event.at for parcel in parcels for event in parcel.events if event.kind == TrackingEvent.Kind.READY]
    return min(ready, default=None)


def last_news(parcels: list[ParcelShown]) -> TrackingEvent | None:
    """The newest piece of news of any of them that is still on its way."""
    latest = [parcel.events[0] for parcel in parcels if parcel.events and not parcel.is_over]
    return max(latest, key=lambda event: event.at, default=None)


def packed_at(parcels: list[ParcelShown]) -> datetime | None:
    """When the first of them was packed."""
    return min((parcel.shipment.packed_at for parcel in parcels), default=None)
