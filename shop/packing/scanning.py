"""What is scanned at the packing table: each piece into the parcel, or told why not."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from shop.accounts.models import User
from shop.catalog.models import ProductVariant
from shop.orders.models import Order
from shop.packing.models import PackingLine, PackingTask, Scan
from shop.packing.services import NotPackable, lock_open

LONGEST = 60


@dataclass(frozen=True)
class Told:
    """What the packer is told. is_right: the piece is in, or it is the right order."""

    words: str
    is_right: bool


@transaction.atomic
def scan(*, task: PackingTask, code: str, actor: User | None, key: str = "") -> Told:
    """One scan: of a SKU or barcode (that piece is in the parcel), or of the slip (is it the right one?).

    key: of the form it came by; sent again it gives the same answer and packs nothing more. Raises NotPackable.
    """
    code = code.replace("\0", "").strip()[:LONGEST]
    _, task = lock_open(task.pk)
    if key and (before := Scan.objects.filter(task=task, key=key).first()):
        return Told(before.outcome, before.is_right)
    if not code:
        raise NotPackable("Nothing was scanned.")
    told = _slip(task, code) or _piece(task, code)
    Scan.objects.create(task=task, code=code, outcome=told.words, is_right=told.is_right, actor=actor, key=key)
    _begin(task, actor)
    return told


@transaction.atomic
def take_out(*, task: PackingTask, line_id: int, actor: User | None) -> Told:
    """One piece leaves the parcel again. Raises NotPackable."""
    _, task = lock_open(task.pk)
    line = task.lines.select_related("order_line").filter(pk=line_id, packed__gt=0).first()
    if line is None:
        raise NotPackable("None of these is in the parcel.")
    line.packed -= 1
    line.save(update_fields=["packed"])
    told = Told(f"{name_of(line)}: one taken out, {line.packed} of {line.quantity} in.", True)
    Scan.objects.create(task=task, code=line.order_line.sku, outcome=told.words, actor=actor)
    return told


def find_task(code: str) -> PackingTask | None:
    """The task whose slip was scanned: by its own number, or its order's (the most urgent open one first)."""
    code = code.replace("\0", "").strip().upper()
    named = PackingTask.objects.filter(Q(number=code) | Q(order__number=code))
    return named.open().first() or named.order_by("-pk").first()


def name_of(line: PackingLine) -> str:
    """'Quarry Linen Shirt, Sky, M', as it was bought."""
    bought = line.order_line
    return f"{bought.product_name}, {bought.colour_name}, {bought.size_name}"


def _begin(task: PackingTask, actor: User | None) -> None:
    if task.state == PackingTask.State.WAITING:
        task.state, task.packed_by = PackingTask.State.PACKING, actor
        task.save(update_fields=["state", "packed_by", "updated_at"])


def _slip(task: PackingTask, code: str) -> Told | None:
    """What a slip's number says; None for any other code."""
    number = code.upper()
    if number in (task.number, task.order.number):
        return Told(f"Order {task.order.number}: this is the right one.", True)
    other = PackingTask.objects.filter(number=number).select_related("order").first()
    order = other.order if other else Order.objects.filter(number=number).first()
    if order is None:
        return None
    if order.pk == task.order_id:
        return Told(f"That slip is of another parcel of order {order.number}.", False)
    return Told(f"That is order {order.number}. This parcel is for order {task.order.number}.", False)


def _piece(task: PackingTask, code: str) -> Told:
    """A piece is put in, where the parcel wants one more of it."""
    lines = list(task.lines.select_related("order_line", "reservation__level__variant"))
    mine = [line for line in lines if _is(line, code)]
    wanted = next((line for line in mine if line.packed < line.quantity), None)
    if wanted:
        wanted.packed += 1
        wanted.save(update_fields=["packed"])
        return _put_in(lines, wanted)
    if mine:
        return Told(f"{name_of(mine[0])}: all {sum(line.quantity for line in mine)} are in. Put this one back.", False)
    return Told(_stranger(code), False)


def _is(line: PackingLine, code: str) -> bool:
    variant = line.reservation.level.variant
    codes = {line.order_line.sku.upper(), variant.sku.upper(), variant.barcode.upper()} - {""}
    return code.upper() in codes


def _put_in(lines: list[PackingLine], line: PackingLine) -> Told:
    left = sum(each.quantity - each.packed for each in lines)
    more = f"{left} more to go." if left else "All pieces are in: close the parcel."
    return Told(f"{name_of(line)}: {line.packed} of {line.quantity}. {more}", True)


def _stranger(code: str) -> str:
    """What a code is that the parcel does not want."""
    known = ProductVariant.objects.select_related("product", "colour", "size")
    variant = known.filter(Q(sku__iexact=code) | Q(barcode__iexact=code)).first()
    if variant is None:
        return f"Nothing is known under the code {code}. Type the SKU from the label."
    return f"{variant.product.name}, {variant.colour.name}, {variant.size.name} is not in this parcel. Put it back."
