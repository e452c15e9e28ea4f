"""Packing tasks: one for each location that holds units of a paid order, kept to what the order still holds there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from shop.core import clock
from shop.core.errors import ShopError
from shop.delivery import troubles
from shop.delivery.days import CUT_OFF, dispatch_day
from shop.delivery.fulfilment import follow, parcels_of
from shop.delivery.models import ShippingMethod
from shop.delivery.shipment_models import Shipment
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.packing.models import PackingLine, PackingTask, Scan
from shop.warehouse import ahead
from shop.warehouse.models import Reservation

State = PackingTask.State
OPEN = (State.WAITING, State.PACKING)
# So many orders a round: the next one takes the rest.
MOST = 200


class NotPackable(ShopError):
    """The order or its task is not to be packed now; the message says why. Nothing was changed."""


def plan(order_id: int) -> list[PackingTask]:
    """Have what a paid order holds on the shelves in open tasks, one a location; returns these tasks.

    Left out are units that came for a line which still waits for more: they are sent together.

    May be asked at any time and any number of times. What is not held any more leaves its task.
    """
    with transaction.atomic():
        return follow_holds(Order.objects.locked().get(pk=order_id))


def follow_holds(order: Order) -> list[PackingTask]:
    """The same for an order whose row the caller has locked. Six queries where nothing is new."""
    tasks = list(PackingTask.objects.filter(order=order, state__in=OPEN).locked())
    holds = list(unpacked(order).select_related("level")) if order.state == Order.State.PAID else []
    by_location: dict[int, list[Reservation]] = defaultdict(list)
    for hold in holds:
        by_location[hold.level.location_id].append(hold)
    by_task = {task.location_id: task for task in tasks}
    new = sorted(by_location.keys() - by_task)
    day = send_by(order) if new else None
    for task in [PackingTask(order=order, location_id=location, send_by=day) for location in new]:
        task.save()
        tasks.append(task)
    for task in tasks:
        hold_to(task, by_location.get(task.location_id, []))
    return [task for task in tasks if task.state in OPEN]


def hold_to(task: PackingTask, holds: Sequence[Reservation]) -> None:
    """The open task's lines become these reservations; without any it is called off."""
    lines = {line.reservation_id: line for line in task.lines.select_related("order_line")}
    wanted = {hold.pk: hold for hold in holds}
    for line in lines.values():
        adjust(task, line, wanted[line.reservation_id].quantity if line.reservation_id in wanted else 0)
    PackingLine.objects.bulk_create(
        PackingLine(task=task, order_line_id=hold.order_line_id, reservation=hold, quantity=hold.quantity)
        for hold in holds
        if hold.pk not in lines
    )
    if not holds:
        task.state = State.CANCELLED
        task.save(update_fields=["state", "updated_at"])


def unpacked(order: Order) -> QuerySet[Reservation]:
    """What the order holds that lies on the shelves, in no parcel, and waits for no more of its line."""
    closed = PackingTask.objects.filter(order=order, state=State.PACKED)
    parcels = closed.exclude(shipment__state=Shipment.State.CANCELLED)
    held = Reservation.objects.held().filter(~ahead.came_in_part(), order_line__order=order)
    return held.exclude(packing_lines__task__in=parcels.values("pk")).order_by("pk")


def adjust(task: PackingTask, line: PackingLine, quantity: int) -> None:
    """The line wants another quantity; a packer who has more of it in the box already is told to take it out."""
    if line.quantity == quantity:
        return
    out = line.packed - min(line.packed, quantity)
    if out:
        words = f"Take {out} x {line.order_line.sku} out of the box: the order does not want it any more."
        Scan.objects.create(task=task, code=line.order_line.sku, outcome=words, is_right=False)
    if not quantity:
        line.delete()
        return
    line.quantity, line.packed = quantity, line.packed - out
    line.save(update_fields=["quantity", "packed"])


def cancel(order_id: int) -> int:
    """The order is called off: nobody packs it any more. How many tasks that ended."""
    with transaction.atomic():
        order = Order.objects.locked().get(pk=order_id)
        if order.state == Order.State.PAID:
            return 0
        tasks = list(PackingTask.objects.filter(order=order, state__in=OPEN).locked())
        return PackingTask.objects.filter(pk__in=[task.pk for task in tasks]).update(state=State.CANCELLED)


@transaction.atomic
def unpack(shipment: Shipment) -> None:
    """A parcel that has not left, be it ready to collect, is opened: its pieces are to be packed anew.

    Raises NotPackable.
    """
    order = Order.objects.locked().get(pk=shipment.order_id)
    shipment = Shipment.objects.locked().get(pk=shipment.pk)
    if not shipment.is_in_house:
        raise NotPackable(f"Parcel {shipment.number} is {shipment.get_state_display().lower()}: it stays closed.")
    open_again(order, [shipment])


@transaction.atomic
def follow_refund(order_id: int) -> None:
    """What was given back is not packed any more; a parcel in the house that has some of it is opened again."""
    order = Order.objects.locked().get(pk=order_id)
    closed = PackingTask.objects.filter(shipment__in=parcels_of(order).in_house()).select_related("shipment")
    wrong = [task.shipment for task in closed if task.shipment and not holds_all(task)]
    open_again(order, wrong)


def open_again(order: Order, shipments: Sequence[Shipment]) -> None:
    """These parcels of the order (its row locked by the caller) are none any more."""
    numbers = [shipment.pk for shipment in shipments]
    Shipment.objects.filter(pk__in=numbers).in_house().update(state=Shipment.State.CANCELLED)
    for shipment in shipments:
        troubles.close(shipment)
    follow_holds(order)
    # With the rest of it refunded, what is in parcels is all of the order.
    if numbers or parcels_of(order).exists():
        follow(order)


def holds_all(task: PackingTask) -> bool:
    """Whether all that was packed is still held for its order."""
    lines = task.lines.filter(packed__gt=0).select_related("reservation")
    held = Reservation.State.HELD
    return all(line.reservation.state == held and line.reservation.quantity == line.packed for line in lines)


def plan_forgotten() -> int:
    """Plan the paid orders that hold units no task knows of, whatever kept their event; how many there were."""
    orders = unplanned().order_by("order_line__order").values_list("order_line__order", flat=True).distinct()[:MOST]
    return len([plan(order_id) for order_id in orders])


def unplanned() -> QuerySet[Reservation]:
    """What paid orders hold that is in no task to be done and in no parcel."""
    closed = PackingTask.objects.filter(state=State.PACKED).exclude(shipment__state=Shipment.State.CANCELLED)
    tasks = PackingTask.objects.filter(Q(state__in=OPEN) | Q(pk__in=closed.values("pk")))
    known = PackingLine.objects.filter(reservation=OuterRef("pk"), task__in=tasks.values("pk"))
    return Reservation.objects.held().filter(
        ~Exists(known),
        ~ahead.came_in_part(),
        order_line__order__state=Order.State.PAID,
        order_line__order__fulfilment_state=Order.FulfilmentState.UNFULFILLED,
    )


def send_by(order: Order) -> date:
    """The day on which it has to leave: as promised when it was paid, or as soon as goods that came late allow."""
    started = PackingTask.objects.filter(order=order).exists()
    cut_off = ShippingMethod.objects.filter(code=order.shipping_method).values_list("cut_off", flat=True).first()
    return dispatch_day(clock.now() if started or not order.paid_at else order.paid_at, cut_off or CUT_OFF)


def refuse_packing(order: Order) -> None:
    """Raise NotPackable, in words for the packer, unless the order (its row locked) may leave the house."""
    if order.state != Order.State.PAID:
        raise NotPackable(f"Order {order.number} is {order.get_state_display().lower()}: do not pack it.")
    if not order.may_ship:
        raise NotPackable(f"Order {order.number} is on hold ({why_held(order.holds.standing())}). Put it aside.")


def why_held(holds: Iterable[OrderHold]) -> str:
    """'payment disputed, early fraud warning'."""
    return ", ".join(sorted({hold.get_kind_display().lower() for hold in holds}))


def lock_open(task_id: int) -> tuple[Order, PackingTask]:
    """The task and before it its order, locked, with what it still has to pack. Raises NotPackable.

    For finishing, the caller has locked the order's payments in between.
    """
    task = PackingTask.objects.get(pk=task_id)
    order = Order.objects.locked().get(pk=task.order_id)
    task = PackingTask.objects.locked().get(pk=task_id)
    if task.state not in OPEN:
        raise NotPackable(f"Task {task.number} is {task.get_state_display().lower()} already.")
    refuse_packing(order)
    follow_holds(order)
    task.refresh_from_db()
    if task.state not in OPEN:
        raise NotPackable(f"Task {task.number} has nothing to pack any more: everything was refunded or given back.")
    return order, task
