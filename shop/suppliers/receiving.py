"""Goods that came: counted against a purchase order, fit for the shelf or damaged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction

from shop.core.errors import ShopError
from shop.core.numbers import secret_key
from shop.events.services import emit
from shop.suppliers.costing import extra_of, landed_unit_cost
from shop.suppliers.expected import tell_pages
from shop.suppliers.moves import State, Who, locked, move
from shop.suppliers.purchase_models import GoodsReceipt, GoodsReceiptLine, PurchaseOrder, PurchaseOrderLine
from shop.warehouse import levels as stock
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import StockLevel, StockMovement
from shop.warehouse.services import MOST_UNITS

if TYPE_CHECKING:
    from shop.accounts.models import User


@dataclass(frozen=True)
class Arrived:
    """Units of one line. missing: on the delivery note, but not in the box; they are still expected."""

    line_id: int
    received: int = 0
    damaged: int = 0
    missing: int = 0

    @property
    def came(self) -> int:
        return self.received + self.damaged


@dataclass(frozen=True)
class Delivery:
    """What is known of the delivery itself. key: of the form that told of it, so that a double click counts once."""

    key: str = field(default_factory=secret_key)
    delivery_note: str = ""
    note: str = ""


class ReceiptRefused(ShopError):
    """Nothing was received; `problems` has the reason for each line (by id) that needs another look."""

    def __init__(self, problems: Mapping[int, str]) -> None:
        super().__init__(next(iter(problems.values())))
        self.problems = dict(problems)


@transaction.atomic
def receive(order_id: int, arrivals: Sequence[Arrived], delivery: Delivery, *, actor: "User | None") -> GoodsReceipt:
    """Put what came into stock at the order's location, damaged units beside it, and tell that it is there.

    A delivery whose key was used gives the receipt that it made. Raises ReceiptRefused for more than is outstanding,
    ShopError for an order that nothing is expected of; nothing is changed then.
    """
    order = locked(order_id)
    if done := GoodsReceipt.objects.filter(key=delivery.key).first():
        return done
    if order.state not in PurchaseOrder.EXPECTED:
        words = f"{order.number} is {order.get_state_display().lower()}: nothing can be received for it."
        raise ShopError(words)
    lines = {line.pk: line for line in order.lines.select_for_update()}
    arrivals = [arrived for arrived in arrivals if arrived.came or arrived.missing]
    refuse_impossible(lines, arrivals)
    receipt = GoodsReceipt.objects.create(
        order=order, received_by=actor, key=delivery.key, delivery_note=delivery.delivery_note, note=delivery.note
    )
    write_lines(receipt, lines, arrivals)
    into_stock(receipt, lines, arrivals)
    is_whole = all(is_complete(line) for line in lines.values())
    move(order, State.RECEIVED if is_whole else State.PARTLY_RECEIVED, in_words(receipt, arrivals), Who(actor=actor))
    tell_pages(order)
    return receipt


def refuse_impossible(lines: Mapping[int, PurchaseOrderLine], arrivals: Sequence[Arrived]) -> None:
    if not arrivals:
        raise ShopError("Say what came: nothing was entered.")
    if len({arrived.line_id for arrived in arrivals}) < len(arrivals):
        raise ShopError("A line was entered twice.")
    if problems := {arrived.line_id: words for arrived in arrivals if (words := problem_with(lines, arrived))}:
        raise ReceiptRefused(problems)


def problem_with(lines: Mapping[int, PurchaseOrderLine], arrived: Arrived) -> str:
    """Why this cannot have come; empty where it can."""
    line = lines.get(arrived.line_id)
    if line is None:
        return "This line is not on this order."
    if min(arrived.received, arrived.damaged, arrived.missing) < 0:
        return "Numbers cannot be below 0."
    left = line.quantity - line.received - line.damaged
    if arrived.came > left:
        return f"Only {left} of {line.quantity} ordered are still to come, so {arrived.came} cannot be received."
    if arrived.missing > line.quantity:
        return f"Only {line.quantity} were ordered."
    return ""


def write_lines(receipt: GoodsReceipt, lines: Mapping[int, PurchaseOrderLine], arrivals: Sequence[Arrived]) -> None:
    """The receipt's lines with what a unit cost, and the new numbers of the order's lines."""
    extra = extra_of(receipt.order)
    rows = []
    for arrived in arrivals:
        line = lines[arrived.line_id]
        line.received, line.damaged = line.received + arrived.received, line.damaged + arrived.damaged
        numbers = {"received": arrived.received, "damaged": arrived.damaged, "missing": arrived.missing}
        cost = landed_unit_cost(receipt.order, line, extra)
        rows.append(GoodsReceiptLine(receipt=receipt, line=line, landed_unit_cost=cost, **numbers))
    PurchaseOrderLine.objects.bulk_update([row.line for row in rows], ["received", "damaged"])
    GoodsReceiptLine.objects.bulk_create(rows)


def into_stock(receipt: GoodsReceipt, lines: Mapping[int, PurchaseOrderLine], arrivals: Sequence[Arrived]) -> None:
    """One movement a level, through the ledger; levels that are not there yet are made."""
    came = {lines[arrived.line_id].variant_id: arrived for arrived in arrivals if arrived.came}
    if not came:
        return
    place = receipt.order.location_id
    fresh = [StockLevel(variant_id=variant, location_id=place) for variant in sorted(came)]
    StockLevel.objects.bulk_create(fresh, ignore_conflicts=True)
    rows = stock.lock(came)
    here = {row.variant_id: row for row in rows if row.location_id == place}
    for variant, arrived in came.items():
        if here[variant].on_hand + arrived.came > MOST_UNITS:
            raise ShopError(f"No shelf holds more than {MOST_UNITS} units.")
    changes = [Change(here[pk].pk, on_hand=new.received, damaged=new.damaged) for pk, new in came.items()]
    reason = f"From {receipt.order.supplier.name}, {receipt.order.number}"
    stock.apply(rows, changes, Cause(StockMovement.Kind.RECEIPT, receipt.number, reason[:200], receipt.received_by))
    if fit := sorted(variant for variant, arrived in came.items() if arrived.received):
        emit("StockReceived", {"document": receipt.number, "variant_ids": fit})


def is_complete(line: PurchaseOrderLine) -> bool:
    """Whether all that the supplier promised of the line, or else all that was ordered, has come."""
    wanted = line.quantity if line.confirmed_quantity is None else line.confirmed_quantity
    return line.received + line.damaged >= wanted


def in_words(receipt: GoodsReceipt, arrivals: Sequence[Arrived]) -> str:
    """'GR-7KM29Q: 118 received, 2 damaged'."""
    counts = [
        (sum(arrived.received for arrived in arrivals), "received"),
        (sum(arrived.damaged for arrived in arrivals), "damaged"),
        (sum(arrived.missing for arrived in arrivals), "missing"),
    ]
    return f"{receipt.number}: " + ", ".join(f"{number} {word}" for number, word in counts if number)
