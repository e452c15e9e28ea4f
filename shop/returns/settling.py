"""The end of a return: what goes back for it, from the figures stored with the first purchase."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction

from shop.accounts.models import User
from shop.core.errors import ShopError
from shop.delivery.models import ShippingRate
from shop.delivery.services import load_of
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, Refund
from shop.refunds import services as refunds
from shop.refunds.amounts import Left, LineRefund, NotRefundable, in_own_currency, left_of
from shop.returns import mails
from shop.returns.models import Return, ReturnLine
from shop.returns.services import lock, lock_orders, move
from shop.returns.units import given_for, paid_line, refund_key, summed, unsent_units

State, Wish = Return.State, ReturnLine.Wish


@dataclass(frozen=True)
class Due:
    """What goes back for a return: units by line of the first purchase, its delivery, and all of it (minor units)."""

    order: Order
    units: dict[int, int]
    delivery: int
    total: int

    @property
    def words(self) -> str:
        return str(self.order.money(self.total))


@transaction.atomic
def settle(
    *, parent: Return, damaged: Mapping[int, int] | None = None, words: str = "", actor: User | None
) -> list[Refund]:
    """Close a received return with the refunds (to be sent after the commit) of what came, and of nothing else.

    damaged: units by return line that came damaged for no fault of ours and are paid for all the same. words: for
    the customer, needed where damaged ones are not paid for. Raises ShopError, with nothing changed.
    """
    chosen = damaged or {}
    lock_orders(parent)
    first = first_order(parent)
    refunds.lock(first)
    parent = lock(parent)
    lines = lines_of(parent)
    check(lines, chosen, words)
    due = due_for(parent, lines, chosen)
    made = give_money(parent, due, actor) if due.total else []
    link(lines, made)
    parent.answer = words.strip()[:300] or parent.answer
    move(parent, State.CLOSED, note=f"{due.words} to be refunded" if made else "nothing to refund", actor=actor)
    mails.settled(parent, due.words if made else "")
    return made


def check(lines: Iterable[ReturnLine], chosen: Mapping[int, int], words: str) -> None:
    undecided = {line.pk: line.to_decide for line in lines if line.to_decide}
    for pk, units in chosen.items():
        if not 0 <= units <= undecided.get(pk, 0):
            raise ShopError("More damaged pieces than were found cannot be paid for.")
    if any(chosen.get(pk, 0) < units for pk, units in undecided.items()) and not words.strip():
        raise ShopError("Say why damaged pieces are not paid for, for the customer to read.")


def give_money(parent: Return, due: Due, actor: User | None, key: str = "") -> list[Refund]:
    """The refunds of what is due, on the payments of the first purchase; key: where it is not the return's own."""
    return refunds.request_refund(
        order=due.order,
        lines=[LineRefund(pk, units, restock=False, is_received=True) for pk, units in due.units.items()],
        delivery=due.delivery,
        reason=Refund.Reason.RETURNED,
        note=f"return {parent.number}",
        actor=actor,
        key=key or refund_key(parent),
    )


def due_for(parent: Return, lines: list[ReturnLine], chosen: Mapping[int, int]) -> Due:
    """What is due: accepted units for which nothing is sent in exchange, and damaged ones that staff chose to pay for.

    Less what this return gave before, and never more than is left of a line: what staff refunded meanwhile is there
    already. Raises NotRefundable where the money of the order does not reach.
    """
    order = first_order(parent)
    payments = in_own_currency(PaymentAttempt.objects.filter(order=order).taken())
    left = left_of(order, payments)
    unsent, given = unsent_units(parent), given_for(parent)
    wanted = summed((paid_line(line.order_line).pk, units_due(line, unsent) + chosen.get(line.pk, 0)) for line in lines)
    room = {pk: min(number - given[pk], left.lines[pk].units) for pk, number in wanted.items()}
    units = {pk: number for pk, number in room.items() if number > 0}
    delivery = delivery_due(parent, order, lines, left) if covers(units, left) else 0
    total = sum(left.lines[pk].amount(number) for pk, number in units.items()) + delivery
    if total > left.total:
        raise NotRefundable(
            f"Only {order.money(left.total)} of this order's money can still go back, not {order.money(total)}."
        )
    return Due(order, units, delivery, total)


def units_due(line: ReturnLine, unsent: Mapping[int, int] | None) -> int:
    """Accepted units of a line; of an exchange that holds, only those that are not sent after all."""
    if line.wish == Wish.EXCHANGE and unsent is not None:
        return unsent.get(line.order_line_id, 0)
    return line.accepted


def covers(units: Mapping[int, int], left: Left) -> bool:
    """Whether nothing of the order stays with the customer after these."""
    return all(line.units == units.get(pk, 0) for pk, line in left.lines.items())


def delivery_due(parent: Return, order: Order, lines: Iterable[ReturnLine], left: Left) -> int:
    """What goes back of the delivery with the last pieces of an order: what the cheapest one would have cost.

    Directive 2011/83/EU, article 13(1) and (2), for a withdrawal; ours too where all pieces came wrong. A return by our
    own longer time gives nothing of it back.
    """
    if parent.kind != Return.Kind.WITHDRAWAL and not all(line.is_our_fault for line in lines):
        return 0
    load = load_of(order)
    offered = ShippingRate.objects.offered_in(order.country).filter(method__collect_at=None, currency=order.currency)
    rates = [rate for rate in offered if rate.takes(load.weight, load.volume)]
    cheapest = min((rate.price_for(load.goods) for rate in rates), default=left.delivery)
    if any(rate.method.code == order.shipping_method and rate.price_for(load.goods) == cheapest for rate in rates):
        return left.delivery
    return min(left.delivery, cheapest)


def link(lines: Iterable[ReturnLine], made: list[Refund]) -> None:
    """Note with each line which refund paid for it."""
    by_line = {row.order_line_id: refund for refund in made for row in refund.lines.all()}
    for line in lines:
        if refund := by_line.get(paid_line(line.order_line).pk):
            ReturnLine.objects.filter(pk=line.pk).update(refund=refund)


def first_order(parent: Return) -> Order:
    """The order that was paid for what comes back."""
    return paid_line(lines_of(parent)[0].order_line).order


def lines_of(parent: Return) -> list[ReturnLine]:
    return list(parent.lines.select_related("order_line__order").order_by("pk"))
