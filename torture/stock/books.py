"""What has to hold once everything is quiet, whatever was done before. Each function lists what does not.

The ledger is held against the documents that its lines come from, each kind of line against its own.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from shop.checkout.sentinel import packing, stock
from shop.delivery.shipment_models import Shipment, ShipmentLine
from shop.events.models import OutboxEvent
from shop.orders.models import Order, OrderLine
from shop.packing.models import PackingLine, PackingTask
from shop.payments.models import Refund, RefundLine
from shop.suppliers.purchase_models import GoodsReceiptLine
from shop.warehouse.ledger import differences
from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.moving_models import BackOrder, StockCountLine, Transfer, TransferLine
from torture.stock.hands import Diary

Kind = StockMovement.Kind
THERE = F("on_hand_change") + F("damaged_change")
Units = Counter[int]
# Document, place, variant, and which number of the level.
Moved = tuple[str, int, int, str]


def levels_are_their_ledgers() -> list[str]:
    """on hand, reserved and damaged are the sums of their movements; reserved is what held reservations say."""
    wrong = [f"level {found.level_id}: {found}" for found in differences()]
    below = StockLevel.objects.exclude(on_hand__gte=F("reserved"), reserved__gte=0, damaged__gte=0)
    return wrong + [f"{level} is below nothing" for level in below]


def documents_explain_the_ledger() -> list[str]:
    """Per variant, for each kind of movement, its units are those of the documents: none from nothing, none lost."""
    wrong = []
    for kind, documents in DOCUMENTS.items():
        moved, said = units_of(movements(kind)), documents()
        wrong += [
            f"{kind} of {variant}: the ledger moved {moved[variant]}, the documents {said[variant]}"
            for variant in sorted(moved.keys() | said.keys())
            if moved[variant] != said[variant]
        ]
    return wrong


def all_units_are_somewhere() -> list[str]:
    """What came and did not leave is on a shelf, beside it, or between two places."""
    there = units_of(StockLevel.objects.values_list("variant_id", F("on_hand") + F("damaged")))
    travelling = units_of(in_transit().values_list("variant_id", "quantity"))
    lost = units_of(missing_of_transfers())
    came = units_of(movements(*(set(Kind) - {Kind.TRANSFER})))
    return [
        f"{variant}: {came[variant]} came, {there[variant]} are here, {travelling[variant]} on the way, "
        f"{lost[variant]} lost on it"
        for variant in sorted(came)
        if came[variant] != there[variant] + travelling[variant] + lost[variant]
    ]


def transfers_move_what_their_papers_say() -> list[str]:
    """Of each piece of each transfer: what left one place arrived fit, arrived damaged, is missing, or on its way.

    By place and by number of the level: a damaged unit lies beside the shelf of the place that it came to.
    """
    said = Counter[Moved]()
    for line in TransferLine.objects.select_related("transfer"):
        for place, number, units in papers_of(line):
            said[line.transfer.number, place, line.variant_id, number] += units
    moved = Counter[Moved]()
    columns = ("document", "level__location_id", "level__variant_id", "on_hand_change", "damaged_change")
    for document, place, variant, fit, damaged in StockMovement.objects.filter(kind=Kind.TRANSFER).values_list(
        *columns
    ):
        moved[document, place, variant, "on hand"] += fit
        moved[document, place, variant, "damaged"] += damaged
    return [
        f"transfer {key[0]} of {key[2]}, {key[3]} at {key[1]}: the ledger moved {moved[key]}, its paper {said[key]}"
        for key in sorted(moved.keys() | said.keys())
        if moved[key] != said[key]
    ]


def papers_of(line: TransferLine) -> list[tuple[int, str, int]]:
    """By place and number of the level, what the paper says that it moved; called back, nothing in the end."""
    transfer = line.transfer
    gone = line.quantity if transfer.state in (Transfer.State.IN_TRANSIT, Transfer.State.RECEIVED) else 0
    return [
        (transfer.source_id, "on hand", -gone),
        (transfer.destination_id, "on hand", line.received),
        (transfer.destination_id, "damaged", line.damaged),
    ]


def every_unit_sold_is_accounted_for() -> list[str]:
    """Of each line of a paid order: held, waited for, sent, or paid back. A cancelled one holds and awaits nothing."""
    held, waits = by_line(Reservation.objects.held()), by_line(BackOrder.objects.waiting())
    sent = by_line(Reservation.objects.filter(state="shipped"))
    returned = by_line(Reservation.objects.filter(state="returned"))
    refunds = RefundLine.objects.exclude(refund__state=Refund.State.FAILED)
    back, free = by_line(refunds), by_line(given_up(), "units")
    wrong = []
    for line in OrderLine.objects.select_related("order"):
        has = held[line.pk] + waits[line.pk]
        most = 0 if line.order.state == Order.State.CANCELLED else line.quantity - sent[line.pk]
        is_due = line.order.state == Order.State.PAID
        least = most - returned[line.pk] - max(back[line.pk], free[line.pk]) if is_due else 0
        if not least <= has <= most:
            wrong.append(
                f"line {line.pk} of {line.order} ({line.order.state}, {line.order.fulfilment_state}), "
                f"{line.quantity} x: {held[line.pk]} held, {waits[line.pk]} waited for, {sent[line.pk]} sent, "
                f"{returned[line.pk]} returned, "
                f"{back[line.pk]} paid back, {free[line.pk]} given up"
            )
    return wrong


def what_is_held_is_packed() -> list[str]:
    """Whatever a paid order holds is in a task that somebody has to do, or in a parcel of the house.

    Only what came for a line that still waits may lie about.
    """
    tasks = PackingTask.objects.exclude(state__in=["cancelled", "failed"]).exclude(shipment__state="cancelled")
    of_paid = Reservation.objects.held().filter(order_line__order__state=Order.State.PAID)
    complete = of_paid.exclude(order_line__in=BackOrder.objects.waiting().order_by().values("order_line"))
    nowhere = complete.exclude(packing_lines__task__in=tasks.values("pk")).select_related("order_line__order")
    wrong = [f"{hold.quantity} held for {hold.order_line.order} are in no task" for hold in nowhere]
    lines = PackingLine.objects.filter(task__state__in=["waiting", "packing"]).select_related("task", "reservation")
    return wrong + [
        f"{line.task} wants {line.quantity}, {line.reservation.quantity} are {line.reservation.state}"
        for line in lines
        if (line.reservation.state, line.reservation.quantity) != ("held", line.quantity)
    ]


def the_sentinel_is_silent() -> list[str]:
    """The shop's own watch over stock and packing finds nothing either."""
    return [
        found.title for check in (*stock.CHECKS, *packing.CHECKS) if check.name not in MAY_BE for found in check.find()
    ]


def nothing_is_left_undone() -> list[str]:
    events = OutboxEvent.objects.exclude(state=OutboxEvent.State.PUBLISHED)
    return [f"event {event.name} is {event.state}: {event.last_error}" for event in events]


def nobody_stood_in_the_way() -> list[str]:
    """PostgreSQL ended no transaction to resolve a deadlock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (count,) = cursor.fetchone()
    return [f"{count} deadlocks"] if count else []


# A promise may be late and a transfer slow, whatever the rules.
MAY_BE = ("back-order-late", "transfer-stuck")
RULES: tuple[Callable[[], list[str]], ...] = (
    levels_are_their_ledgers,
    documents_explain_the_ledger,
    all_units_are_somewhere,
    transfers_move_what_their_papers_say,
    every_unit_sold_is_accounted_for,
    what_is_held_is_packed,
    the_sentinel_is_silent,
    nothing_is_left_undone,
    nobody_stood_in_the_way,
)


def violations(diary: Diary) -> list[str]:
    """All that does not hold, and what was raised on the way."""
    return [*diary.read("fault"), *(f"{rule.__name__}: {found}" for rule in RULES for found in rule())]


def movements(*kinds: str) -> Iterable[tuple[int, int]]:
    """Units by variant that movements of these kinds brought (or took) to or beside a shelf."""
    return StockMovement.objects.filter(kind__in=kinds).values_list("level__variant_id", THERE)


def units_of(*rows: Iterable[tuple[int, int]]) -> Units:
    """Summed by variant."""
    sums: Units = Counter()
    for variant, units in (row for each in rows for row in each):
        sums[variant] += units
    return sums


def by_line(rows: "QuerySet[Any]", quantity: str = "quantity") -> Units:
    return units_of(rows.order_by().values_list("order_line_id", quantity))


def received() -> Units:
    """What came from suppliers; units that came by no order say so themselves."""
    lines = GoodsReceiptLine.objects.values_list("line__variant_id", F("received") + F("damaged"))
    unordered = StockMovement.objects.filter(kind=Kind.RECEIPT, document__in=["", "found"])
    return units_of(lines, unordered.values_list("level__variant_id", "on_hand_change"))


def sold() -> Units:
    left = ShipmentLine.objects.exclude(shipment__dispatched_at=None)
    return units_of(left.values_list("level__variant_id", -F("quantity")))


def came_back() -> Units:
    """What was sent and is back; of a parcel that was sent again, the units are in the next one."""
    returned = Reservation.objects.filter(state="returned").values_list("level__variant_id", "quantity")
    again = ShipmentLine.objects.filter(shipment__state="returned", shipment__remedy=Shipment.Remedy.SENT_AGAIN)
    return units_of(returned, again.exclude(shipment__dispatched_at=None).values_list("level__variant_id", "quantity"))


def counted() -> Units:
    approved = StockCountLine.objects.filter(count__state="approved", counted__isnull=False)
    return units_of((line.level.variant_id, line.found) for line in approved.select_related("level"))


def moved_about() -> Units:
    """Out of a place and not (or not yet) into another."""
    on_the_way = in_transit().values_list("variant_id", -F("quantity"))
    return units_of(on_the_way, ((variant, -units) for variant, units in missing_of_transfers()))


def corrected() -> Units:
    """What packers did not find; and what people corrected, which the ledger alone knows."""
    closed = PackingLine.objects.filter(task__state__in=["packed", "failed"], problem="missing")
    missing = closed.values_list("reservation__level__variant_id", F("packed") - F("quantity"))
    by_packing = {"reason__endswith": "not on the shelf", "reason__startswith": "packing PK"}
    others = StockMovement.objects.filter(kind=Kind.ADJUSTMENT).exclude(**by_packing)
    return units_of(missing, others.values_list("level__variant_id", THERE))


def nothing() -> Units:
    """These move units from one of a level's numbers to another."""
    return Counter()


DOCUMENTS: dict[str, Callable[[], Units]] = {
    Kind.RECEIPT: received,
    Kind.SALE: sold,
    Kind.RETURN: came_back,
    Kind.COUNT: counted,
    Kind.TRANSFER: moved_about,
    Kind.ADJUSTMENT: corrected,
    Kind.DAMAGE: nothing,
    Kind.RESERVE: nothing,
    Kind.RELEASE: nothing,
}


def in_transit() -> "QuerySet[TransferLine]":
    return TransferLine.objects.filter(transfer__state=Transfer.State.IN_TRANSIT)


def missing_of_transfers() -> Iterable[tuple[int, int]]:
    arrived = TransferLine.objects.filter(transfer__state=Transfer.State.RECEIVED)
    return arrived.values_list("variant_id", F("quantity") - F("received") - F("damaged"))


def given_up() -> "QuerySet[PackingLine]":
    """Units that were not there to be packed and are not sent later, priced or free."""
    refused = PackingLine.objects.filter(remedy="refund", task__state__in=["packed", "failed"])
    return refused.annotate(units=F("quantity") - F("packed"))
