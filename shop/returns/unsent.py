"""Pieces that were to come in exchange and do not: those sent back for them are paid back, on the first purchase."""

from shop.payments.models import Refund
from shop.refunds import services as refunds
from shop.returns.models import Return, ReturnLine
from shop.returns.services import lock, lock_orders
from shop.returns.settling import due_for, first_order, give_money, lines_of, link
from shop.returns.units import given_for, refund_key


def refund_unsent(parent: Return) -> list[Refund]:
    """Pay back what a return's replacement does not bring any more: it was called off, or was not there to be packed.

    What a return that is still open would give back anyway, closing it gives. Once, however often asked. In the
    caller's transaction; to be sent by the reconciler.
    """
    lock_orders(parent)
    refunds.lock(first_order(parent))
    parent = lock(parent)
    if parent.state != Return.State.CLOSED:
        return []
    lines = [line for line in lines_of(parent) if line.wish == ReturnLine.Wish.EXCHANGE]
    due = due_for(parent, lines, {})
    if not due.total:
        return []
    made = give_money(parent, due, None, key=f"{refund_key(parent)}:{given_for(parent).total()}")
    link(lines, made)
    return made
