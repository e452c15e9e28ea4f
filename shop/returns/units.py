"""Units of an order that may still come back, were not sent or were paid back; and on which line they were paid."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import QuerySet

from shop.orders.models import Order, OrderLine
from shop.packing.models import PackingLine, PackingTask
from shop.payments.models import Refund, RefundLine
from shop.returns.deadlines import SENT
from shop.returns.models import Return, ReturnLine
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder

State = Return.State
# The refunds of a return have request keys that begin so.
KEY = "return:"


def refund_key(parent: Return) -> str:
    """The request key of the refunds that a return leads to."""
    return f"{KEY}{parent.number}"


def left_to_return(order: Order) -> dict[int, int]:
    """Units by order line that were neither sent back, nor are coming back, nor were refunded without coming back.

    What came in exchange was never refunded where it could not be packed: that counts too. Nor can anybody send back
    what is still here or to come. Five queries, two more for an order that was sent in part. Lines without any are left
    out.
    """
    lines = {line.pk: line.quantity for line in order.lines.all()}
    gone = coming_back(order) + (refunded_otherwise(order) | unpacked(order)) + not_sent(order)
    return {pk: units - gone[pk] for pk, units in lines.items() if units > gone[pk]}


def not_sent(order: Order) -> Counter[int]:
    """Units by order line that are held here or still to come."""
    found: Counter[int] = Counter()
    if order.fulfilment_state in SENT:
        return found
    held = Reservation.objects.held().filter(order_line__order=order)
    waits = BackOrder.objects.waiting().filter(order_line__order=order)
    for rows in (held, waits):
        for line, units in rows.values_list("order_line", "quantity"):
            found[line] += units
    return found


def coming_back(order: Order) -> Counter[int]:
    """Units by order line in returns: announced ones of those that are open, found ones of those that are over."""
    found: Counter[int] = Counter()
    for line in ReturnLine.objects.filter(parent__order=order, parent__in=Return.objects.alive()).select_related(
        "parent"
    ):
        over = line.parent.state in (State.RECEIVED, State.CLOSED)
        found[line.order_line_id] += line.restocked + line.damaged if over else line.quantity
    return found


def refunded_otherwise(order: Order) -> Counter[int]:
    """Units by order line that staff refunded without a return."""
    found: Counter[int] = Counter()
    lines = RefundLine.objects.filter(order_line__order=order, refund__in=Refund.objects.counting())
    for line in lines.exclude(refund__in=of_returns(order)):
        found[line.order_line_id] += line.quantity
    return found


def unpacked(order: Order) -> Counter[int]:
    """Units by order line that were not there to be packed, and are not sent later either."""
    found: Counter[int] = Counter()
    states = [PackingTask.State.PACKED, PackingTask.State.FAILED]
    lines = PackingLine.objects.filter(order_line__order=order, remedy=PackingLine.Remedy.REFUND)
    for line in lines.filter(task__state__in=states):
        found[line.order_line_id] += line.quantity - line.packed
    return found


def unsent_units(parent: Return) -> dict[int, int] | None:
    """Units by line sent back for which the return's replacement brings nothing; None where there is no exchange."""
    order = parent.replacement
    if order is None or order.state != Order.State.PAID:
        return None
    missing = unpacked(order)
    return {replaced_line(parent, line).pk: missing[line.pk] for line in order.lines.all() if missing[line.pk]}


def given_for(parent: Return) -> Counter[int]:
    """Units by line of the first purchase for which this return gave money, one that failed too: that is made again."""
    found: Counter[int] = Counter()
    for line in RefundLine.objects.filter(refund__request_key__startswith=refund_key(parent)):
        found[line.order_line_id] += line.quantity
    return found


def of_returns(order: Order) -> list[Refund]:
    """The refunds that returns led to, and those made in place of such a one that failed."""
    refunds: QuerySet[Refund] = Refund.objects.filter(attempt__order=order)
    mine = [refund for refund in refunds if refund.request_key.startswith(KEY)]
    seen = {refund.again_key for refund in mine}
    for refund in sorted(refunds, key=lambda refund: refund.created_at):
        if refund.request_key in seen:
            mine.append(refund)
            seen.add(refund.again_key)
    return mine


def paid_line(line: OrderLine) -> OrderLine:
    """The line on which the piece was paid for: of a replacement that of the order it replaces, however often."""
    while parent := Return.objects.filter(replacement=line.order_id).first():
        line = replaced_line(parent, line)
    return line


def replaced_line(parent: Return, line: OrderLine) -> OrderLine:
    """The line sent back for this line of the return's replacement: both were written in the same order."""
    new = list(OrderLine.objects.filter(order=line.order_id).order_by("pk").values_list("pk", flat=True))
    old = parent.lines.filter(wish=ReturnLine.Wish.EXCHANGE).select_related("order_line__order").order_by("pk")
    return old[new.index(line.pk)].order_line


def summed(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Units by key, added up; none at all left out."""
    found: Counter[int] = Counter()
    for key, units in pairs:
        found[key] += units
    return {key: units for key, units in found.items() if units}
