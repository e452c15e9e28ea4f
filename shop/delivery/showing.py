"""An order's parcels as its customer sees them: what is in each, where it is, when it comes."""

from dataclasses import dataclass
from datetime import datetime

from shop.core.dates import long_day
from shop.delivery.shipment_models import Shipment, ShipmentLine, TrackingEvent
from shop.delivery.ways import carrier_title
from shop.orders.models import Order

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
# What a customer is not told: our own paper.
SILENT = (TrackingEvent.Kind.LABEL,)


@dataclass(frozen=True, slots=True)
class ParcelShown:
    """One parcel. events: newest first. when: what is known of its arrival, in words."""

    name: str
    shipment: Shipment
    words: str
    kind: str
    carrier: str
    when: str
    lines: list[ShipmentLine]
    events: list[TrackingEvent]

    @property
    def is_over(self) -> bool:
        return self.shipment.state in (State.DELIVERED, State.LOST, State.RETURNED)


def parcels_of(order: Order) -> list[ParcelShown]:
    """The order's parcels, the oldest first. Three queries, none of them where nothing was packed but one."""
    rows = order.shipments.exclude(state=State.CANCELLED).order_by("pk")
    found = list(rows.prefetch_related("lines__order_line", "events"))
    return [_shown(row, f"Parcel {place}" if len(found) > 1 else "Your parcel") for place, row in enumerate(found, 1)]


def _shown(shipment: Shipment, name: str) -> ParcelShown:
    words, kind = WORDS[shipment.state]
    events = [event for event in shipment.events.all() if event.kind not in SILENT]
    if events and events[-1].kind == TrackingEvent.Kind.OUT and shipment.state == State.IN_TRANSIT:
        words = "Out for delivery"
    return ParcelShown(
        name=name,
        shipment=shipment,
        words=words,
        kind=kind,
        carrier=carrier_title(shipment.carrier),
        when=_when(shipment),
        lines=list(shipment.lines.all()),
        events=events[::-1],
    )


def _when(shipment: Shipment) -> str:
    if shipment.delivered_at:
        return f"Delivered {long_day(shipment.delivered_at.date())}"
    if shipment.promised_on and shipment.state in (State.PACKED, State.DISPATCHED, State.IN_TRANSIT):
        return f"Expected by {long_day(shipment.promised_on)}"
    return ""


def last_news(parcels: list[ParcelShown]) -> TrackingEvent | None:
    """The newest piece of news of any of them."""
    latest = [parcel.events[0] for parcel in parcels if parcel.events]
    return max(latest, key=lambda event: event.at, default=None)


def packed_at(parcels: list[ParcelShown]) -> datetime | None:
    """When the first of them was packed."""
    return min((parcel.shipment.packed_at for parcel in parcels), default=None)
