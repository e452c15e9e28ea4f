"""What staff decide about a purchase order: written, approved and so sent, sent anew, called off, closed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from shop.core import clock
from shop.core.errors import ShopError
from shop.core.money import Money
from shop.events.services import emit
from shop.mail.services import queue_mail
from shop.suppliers.expected import tell_pages
from shop.suppliers.models import Supplier, SupplierProduct
from shop.suppliers.moves import State, Who, locked, move, note
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseOrderLine
from shop.warehouse.models import StockLocation

if TYPE_CHECKING:
    from shop.accounts.models import User


class BelowMinimum(ShopError):
    """The supplier takes no order as small as this; staff may send it all the same."""


@transaction.atomic
def draft(
    *, supplier: Supplier, location: StockLocation, units: Mapping[int, int], actor: "User | None" = None
) -> PurchaseOrder:
    """A draft of that many units of these variants (by id), each at what the supplier asks for it.

    Raises ShopError for a variant that the supplier does not sell.
    """
    order = PurchaseOrder.objects.create(
        supplier=supplier,
        location=location,
        currency=supplier.currency,
        exchange_rate=PurchaseOrder.objects.last_rate(supplier.currency),
        created_by=actor,
    )
    add_lines(order, units)
    note(order, "Drafted", Who(actor=actor))
    return order


def add_lines(order: PurchaseOrder, units: Mapping[int, int]) -> int:
    """Lines for variants that the order does not have yet; how many were added. Wants the order locked or new."""
    sources = SupplierProduct.objects.filter(supplier=order.supplier, variant__in=units)
    found = {source.variant_id: source for source in sources.select_related("variant__product", *NAMES)}
    if missing := set(units) - set(found):
        raise ShopError(f"{order.supplier.name} does not sell {len(missing)} of these variants to us.")
    there = set(order.lines.values_list("variant_id", flat=True))
    lines = [line_of(order, found[pk], number) for pk, number in units.items() if pk not in there]
    bulk_create_with_history(lines, PurchaseOrderLine)
    return len(lines)


NAMES = ("variant__colour", "variant__size")


def line_of(order: PurchaseOrder, source: SupplierProduct, units: int) -> PurchaseOrderLine:
    """Not saved. Wants the source's variant with product, colour and size."""
    variant = source.variant
    words = f"{variant.product.name}, {variant.colour.name}, {variant.size.name}"
    return PurchaseOrderLine(
        order=order,
        variant=variant,
        supplier_sku=source.supplier_sku,
        description=words[:200],
        quantity=units,
        unit_cost=source.cost,
    )


def goods_total(order: PurchaseOrder) -> Money:
    """What the goods ordered cost, without freight and duty."""
    return order.money(sum(line.total for line in order.lines.all()))


def short_of_minimum(order: PurchaseOrder) -> Money | None:
    """The supplier's minimum order where the goods come to less than it."""
    minimum = Money(order.supplier.minimum_order, order.supplier.currency)
    if minimum.currency != order.currency:
        return None
    return minimum if goods_total(order) < minimum else None


@transaction.atomic
def approve(order_id: int, *, actor: "User | None", below_minimum: bool = False) -> PurchaseOrder:
    """Send a draft to its supplier; the mail follows from the event.

    Raises InvalidTransition for one that is sent already, BelowMinimum unless that is wanted, ShopError for one that
    nobody could deliver.
    """
    order = locked(order_id)
    if order.state == State.DRAFT:
        refuse_unsendable(order, below_minimum=below_minimum)
    order.approved_by, order.sent_at = actor, clock.now()
    move(order, State.SENT, f"Approved and sent to {order.supplier.email}", Who(actor=actor), "approved_by", "sent_at")
    tell_sent(order)
    return order


def refuse_unsendable(order: PurchaseOrder, *, below_minimum: bool) -> None:
    if not order.lines.exists():
        raise ShopError("There is nothing on this order yet.")
    if not order.supplier.is_active:
        raise ShopError(f"{order.supplier.name} is not active: nothing is ordered there.")
    if (minimum := short_of_minimum(order)) and not below_minimum:
        raise BelowMinimum(f"{order.supplier.name} takes orders from {minimum}; this comes to {goods_total(order)}.")


@transaction.atomic
def send_again(order_id: int, *, actor: "User | None") -> PurchaseOrder:
    """A new mail with a new link; every link that was mailed before is worthless from now on."""
    order = locked(order_id)
    if order.state not in PurchaseOrder.EXPECTED:
        raise ShopError(f"{order.number} is {order.get_state_display().lower()}: there is nothing to answer.")
    order.link_version += 1
    order.save(update_fields=["link_version", "updated_at"])
    note(order, f"Sent again to {order.supplier.email}, with a new link", Who(actor=actor))
    tell_sent(order)
    return order


def tell_sent(order: PurchaseOrder) -> None:
    emit("PurchaseOrderSent", {"purchase_order_id": order.pk, "number": order.number})


@transaction.atomic
def cancel(order_id: int, *, actor: "User | None", reason: str) -> PurchaseOrder:
    """Nothing is wanted of it any more. The supplier hears of it where it had got the order.

    Raises InvalidTransition once goods have come (then it is closed) or for one that is over.
    """
    order = locked(order_id)
    was_sent, order.closed_at = order.state != State.DRAFT, clock.now()
    move(order, State.CANCELLED, f"Cancelled: {reason}", Who(actor=actor), "closed_at")
    if was_sent:
        queue_mail(
            key=f"purchase-order-cancelled:{order.number}",
            to=order.supplier.email,
            template="purchase-order-cancelled",
            context={"purchase": order, "supplier": order.supplier, "reason": reason},
        )
    tell_pages(order)
    return order


@transaction.atomic
def close(order_id: int, *, actor: "User | None", reason: str) -> PurchaseOrder:
    """Nothing more is expected of it: all is here, or the rest never comes."""
    order = locked(order_id)
    order.closed_at = clock.now()
    move(order, State.CLOSED, f"Closed: {reason}", Who(actor=actor), "closed_at")
    tell_pages(order)
    return order
