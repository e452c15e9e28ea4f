"""The demo's parcels: each order that was sent has its own; some are in trouble, one waits at our counter."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from shop.core import clock
from shop.delivery.models import ShippingMethod
from shop.delivery.parcels import News, make_ready, record
from shop.delivery.shipment_models import Shipment, ShipmentLine, TrackingEvent
from shop.demo.packing import pack
from shop.orders.models import Order
from shop.packing.models import PackingTask
from shop.warehouse.models import Reservation

State, Kind = Shipment.State, TrackingEvent.Kind

# What became of a few that are on their way, the newest first: told through the service for carriers' news.
STORIES: tuple[tuple[TrackingEvent.Kind, str, str], ...] = (
    (Kind.OUT, "Local depot", "With the driver"),
    (Kind.FAILED, "Front door", "Nobody at home"),
    (Kind.LOST, "", "Not found at three depots"),
    (Kind.RETURNED, "London", "No such address"),
)
# How many packed parcels wait for their carrier at least, where so many orders wait.
SOME = 3
# How an ordinary parcel goes: hours after it left, what, where, what is said.
WAY = (
    (0, Kind.DISPATCHED, "London", "Collected from the sender"),
    (9, Kind.IN_TRANSIT, "Leeds depot", "Left the depot"),
)


def make_parcels() -> None:
    """What packing has not packed is history: written as it was. The caller holds a transaction."""
    sent = list(
        Order.objects.filter(state=Order.State.PAID, shipped_at__isnull=False, shipments=None).order_by("shipped_at")
    )
    orders = {order.pk: order for order in sent}
    goods = Reservation.objects.filter(state=Reservation.State.SHIPPED, order_line__order__in=orders)
    rows = goods.select_related("level", "order_line").order_by("order_line__order_id", "level__location_id", "pk")
    parts = [list(part) for _, part in groupby(rows, key=lambda row: (row.order_line.order_id, row.level.location_id))]
    under_way = [part for part in parts if orders[part[0].order_line.order_id].delivered_at is None]
    write(halved(parts, next((part for part in under_way if len(part) > 1), None)), orders)
    tell_stories(under_way)
    have_some_packed()
    have_one_fetched()


def halved(parts: Iterable[list[Reservation]], chosen: list[Reservation] | None) -> Iterator[list[Reservation]]:
    """The same, the chosen one in two."""
    for part in parts:
        if part is chosen:
            yield part[:1]
            yield part[1:]
        else:
            yield part


def write(parts: Iterable[list[Reservation]], orders: dict[int, Order]) -> None:
    """A parcel for each part, with its lines and news."""
    contents = list(parts)
    parcels = [parcel_of(orders[part[0].order_line.order_id], part, place) for place, part in enumerate(contents)]
    # The first of two parts is there already.
    for first, second in pairwise(parcels):
        if first.order_id == second.order_id and first.dispatched_at and not first.delivered_at:
            first.state, first.delivered_at = State.DELIVERED, min(first.dispatched_at + timedelta(days=1), clock.now())
    Shipment.objects.bulk_create(parcels)
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=parcel, order_line_id=row.order_line_id, level_id=row.level_id, quantity=row.quantity)
        for parcel, part in zip(parcels, contents, strict=True)
        for row in part
    )
    TrackingEvent.objects.bulk_create(event for parcel in parcels for event in news_of(parcel))


def parcel_of(order: Order, part: Sequence[Reservation], place: int) -> Shipment:
    """As it stands now. place: among all of them, for its number at the carrier."""
    assert order.shipped_at
    return Shipment(
        order=order,
        location_id=part[0].level.location_id,
        state=State.DELIVERED if order.delivered_at else State.IN_TRANSIT,
        carrier="courier",
        service="parcel",
        tracking_number=f"LC{700_000_000 + 7919 * place}XX",
        weight_grams=400 * sum(row.quantity for row in part),
        promised_on=order.delivery_until,
        packed_at=order.shipped_at - timedelta(hours=2),
        dispatched_at=order.shipped_at,
        delivered_at=order.delivered_at,
    )


def news_of(parcel: Shipment) -> Iterator[TrackingEvent]:
    """What the carrier said of it, as far as that lies in the past."""
    assert parcel.dispatched_at
    end = parcel.delivered_at or clock.now()
    for hours, kind, where, words in WAY:
        yield event_of(parcel, kind, min(parcel.dispatched_at + timedelta(hours=hours), end), where, words)
    if parcel.delivered_at:
        yield event_of(parcel, Kind.DELIVERED, parcel.delivered_at, "Front door", "Handed over")


def event_of(parcel: Shipment, kind: TrackingEvent.Kind, at: datetime, place: str, note: str) -> TrackingEvent:
    return TrackingEvent(shipment=parcel, kind=kind, at=at, place=place, note=note, recorded_at=at)


def tell_stories(under_way: Sequence[Sequence[Reservation]]) -> None:
    """Something happens to a few of those that are on their way and whole."""
    chosen = [part[0].order_line.order_id for part in reversed(under_way)]
    parcels = Shipment.objects.on_their_way().filter(order__in=chosen, order__shipments__state=State.IN_TRANSIT)
    whole = [parcel for parcel in parcels.order_by("-dispatched_at", "pk").distinct() if is_alone(parcel)]
    for parcel, (kind, place, words) in zip(whole, STORIES, strict=False):
        record(parcel.pk, News(kind, place=place, note=words))


def is_alone(parcel: Shipment) -> bool:
    return parcel.order.shipments.count() == 1


def have_some_packed() -> None:
    """On a Monday morning nothing is packed yet: then some of what waits in no wave is."""
    waiting = PackingTask.objects.open().filter(wave=None).order_by("pk")
    missing = max(0, SOME - Shipment.objects.to_ship().count())
    for task in list(waiting[:missing]):
        pack([task])


def have_one_fetched() -> None:
    """One packed order is fetched at our counter: one whose delivery is free either way."""
    method = ShippingMethod.objects.filter(code="collect").first()
    packed = Shipment.objects.to_ship().filter(order__delivery_total=0, order__country="GB")
    parcel = packed.filter(location=method.collect_at).order_by("pk").first() if method and method.collect_at else None
    if method is None or parcel is None:
        return
    Order.objects.filter(pk=parcel.order_id).update(shipping_method=method.code, shipping_name=method.name)
    Shipment.objects.filter(pk=parcel.pk).update(carrier="")
    make_ready(parcel.pk, actor=None)
