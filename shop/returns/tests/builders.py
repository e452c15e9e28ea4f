"""Orders that were sent and delivered, and what comes back of them."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from shop.catalog.models import ProductVariant
from shop.checkout.tests.paying_builders import FakeProvider, pay, place
from shop.core import clock
from shop.events.envelope import Event
from shop.orders.models import Order, OrderLine
from shop.returns import services
from shop.returns.models import Return, ReturnLine
from shop.returns.receiving import Grade, receive
from shop.returns.services import Ask, Piece
from shop.tests.builders import make_colour, make_product, make_size, make_user, make_variant
from shop.warehouse.leaving import ship
from shop.warehouse.models import Reservation, StockLevel

Reason = ReturnLine.Reason


def make_return(line: OrderLine, quantity: int = 1, **fields: Any) -> Return:
    """A return that somebody asked for, of units of that line, written as it is."""
    parent = Return.objects.create(order=line.order, **fields)
    ReturnLine.objects.create(parent=parent, order_line=line, quantity=quantity, reason=Reason.TOO_SMALL)
    return parent


def shirts(*sizes: str, stock: int = 10, price: int = 7800) -> list[ProductVariant]:
    """One shirt in these sizes."""
    product, colour = make_product("Quarry Linen Shirt"), make_colour()
    return [make_variant(product, colour=colour, size=make_size(size), stock=stock, price=price) for size in sizes]


def delivered(
    fake: FakeProvider, variant: ProductVariant | None = None, *, quantity: int = 2, at: datetime | None = None
) -> Order:
    """An order of one line, with 3.95 of delivery on top, that was paid, sent and delivered (now, or then)."""
    order = place(variant or make_variant(price=7800, stock=10), quantity=quantity)
    pay(fake, order)
    return deliver(Order.objects.get(pk=order.pk), at)


def deliver(order: Order, at: datetime | None = None) -> Order:
    held = Reservation.objects.held().filter(order_line__order=order)
    ship(units={row.pk: row.quantity for row in held}, document=order.number)
    order.fulfilment_state = Order.FulfilmentState.DELIVERED
    order.shipped_at = order.delivered_at = at or clock.now()
    order.save()
    return order


def ask(order: Order, quantity: int = 1, *, size: ProductVariant | None = None, **fields: Any) -> Return:
    """Ask to send units of the order's only line back."""
    reason = fields.pop("reason", Reason.TOO_SMALL)
    piece = Piece(order.lines.get().pk, quantity, reason, size.pk if size else None)
    return services.ask(order=order, wanted=Ask([piece], **fields))


def sent_back(order: Order, quantity: int = 1, **fields: Any) -> Return:
    """The same, approved."""
    parent = ask(order, quantity, **fields)
    return parent if parent.state == "approved" else services.approve(parent=parent, actor=somebody())


def came(parent: Return, fit: int = 1, damaged: int = 0) -> Return:
    """The parcel of a return of one line was opened."""
    return receive(parent=parent, grades={parent.lines.get().pk: Grade(fit, damaged)}, actor=somebody())


def replacement_of(parent: Return) -> Order:
    """The order of what comes in exchange, read anew."""
    return Order.objects.get(replaces=parent)


def somebody() -> Any:
    """A member of staff."""
    return make_user(f"{clock.now().timestamp()}@example.org", is_staff=True)


def event(name: str, **detail: Any) -> Event:
    return Event(uuid4(), name, "aspireclothes", detail, clock.now())


def stock_of(variant: ProductVariant) -> tuple[int, int, int]:
    """(on hand, reserved, damaged)."""
    level = StockLevel.objects.get(variant=variant)
    return level.on_hand, level.reserved, level.damaged
