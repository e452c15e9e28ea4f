"""What buyers do, and what the shop does for them: buying, paying, packing, sending, giving back."""

from django.db.models import QuerySet

from shop.cart import services as cart
from shop.cart.stores import StoredLine, store
from shop.checkout import services as checkout
from shop.checkout.cancelling import cancel_order
from shop.checkout.quote import quote
from shop.checkout.retry import pay_again
from shop.checkout.sync import sync
from shop.core.numbers import secret_key
from shop.delivery import parcels, troubles
from shop.delivery.shipment_models import Shipment, TrackingEvent
from shop.events.relay import relay
from shop.orders.models import Order
from shop.packing import finishing, undelivered
from shop.packing import services as packing
from shop.packing.finishing import Lack
from shop.packing.models import PackingLine, PackingTask
from shop.packing.scanning import scan
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.refunds import send_all
from shop.refunds.services import LineRefund, request_refund
from shop.returns import services as returns
from shop.returns.models import Return, ReturnLine
from shop.returns.receiving import Grade, receive
from shop.returns.settling import settle
from shop.returns.units import left_to_return
from shop.tests.builders import make_recipient
from shop.warehouse.filling import fill
from torture.stock import bank
from torture.stock.deeds import Deed, Doer, NothingToDo
from torture.stock.stage import WAYS

Attempt, News = PaymentAttempt.State, TrackingEvent.Kind


def place(doer: Doer) -> None:
    """A bag of one to three pieces becomes an order."""
    key = secret_key()
    for variant in doer.some(doer.pieces):
        store().add(key, StoredLine(variant, doer.units(3), 7800))
    stored = store().load(key)
    assert stored
    checkout.place_order(
        stored=stored,
        placement_key=stored.placement_key,
        recipient=make_recipient(),
        method=doer.luck.choice([*WAYS]),
        seen=checkout.shown(quote(cart.price(stored), "GB")),
    )


def pay(doer: Doer) -> None:
    """The provider says that a payment came, perhaps of an order that was given up."""
    live = PaymentAttempt.objects.filter(state__in=[Attempt.CREATED, Attempt.OPEN])
    late = PaymentAttempt.objects.filter(state=Attempt.EXPIRED)
    attempt = doer.pick(late if doer.happens(0.1) else live)
    with bank.says(bank.PAID):
        sync(attempt.pk)


def let_expire(doer: Doer) -> None:
    with bank.says(bank.EXPIRED):
        sync(doer.pick(PaymentAttempt.objects.live()).pk)


def try_again(doer: Doer) -> None:
    """The buyer comes back to an order whose page is gone: its stock is held longer."""
    order = doer.pick(Order.objects.filter(state=Order.State.PENDING, grand_total__gt=0))
    with bank.says(bank.EXPIRED):
        pay_again(order)


def call_off(doer: Doer) -> None:
    order = doer.pick(Order.objects.filter(state__in=[Order.State.PENDING, Order.State.PAID]))
    with bank.says(bank.EXPIRED):
        cancel_order(order=order, actor=None, reason="changed my mind")


def refund(doer: Doer) -> None:
    """Some units of some lines go back, with or without what they are."""
    order = doer.pick(Order.objects.filter(state=Order.State.PAID))
    chosen = doer.some(list(order.lines.all()))
    lines = [LineRefund(line.pk, doer.units(line.quantity), doer.happens(0.5)) for line in chosen]
    send_all(request_refund(order=order, lines=lines, reason=Refund.Reason.GOODWILL, note="", actor=None))


def pack(doer: Doer) -> None:
    """All or some of a task is scanned; the rest gets one of the remedies."""
    task = doer.pick(PackingTask.objects.filter(state__in=packing.OPEN))
    whole = doer.happens(0.6)
    for line in task.lines.select_related("order_line"):
        for _ in range(line.quantity if whole else doer.luck.randint(0, line.quantity)):
            scan(task=task, code=line.order_line.sku, actor=None)
    if doer.happens(0.85):
        lacks = {line.pk: lack(doer) for line in task.lines.all()}
        finishing.finish(task=task, lacks=lacks, actor=None)


def lack(doer: Doer) -> Lack:
    return Lack(doer.luck.choice(list(PackingLine.Problem)), doer.luck.choice(list(PackingLine.Remedy)))


def unpack(doer: Doer) -> None:
    packing.unpack(doer.pick(Shipment.objects.filter(state=Shipment.State.PACKED)))


def send(doer: Doer) -> None:
    """A parcel is handed to its carrier; some are handed over twice."""
    shipment = doer.pick(Shipment.objects.filter(state=Shipment.State.PACKED))
    for _ in range(2 if doer.happens(0.1) else 1):
        parcels.dispatch(shipment.pk, actor=None)


def make_ready(doer: Doer) -> None:
    """It waits at the place where it is fetched."""
    parcels.make_ready(doer.pick(Shipment.objects.filter(state=Shipment.State.PACKED)).pk, actor=None)


def bring(doer: Doer) -> None:
    """A parcel comes to its buyer, or is fetched."""
    hear_of(doer, News.DELIVERED)


def lose(doer: Doer) -> None:
    """A parcel is lost, or comes back."""
    hear_of(doer, doer.luck.choice([News.FAILED, News.LOST, News.RETURNED]))


def hear_of(doer: Doer, news: TrackingEvent.Kind) -> None:
    outside = Shipment.objects.exclude(state__in=[Shipment.State.PACKED, Shipment.State.CANCELLED])
    parcels.note(doer.pick(outside.filter(delivered_at=None)).pk, news, words="so they say", actor=None)


def take_a_parcel_in(doer: Doer) -> None:
    came = Shipment.objects.filter(state=Shipment.State.RETURNED)
    troubles.take_in(doer.pick(came).pk, damaged=doer.happens(0.3), actor=None)


def send_again(doer: Doer) -> None:
    """A parcel that is lost or came back."""
    undelivered.send_again(doer.pick(troubled()).pk, actor=None)


def refund_parcel(doer: Doer) -> None:
    """Or its money goes back."""
    undelivered.refund_goods(doer.pick(troubled()).pk, actor=None)


def troubled() -> "QuerySet[Shipment]":
    return Shipment.objects.filter(state__in=[Shipment.State.LOST, Shipment.State.RETURNED])


def ask_to_return(doer: Doer) -> None:
    order = doer.pick(Order.objects.filter(state=Order.State.PAID, shipped_at__isnull=False))
    left = left_to_return(order)
    if not left:
        raise NothingToDo
    pieces = []
    for line in doer.some(sorted(left)):
        wanted = doer.luck.choice(doer.pieces) if doer.happens(0.4) else None
        pieces.append(returns.Piece(line, doer.units(left[line]), ReturnLine.Reason.TOO_SMALL, wanted))
    parent = returns.ask(order=order, wanted=returns.Ask(pieces))
    if doer.happens(0.8):
        returns.approve(parent=parent, actor=None)


def receive_return(doer: Doer) -> None:
    """The parcel is opened: fit, damaged, missing."""
    parent = doer.pick(Return.objects.filter(state__in=[Return.State.APPROVED, Return.State.CANCELLED]))
    grades = {}
    for line in parent.lines.all():
        fit = doer.luck.randint(0, line.quantity)
        grades[line.pk] = Grade(fit, doer.luck.randint(0, line.quantity - fit))
    receive(parent=parent, grades=grades, actor=None)


def settle_return(doer: Doer) -> None:
    send_all(settle(parent=doer.pick(Return.objects.filter(state=Return.State.RECEIVED)), actor=None, words="worn"))


def give_up_return(doer: Doer) -> None:
    waiting = Return.objects.filter(state__in=[Return.State.REQUESTED, Return.State.APPROVED])
    returns.cancel(parent=doer.pick(waiting), reason="kept it")


def fill_what_waits(doer: Doer) -> None:
    """By hand, beside the events."""
    fill(doer.some(doer.pieces))


def publish(doer: Doer) -> None:
    relay()


def plan_forgotten(doer: Doer) -> None:
    packing.plan_forgotten()


# What is done how often, relative to the others.
TRADE: dict[Deed, int] = {
    place: 24,
    pay: 20,
    let_expire: 2,
    try_again: 2,
    call_off: 4,
    refund: 4,
    pack: 22,
    unpack: 2,
    send: 12,
    make_ready: 4,
    bring: 10,
    lose: 4,
    take_a_parcel_in: 3,
    send_again: 3,
    refund_parcel: 1,
    ask_to_return: 8,
    receive_return: 6,
    settle_return: 3,
    give_up_return: 1,
    fill_what_waits: 2,
    publish: 24,
    plan_forgotten: 1,
}
