"""Packed parcels, and a carrier that does what a test says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shop.adapters.carriers import CarrierUnavailable, Label, LabelRequest, Tracked
from shop.delivery.models import ShippingMethod
from shop.delivery.shipment_models import Shipment, ShipmentLine
from shop.orders import services as orders
from shop.orders.models import Order, OrderLine
from shop.tests.builders import make_order, make_variant
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation


def make_packed(*units: int, carrier: str = "courier", **fields: Any) -> Shipment:
    """A packed parcel of a paid order that holds its stock, so many units of each line; the method has that carrier."""
    ShippingMethod.objects.get_or_create(code="standard", defaults={"name": "Standard", "carrier": carrier})
    order = make_held_order(*units or (1,))
    return pack(order, **fields)


def make_held_order(*units: int) -> Order:
    """A paid order with a line of each number of units, all held."""
    order = make_order(*(make_variant() for _ in units))
    for line, quantity in zip(order.lines.order_by("pk"), units, strict=True):
        OrderLine.objects.filter(pk=line.pk).update(quantity=quantity, line_total=line.unit_price * quantity)
    demands = [warehouse.Demand(line.pk, line.variant_id or 0, line.quantity) for line in order.lines.all()]
    warehouse.reserve(demands=demands, document=order.number, expires_at=None)
    orders.move(order, Order.State.PAID, reason="payment received")
    return order


def pack(order: Order, holds: Sequence[Reservation] | None = None, **fields: Any) -> Shipment:
    """A packed parcel of what these reservations hold (all of the order's), as packing leaves it."""
    rows = holds or list(Reservation.objects.held().filter(order_line__order=order).select_related("level"))
    shipment = Shipment.objects.create(order=order, location_id=rows[0].level.location_id, **fields)
    for row in rows:
        ShipmentLine.objects.create(
            shipment=shipment, order_line_id=row.order_line_id, level_id=row.level_id, quantity=row.quantity
        )
    Order.objects.filter(pk=order.pk).update(fulfilment_state=Order.FulfilmentState.PACKED)
    order.refresh_from_db()
    return shipment


@dataclass
class FakeCarrier:
    """Makes labels and remembers them by key. before, after: called around each making, to raise what a test wants."""

    name: str = "courier"
    title: str = "Fake"
    makes_labels: bool = True
    made: dict[str, list[Label]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    cancelled: list[str] = field(default_factory=list)

    def label(self, request: LabelRequest) -> Label:
        self.calls.append("label")
        self.before()
        made = self.made.setdefault(request.key, [])
        number = f"LC{len(self.made):03d}{len(made)}"
        made.append(Label(f"par_{number}", number, f"https://courier.example/{number}", b"%PDF-1", "parcel", 330))
        self.after()
        return made[-1]

    def find(self, key: str) -> Label | None:
        self.calls.append("find")
        return next(iter(self.made.get(key, [])), None)

    def cancel(self, reference: str) -> None:
        self.cancelled.append(reference)

    def track(self, reference: str) -> Sequence[Tracked]:
        return []

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Sequence[Tracked]:
        return []


def once(error: Exception) -> Callable[[], None]:
    """Raises the error when it is called first, and nothing later."""
    left = [error]

    def call() -> None:
        if left:
            raise left.pop()

    return call


TIMED_OUT = CarrierUnavailable("timed out")
