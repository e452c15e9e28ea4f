"""The order of the pieces that somebody gets in exchange: it costs nothing, and holds its stock from the request on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from shop.accounts.models import User
from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.events.services import emit
from shop.orders import services as orders
from shop.orders.models import Order, OrderLine
from shop.returns.models import Return, ReturnLine
from shop.suppliers.promises import promise
from shop.warehouse import services as warehouse

State = Order.State
# Until staff approve, the pieces are held this long.
ANSWER_DAYS = 7
COPIED = ("email", "full_name", "country", "address", "city", "address_extra", "region", "postcode", "phone")


def sizes_for(line: OrderLine, reason: str = "") -> list[ProductVariant]:
    """What the line's pieces can be exchanged for: the same product and colour in a size that can be had.

    The same size only for what came faulty.
    """
    if line.variant is None:
        return []
    same = ProductVariant.objects.filter(product=line.variant.product_id, colour=line.variant.colour_id)
    found = list(same.select_related("size", "product", "colour").order_by("size__position", "pk"))
    free = warehouse.available(variant.pk for variant in found)
    again = reason == ReturnLine.Reason.FAULTY
    return [variant for variant in found if free[variant.pk] > 0 and (again or variant.pk != line.variant_id)]


def open_replacement(parent: Return, lines: Sequence[ReturnLine]) -> None:
    """Write the order of the exchanged pieces and hold its stock. The parent's order is locked by the caller.

    Raises OutOfStock where a size has sold out meanwhile.
    """
    order = parent.order
    until = clock.now() + timedelta(days=ANSWER_DAYS + settings.RETURN_SEND_DAYS + settings.RETURN_POST_DAYS)
    replacement = orders.create(
        placement_key=f"return-{parent.key}",
        lines=[for_nothing(line) for line in lines],
        recipient=orders.Recipient(**{name: getattr(order, name) for name in COPIED}),
        delivery=orders.DeliveryTerms(order.shipping_method, order.shipping_name, 0),
        user=order.user,
        hold_until=until,
    )
    promise(warehouse.reserve(demands=demands_of(replacement), document=replacement.number, expires_at=until))
    parent.replacement = replacement


def for_nothing(line: ReturnLine) -> orders.LineToOrder:
    """The exchanged units at the price that was paid for the others, and all of it taken off again."""
    assert line.exchange_for
    price = line.order_line.unit_price
    image = line.order_line.image
    return orders.LineToOrder(line.exchange_for, line.quantity, price, image, discount=price * line.quantity)


def demands_of(order: Order) -> list[warehouse.Demand]:
    method = order.shipping_method
    lines = order.lines.all()
    return [
        warehouse.Demand(line.pk, line.variant_id, line.quantity, method=method) for line in lines if line.variant_id
    ]


def hold_until(parent: Return, until: datetime) -> None:
    """Hold the pieces so long, and no longer; the order row is locked by the caller."""
    order = parent.replacement
    if order is None or order.state != State.PENDING:
        return
    order.hold_until = until
    order.save(update_fields=["hold_until", "updated_at"])
    warehouse.extend(order_line_ids=[demand.order_line_id for demand in demands_of(order)], until=until)


def last_moment(parent: Return) -> datetime:
    """Until when the pieces of an approved return are held."""
    assert parent.send_by
    days = timedelta(days=settings.RETURN_POST_DAYS + 1)
    return timezone.make_aware(datetime.combine(parent.send_by + days, datetime.min.time()))


def send_replacement(parent: Return, actor: User | None) -> bool:
    """The goods are here: the replacement is to be packed, as if it had been paid. False where it cannot be had.

    All orders are locked by the caller. One whose time was over meanwhile takes its stock once more.
    """
    order = parent.replacement
    if order is None or not hold_again(order):
        return False
    orders.move(order, State.PAID, reason=f"exchange: {parent.number} came back", actor=actor)
    warehouse.settle(order_line_ids=[demand.order_line_id for demand in demands_of(order)])
    emit("OrderPaid", orders.event_detail(order))
    return True


def hold_again(order: Order) -> bool:
    """Whether the order's stock is held, if need be once more."""
    if order.state == State.PENDING:
        return True
    if order.state != State.CANCELLED or order.cancelled_by_choice:
        return False
    try:
        promise(warehouse.reserve(demands=demands_of(order), document=order.number, expires_at=None))
    except warehouse.OutOfStock:
        return False
    return True


def give_back(parent: Return, reason: str, actor: User | None = None) -> None:
    """There is no exchange: the pieces can be sold to others. All orders are locked by the caller."""
    order = parent.replacement
    if order is None or order.state != State.PENDING:
        return
    orders.cancel(order, reason=reason, actor=actor)
    warehouse.release(
        order_line_ids=[demand.order_line_id for demand in demands_of(order)], document=order.number, reason=reason
    )
