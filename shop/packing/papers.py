"""What packers print: the pick list of a walk along the shelves, and the slip that lies in each parcel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shop.orders.labels import address_lines
from shop.orders.models import Order
from shop.packing.models import PackingLine, PackingTask

# White on both sides of a code 128, in its narrowest bars: less, and scanners miss its beginning.
QUIET = 10
HEIGHT = 40


@dataclass(frozen=True, slots=True)
class Barcode:
    """A code 128 as one SVG path; width in its narrowest bars."""

    value: str
    width: int
    path: str


def barcode(value: str) -> Barcode:
    """Raises ValueError for what code 128 cannot say (it can ASCII)."""
    # Heavy, and only papers need it.
    from reportlab.graphics.barcode.code128 import Code128  # noqa: PLC0415

    code: Any = Code128(value)
    code.validate()
    if not code.valid:
        raise ValueError(f"{value!r} cannot be a code 128")
    code.encode()
    code.decompose()
    at, path = QUIET, ""
    # Bars are capital letters, gaps small ones; A is one wide, B two.
    for letter in code.decomposed:
        width = ord(letter.lower()) - ord("a") + 1
        if letter.isupper():
            path += f"M{at} 0h{width}v{HEIGHT}h-{width}z"
        at += width
    return Barcode(value, at + QUIET, path)


@dataclass(frozen=True, slots=True)
class Slip:
    """The paper in one parcel. part, parts: which of the order's parcels it is."""

    task: PackingTask
    lines: list[PackingLine]
    address: list[str]
    code: Barcode
    part: int = 1
    parts: int = 1

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def kilograms(self) -> str:
        grams = sum(line.reservation.level.variant.product.weight_grams * line.quantity for line in self.lines)
        return f"{grams / 1000:.2f} kg"


def slips(tasks: Sequence[PackingTask]) -> list[Slip]:
    """A slip for each task (its order loaded), in the tasks' order. Two queries."""
    lines = lines_of(tasks)
    parcels: dict[int, list[int]] = {}
    live = PackingTask.objects.filter(order__in={task.order_id for task in tasks})
    gone = (PackingTask.State.CANCELLED, PackingTask.State.FAILED)
    for order_id, pk in live.exclude(state__in=gone).order_by("pk").values_list("order_id", "pk"):
        parcels.setdefault(order_id, []).append(pk)
    return [slip(task, lines.get(task.pk, []), parcels.get(task.order_id, [])) for task in tasks]


def slip(task: PackingTask, lines: list[PackingLine], parcels: list[int]) -> Slip:
    """parcels: the order's tasks that make one, oldest first."""
    mine = parcels.index(task.pk) + 1 if task.pk in parcels else 1
    order: Order = task.order
    return Slip(task, lines, address_lines(order), barcode(task.number), mine, max(len(parcels), 1))


@dataclass(slots=True)
class Pick:
    """Units to take from one bin, and into which boxes: (number of the box in this walk, units)."""

    bin: str
    line: PackingLine
    units: int = 0
    boxes: list[tuple[int, int]] = field(default_factory=list)


def picks(tasks: Sequence[PackingTask]) -> list[Pick]:
    """What one walk along the shelves collects for these tasks, bin by bin; box 1 is the first task's. One query."""
    boxes = {task.pk: number for number, task in enumerate(tasks, 1)}
    found: dict[int, Pick] = {}
    for line in in_bin_order(line for lines in lines_of(tasks).values() for line in lines):
        level = line.reservation.level
        left = line.quantity - line.packed
        if left:
            pick = found.setdefault(level.pk, Pick(level.bin, line))
            pick.units += left
            pick.boxes.append((boxes[line.task_id], left))
    return list(found.values())


def lines_of(tasks: Iterable[PackingTask]) -> dict[int, list[PackingLine]]:
    """The lines by task, bin by bin. One query."""
    wanted = PackingLine.objects.filter(task__in=[task.pk for task in tasks])
    loaded = wanted.select_related("order_line", "reservation__level__variant__product")
    found: dict[int, list[PackingLine]] = {}
    for line in in_bin_order(loaded):
        found.setdefault(line.task_id, []).append(line)
    return found


def in_bin_order(lines: Iterable[PackingLine]) -> list[PackingLine]:
    """As one walks: by bin, what has none last, then by SKU and task."""
    return sorted(
        lines, key=lambda line: (not (bin_ := line.reservation.level.bin), bin_, line.order_line.sku, line.task_id)
    )
