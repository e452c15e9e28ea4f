"""Writing orders: made once, then moved from state to state by one table."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from shop.accounts.models import User
from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.core.errors import InvalidTransition
from shop.events.services import emit
from shop.orders.models import Order, OrderLine, OrderStateChange, OrderTax
from shop.orders.record_models import OrderRequest
from shop.tax.amounts import TaxShare

State = Order.State

# What may follow what. Money that arrives late revives a cancelled order when its stock can be had again; money
# that does not match asks for a person (review), whatever the order was waiting for. An order that somebody called off
# is not revived: whoever moves it to paid looks at cancelled_by_choice first.
MOVES: dict[str, frozenset[str]] = {
    State.PENDING: frozenset({State.PROCESSING, State.PAID, State.CANCELLED, State.REVIEW}),
    State.PROCESSING: frozenset({State.PENDING, State.PAID, State.CANCELLED, State.REVIEW}),
    State.REVIEW: frozenset({State.PAID, State.CANCELLED}),
    State.CANCELLED: frozenset({State.PAID, State.REVIEW}),
    # Only by somebody's choice, with the money on its way back: cancel().
    State.PAID: frozenset({State.CANCELLED}),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who ordered and where it goes; the fields are the order's own."""

    email: str
    full_name: str
    country: str
    address: str
    city: str
    address_extra: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""
    marketing_consent: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """How it is delivered, as agreed: price and its discount in minor units, first and last expected day."""

    code: str
    name: str
    price: int
    first_day: date | None = None
    last_day: date | None = None
    discount: int = 0


@dataclass(frozen=True, slots=True)
class LineToOrder:
    """Units of a variant (product, colour and size loaded) at a price. All amounts in minor units.

    image: storage name of the picture shown with it. discount: of the whole line. tax: contained in what is charged.
    """

    variant: ProductVariant
    quantity: int
    unit_price: int
    image: str = ""
    discount: int = 0
    tax_class: str = "standard"
    tax_rate: Decimal = Decimal(0)
    tax: int = 0

    @property
    def total(self) -> int:
        """Before the discount."""
        return self.unit_price * self.quantity

    @property
    def charged(self) -> int:
        return self.total - self.discount


@dataclass(frozen=True, slots=True)
class Taxation:
    """Whose rates an order is taxed at (empty: none, an export) and the breakdown by rate."""

    country: str = ""
    shares: tuple[TaxShare, ...] = ()

    @property
    def total(self) -> int:
        return sum(share.tax for share in self.shares)


@transaction.atomic
def create(  # noqa: PLR0913 - what, to whom, how and until when, flat for every caller
    *,
    placement_key: str,
    lines: Sequence[LineToOrder],
    recipient: Recipient,
    delivery: DeliveryTerms,
    taxation: Taxation | None = None,
    user: User | None = None,
    hold_until: datetime | None = None,
) -> Order:
    """Write a PENDING order with copies of its lines, at the lines' prices. Reserves nothing.

    hold_until: when it may be given up unpaid (UTC).

    Raises IntegrityError when an order with that placement key exists.
    """
    taxation = taxation or Taxation()
    order = Order.objects.create(
        placement_key=placement_key,
        user=user,
        hold_until=hold_until,
        currency=lines[0].variant.currency,
        **totals(lines, delivery),
        tax_total=taxation.total,
        tax_country=taxation.country,
        shipping_method=delivery.code,
        shipping_name=delivery.name,
        delivery_from=delivery.first_day,
        delivery_until=delivery.last_day,
        **asdict(recipient),
    )
    OrderLine.objects.bulk_create(copy_line(order, line) for line in lines)
    OrderTax.objects.bulk_create(OrderTax(order=order, **asdict(share)) for share in taxation.shares)
    OrderStateChange.objects.create(order=order, to_state=order.state)
    return order


def totals(lines: Sequence[LineToOrder], delivery: DeliveryTerms) -> dict[str, int]:
    """An order's sums, by the names of its fields."""
    goods = sum(line.total for line in lines)
    discount = sum(line.discount for line in lines) + delivery.discount
    return {
        "lines_total": goods,
        "delivery_total": delivery.price,
        "delivery_discount": delivery.discount,
        "discount_total": discount,
        "grand_total": goods + delivery.price - discount,
    }


def copy_line(order: Order, line: LineToOrder) -> OrderLine:
    """An unsaved order line that says what was shown, so that later changes of the product leave it alone."""
    variant = line.variant
    return OrderLine(
        order=order,
        variant=variant,
        sku=variant.sku,
        product_name=variant.product.name,
        product_slug=variant.product.slug,
        colour_name=variant.colour.name,
        size_name=variant.size.name,
        image=line.image,
        unit_price=line.unit_price,
        quantity=line.quantity,
        line_total=line.total,
        discount_total=line.discount,
        tax_class=line.tax_class,
        tax_rate=line.tax_rate,
        tax_total=line.tax,
    )


def note_request(order: Order, what: OrderRequest.What, outcome: str) -> None:
    """Keep that a buyer asked this of the order and what they got, in a few words; not who, nor from where."""
    OrderRequest.objects.create(order=order, what=what, outcome=outcome[:80])


def event_detail(order: Order) -> dict[str, Any]:
    """What OrderPlaced and OrderPaid say of an order."""
    return {
        "order_id": order.pk,
        "number": order.number,
        "currency": order.currency,
        "grand_total": order.grand_total,
    }


def correct_recipient(order: Order, recipient: Recipient) -> None:
    """Change who and where on an order nobody has paid yet (its row locked by the caller). Amounts stay."""
    if order.state != State.PENDING:
        raise InvalidTransition(f"Order {order.number} is {order.get_state_display().lower()}: it cannot be changed.")
    fields = asdict(recipient)
    for name, value in fields.items():
        setattr(order, name, value)
    order.save(update_fields=[*fields, "updated_at"])


def move(order: Order, to: Order.State, *, reason: str = "", actor: User | None = None) -> None:
    """Bring the order (its row locked by the caller) into another state and note it in its history.

    Raises InvalidTransition for what MOVES does not list; then nothing has changed.
    """
    if to not in MOVES[order.state]:
        raise InvalidTransition(f"Order {order.number} is {order.state}: it cannot become {to.value}.")
    change = OrderStateChange(
        order=order, from_state=order.state, to_state=to, reason=reason[:200], actor=actor, created_at=clock.now()
    )
    order.state = to
    if to == State.PAID:
        order.paid_at, order.cancelled_at, order.hold_until = change.created_at, None, None
    elif to == State.CANCELLED:
        order.cancelled_at, order.hold_until = change.created_at, None
    with transaction.atomic():
        order.save(
            update_fields=["state", "paid_at", "cancelled_at", "cancelled_by_choice", "hold_until", "updated_at"]
        )
        change.save()


def cancel(order: Order, *, reason: str, actor: User | None = None, by_choice: bool = False) -> None:
    """Cancel the order (its row locked by the caller) and tell of it; a paid one only by somebody's choice.

    The caller gives stock and money back in the same transaction. Raises InvalidTransition, with nothing changed.
    """
    if order.state == State.PAID and not by_choice:
        raise InvalidTransition(f"Order {order.number} is paid: only somebody's choice cancels it.")
    order.cancelled_by_choice = by_choice
    move(order, State.CANCELLED, reason=reason, actor=actor)
    emit("OrderCancelled", {"order_id": order.pk, "number": order.number, "reason": reason})
