"""A parcel is closed: a shipment of what is in it, and what becomes of what is not.

One transaction, in the order of locks that all keep: order, payments, task, stock. Money is asked for after it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone

from shop.accounts.models import User
from shop.core import clock
from shop.delivery.days import CUT_OFF, dispatch_day
from shop.delivery.fulfilment import follow, is_left_to_pack, parcels_of
from shop.delivery.models import ShippingMethod
from shop.delivery.services import Load, arrival
from shop.delivery.shipment_models import Shipment, ShipmentLine
from shop.events.services import emit
from shop.mail.services import queue_mail
from shop.orders.models import Order
from shop.orders.waiting import with_promises
from shop.packing.models import PackingLine, PackingTask
from shop.packing.scanning import name_of
from shop.packing.services import NotPackable, follow_holds, lock_open
from shop.payments.models import Refund
from shop.payments.refunds import send_all
from shop.refunds import services as refunding
from shop.suppliers.promises import promise
from shop.warehouse import leaving
from shop.warehouse import services as warehouse
from shop.warehouse.moving_models import BackOrder

State, Problem, Remedy = PackingTask.State, PackingLine.Problem, PackingLine.Remedy


@dataclass(frozen=True, slots=True)
class Lack:
    """Why the missing units of a line are not in the parcel, and what becomes of them."""

    problem: PackingLine.Problem
    remedy: PackingLine.Remedy


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of it. shipment: None where nothing was packed; is_called_off: with that the whole order ended."""

    shipment: Shipment | None
    refunds: list[Refund] = field(default_factory=list)
    is_called_off: bool = False


def finish(*, task: PackingTask, lacks: Mapping[int, Lack], actor: User | None) -> Finished:
    """Close the parcel. lacks: by line id, for every line of which not all units are in.

    Done twice it is done once. Raises NotPackable, with nothing changed.
    """
    with transaction.atomic():
        done = close(task, lacks, actor)
    send_all(done.refunds)
    return done


def close(task: PackingTask, lacks: Mapping[int, Lack], actor: User | None) -> Finished:
    """The same within the caller's transaction; the refunds are to be sent after it."""
    order, _ = refunding.lock(task.order)
    if (before := PackingTask.objects.locked().get(pk=task.pk)).state in (State.PACKED, State.FAILED):
        return Finished(before.shipment)
    order, task = lock_open(task.pk)
    lines = list(task.lines.select_related("order_line", "reservation__level__variant__product"))
    refuse_unexplained(lines, lacks)
    short = [line for line in lines if line.packed < line.quantity]
    for line in short:
        write_off(task, line, lacks[line.pk], actor)
    task.shipment = ship_packed(order, task, lines, actor)
    task.state = State.PACKED if task.shipment else State.FAILED
    task.packed_by, task.packed_at = actor, clock.now()
    task.save(update_fields=["shipment", "state", "packed_by", "packed_at", "updated_at"])
    tell(order, task, short)
    return settle(order, task, short, actor)


def refuse_unexplained(lines: Sequence[PackingLine], lacks: Mapping[int, Lack]) -> None:
    """Raise NotPackable where units are not in and nobody has said why and what next."""
    unexplained = [name_of(line) for line in lines if line.packed < line.quantity and line.pk not in lacks]
    if unexplained:
        raise NotPackable(f"Not all is in the parcel. Say what becomes of: {'; '.join(unexplained)}.")


def write_off(task: PackingTask, line: PackingLine, lack: Lack, actor: User | None) -> None:
    """What was not to be had leaves the hold: the ledger says why, the line what becomes of it."""
    line.problem, line.remedy = lack.problem, lack.remedy
    line.save(update_fields=["problem", "remedy"])
    units = line.quantity - line.packed
    damaged = units if lack.problem == Problem.DAMAGED else 0
    leaving.short(
        reservation=line.reservation,
        missing=units - damaged,
        damaged=damaged,
        document=task.order.number,
        reason=f"packing {task.number}",
        actor=actor,
    )


def ship_packed(order: Order, task: PackingTask, lines: Sequence[PackingLine], actor: User | None) -> Shipment | None:
    """A parcel of what is in the box; None for an empty box."""
    packed = [line for line in lines if line.packed]
    if not packed:
        return None
    products = [(line.reservation.level.variant.product, line.packed) for line in packed]
    weight = sum(product.weight_grams * units for product, units in products)
    volume = sum(product.volume_cm3 * units for product, units in products)
    method = ShippingMethod.objects.filter(code=order.shipping_method).first()
    shipment = Shipment.objects.create(
        order=order,
        location_id=task.location_id,
        carrier=method.carrier if method else "",
        weight_grams=weight,
        volume_cm3=volume,
        promised_on=promised_day(order, task, method, Load(0, weight, volume)),
        packed_by=actor,
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, order_line_id=bought, level_id=level, quantity=units)
        for (bought, level), units in by_level(packed).items()
    )
    return shipment


def promised_day(order: Order, task: PackingTask, method: ShippingMethod | None, load: Load) -> date | None:
    """When this parcel has arrived: as the order was promised, later where its goods came later. Never a past day."""
    today, promised = timezone.localdate(clock.now()), order.delivery_until
    leaves = dispatch_day(clock.now(), method.cut_off if method else CUT_OFF)
    if task.send_by and task.send_by >= today:
        # Closed after the cut-off of its own day it leaves in time all the same.
        leaves = min(leaves, task.send_by)
    days = [day for day in (promised, arrival(order, load, leaves)) if day and day >= today]
    return max(days, default=None)


def by_level(lines: Iterable[PackingLine]) -> Counter[tuple[int, int]]:
    """Packed units by order line and level: what was waited for may be held by a second reservation of a level."""
    units = Counter[tuple[int, int]]()
    for line in lines:
        units[line.order_line_id, line.reservation.level_id] += line.packed
    return units


def tell(order: Order, task: PackingTask, short: Sequence[PackingLine]) -> None:
    """PackageCreated for a parcel with something in it, PackagingFailed for a task that came to nothing."""
    about = {"order_id": order.pk, "number": order.number}
    if task.shipment:
        emit("PackageCreated", {**about, "shipment_id": task.shipment.pk, "shipment": task.shipment.number})
    else:
        reason = "; ".join(f"{line.order_line.sku}: {line.get_problem_display().lower()}" for line in short)
        emit("PackagingFailed", {**about, "task": task.number, "reason": reason[:200]})


def settle(order: Order, task: PackingTask, short: Sequence[PackingLine], actor: User | None) -> Finished:
    """Later, or the money back; and the order is brought to where that leaves it."""
    later = [line for line in short if line.remedy == Remedy.BACK_ORDER]
    for line in later:
        promise_later(order, line)
    if later:
        follow_holds(order)
    units = Counter[int]()
    for line in short:
        if line.remedy == Remedy.REFUND:
            units[line.order_line_id] += line.quantity - line.packed
    is_last = not is_left_to_pack(order)
    if units and is_last and not parcels_of(order).exists():
        reason = f"nothing of it could be packed ({task.number})"
        return Finished(None, refunding.cancel_paid(order=order, actor=actor, reason=reason), is_called_off=True)
    note = f"not there to be packed ({task.number})"
    cause = refunding.Cause(Refund.Reason.UNPACKED, note, actor)
    made = refunding.refund_units(order=order, units=units, cause=cause) if units else []
    if short:
        mail_short(order, task, short)
    follow(order)
    return Finished(task.shipment, made)


def mail_short(order: Order, task: PackingTask, short: Sequence[PackingLine]) -> None:
    """The buyer is told what comes later, and what does not come."""
    with_promises([line.order_line for line in short])
    pieces = [(line.order_line, line.quantity - line.packed, line.remedy) for line in short]
    queue_mail(
        key=f"packing-short:{task.number}",
        to=order.email,
        template="packing-short",
        context={
            "order": order,
            "first_name": order.full_name.strip().partition(" ")[0],
            "has_parcel": bool(task.shipment),
            "later": [(line, units) for line, units, remedy in pieces if remedy == Remedy.BACK_ORDER],
            "refunded": [(line, units) for line, units, remedy in pieces if remedy == Remedy.REFUND],
        },
    )


def promise_later(order: Order, line: PackingLine) -> None:
    """Hold the units where else they lie, and wait for those that lie nowhere, to the day on which they may come."""
    units = line.quantity - line.packed
    variant = line.reservation.level.variant_id
    # Its levels are locked since the units were written off: what is there stays there.
    here = min(units, warehouse.available([variant])[variant])
    waits = []
    if here:
        wanted = warehouse.Demand(line.order_line_id, variant, here, method=order.shipping_method)
        waits = warehouse.reserve(demands=[wanted], document=order.number, expires_at=None)
    if units > here:
        rest = BackOrder(order_line_id=line.order_line_id, variant_id=variant, quantity=units - here)
        rest.save()
        waits.append(rest)
    promise(waits)
