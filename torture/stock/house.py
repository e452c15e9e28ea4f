"""What happens in the warehouse itself: deliveries, transfers, counts, damage."""

from shop.suppliers import ordering, receiving
from shop.suppliers.models import Supplier
from shop.suppliers.purchase_models import PurchaseOrder
from shop.warehouse import counts, damage, transfers
from shop.warehouse import services as warehouse
from shop.warehouse.models import StockLevel, StockLocation
from shop.warehouse.moving_models import StockCount, Transfer, TransferLine
from torture.stock.deeds import Deed, Doer


def order_goods(doer: Doer) -> None:
    """A purchase order is drafted and sent."""
    units = {variant: doer.units(6) for variant in doer.some(doer.pieces)}
    place = doer.pick(StockLocation.objects.all())
    drafted = ordering.draft(supplier=doer.pick(Supplier.objects.all()), location=place, units=units)
    ordering.approve(drafted.pk, actor=None, below_minimum=True)


def receive_goods(doer: Doer) -> None:
    """Some of it came, some of that damaged; perhaps more than was ordered, which is refused."""
    order = doer.pick(PurchaseOrder.objects.expected())
    arrivals = []
    for line in order.lines.all():
        fit = doer.luck.randint(0, line.quantity)
        arrivals.append(receiving.Arrived(line.pk, fit, doer.luck.randint(0, max(line.quantity - fit, 0))))
    receiving.receive(order.pk, arrivals, receiving.Delivery(), actor=None)


def find_some(doer: Doer) -> None:
    """Units come in by no order."""
    warehouse.receive(level=doer.pick(StockLevel.objects.all()), quantity=doer.units(3), document="found")


def correct(doer: Doer) -> None:
    level = doer.pick(StockLevel.objects.all())
    on_hand = max(level.on_hand + doer.luck.randint(-2, 2), 0)
    warehouse.set_on_hand(level=level, on_hand=on_hand, reason="counted by eye", actor=None)


def break_some(doer: Doer) -> None:
    level = doer.pick(StockLevel.objects.filter(on_hand__gt=0))
    damage.set_aside(level=level, units=doer.units(2), reason="torn", actor=None)


def mend_or_throw_away(doer: Doer) -> None:
    level = doer.pick(StockLevel.objects.filter(damaged__gt=0))
    deed = damage.mend if doer.happens(0.5) else damage.write_off
    deed(level=level, units=doer.units(level.damaged), reason="looked at", actor=None)


def send_transfer(doer: Doer) -> None:
    """A transfer is written and, mostly, sent."""
    source, destination = doer.luck.sample(list(StockLocation.objects.order_by("pk")), 2)
    transfer = Transfer.objects.create(source=source, destination=destination)
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, variant_id=variant, quantity=doer.units(2))
        for variant in doer.some(doer.pieces)
    )
    if doer.happens(0.9):
        transfers.send(transfer=transfer, actor=None)


def receive_transfer(doer: Doer) -> None:
    """Mostly whole; otherwise some of it damaged, some missing. Its paper says what was said, and keeps saying it."""
    transfer = doer.pick(Transfer.objects.filter(state=Transfer.State.IN_TRANSIT))
    lines = list(transfer.lines.all())
    arrived = {}
    for line in lines if doer.happens(0.5) else ():
        fit = doer.luck.randint(0, line.quantity)
        arrived[line.pk] = transfers.Arrived(fit, doer.luck.randint(0, line.quantity - fit))
    transfers.receive(transfer=transfer, arrived=arrived, actor=None)
    said = {line.pk: arrived.get(line.pk, transfers.Arrived(line.quantity)) for line in lines}
    paper = {line.pk: transfers.Arrived(line.received, line.damaged) for line in transfer.lines.all()}
    if paper != said:
        raise AssertionError(f"transfer {transfer} arrived as {said}, and says {paper}")


def call_transfer_back(doer: Doer) -> None:
    going = Transfer.objects.filter(state__in=[Transfer.State.DRAFT, Transfer.State.IN_TRANSIT])
    transfers.cancel(transfer=doer.pick(going), actor=None)


def begin_count(doer: Doer) -> None:
    counts.begin(StockCount(location=doer.pick(StockLocation.objects.all())))


def count_some(doer: Doer) -> None:
    """Some levels are entered, some scanned; what is found is about what lies there."""
    count = doer.pick(StockCount.objects.filter(state=StockCount.State.COUNTING))
    for line in doer.some(list(count.lines.select_related("level__variant")), most=6):
        found = max(line.level.on_hand + doer.luck.randint(-1, 1), 0)
        if doer.happens(0.8):
            counts.enter(line=line, counted=found, damaged=int(doer.happens(0.1)))
        else:
            counts.scan(count=count, code=line.level.variant.sku)


def end_count(doer: Doer) -> None:
    """Counted, then approved; or counted again, or given up."""
    count = doer.pick(StockCount.objects.filter(state__in=[StockCount.State.COUNTING, StockCount.State.COUNTED]))
    if count.state == StockCount.State.COUNTING:
        count = counts.finish(count=count)
    if doer.happens(0.7):
        counts.approve(count=count, actor=None)
    elif doer.happens(0.5):
        counts.reopen(count=count)
    else:
        counts.cancel(count=count)


# What is done how often, relative to the others.
HOUSE: dict[Deed, int] = {
    order_goods: 4,
    receive_goods: 8,
    find_some: 2,
    correct: 3,
    break_some: 3,
    mend_or_throw_away: 2,
    send_transfer: 5,
    receive_transfer: 5,
    call_transfer_back: 2,
    begin_count: 2,
    count_some: 6,
    end_count: 3,
}
