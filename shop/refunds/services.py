"""Paying back: by line, whole, or because an order is called off. Written here, sent after the commit.

Every writer locks the order, then its payments, then stock. The provider is asked by shop.payments.refunds.send().
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from shop.accounts.models import User
from shop.core.crash import crash_point
from shop.core.errors import ShopError
from shop.marketing import services as marketing
from shop.orders import services as orders
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, Refund, RefundLine
from shop.payments.refunds import open_refund
from shop.refunds.amounts import LineRefund, NotRefundable, Piece, in_own_currency, left_of, room, spread
from shop.warehouse import ahead
from shop.warehouse import services as warehouse

__all__ = [
    "LineRefund",
    "NotCancellable",
    "NotRefundable",
    "cancel_paid",
    "cancel_reviewed",
    "refund_again",
    "refund_units",
    "refund_whole_attempt",
    "request_refund",
]


# Why an order that is not paid cannot be called off as a paid one.
NOT_PAID: dict[str, str] = {
    Order.State.PROCESSING: "The payment is still on its way, and cannot be stopped. Once it is there you can cancel.",
    Order.State.REVIEW: "We are looking at the payment of this order. We write to you as soon as that is done.",
}


class NotCancellable(ShopError):
    """The order cannot be called off; the message says why. Nothing was changed."""


@dataclass(frozen=True)
class Cause:
    """Why money goes back, and by whose hand; key: of the form that asked for it."""

    reason: Refund.Reason
    note: str = ""
    actor: User | None = None
    key: str = ""


@transaction.atomic
def request_refund(  # noqa: PLR0913 - what, why and by whom, flat for every caller
    *,
    order: Order,
    lines: Sequence[LineRefund],
    delivery: int = 0,
    extra: int = 0,
    reason: Refund.Reason,
    note: str,
    actor: User | None,
    key: str = "",
) -> list[Refund]:
    """Write refunds of these lines, of the delivery and of money on top (minor units), to be sent after the commit.

    Usually one; several where the order's money came by several payments. key: the same one again gives the refunds
    that it made before. Raises NotRefundable with nothing changed.
    """
    order, attempts = lock(order)
    attempts = in_own_currency(attempts)
    if key and (made := list(Refund.objects.filter(attempt__order=order, request_key=key))):
        return made
    left = left_of(order, attempts)
    pieces = left.pieces(lines, delivery, extra)
    wanted = sum(piece.amount for piece in pieces)
    if extra and not note.strip():
        raise NotRefundable("Say why money is given that is for no line.")
    if wanted > left.total:
        raise NotRefundable(f"Only {order.money(left.total)} can still be refunded, not {order.money(wanted)}.")
    if not wanted:
        raise NotRefundable("There is nothing to refund in this.")
    made = write(attempts, pieces, Cause(reason, note, actor, key))
    restock(order, lines, actor)
    return made


@transaction.atomic
def refund_units(*, order: Order, units: Mapping[int, int], cause: Cause) -> list[Refund]:
    """Write refunds of units (by line id) to be sent later; their stock is the caller's: not packed, lost, not fetched.

    None where they cost nothing, or where their money went back before.
    """
    order, attempts = lock(order)
    attempts = in_own_currency(attempts)
    left = left_of(order, attempts)
    lines = [
        LineRefund(line_id, count, restock=False)
        for line_id, wanted in units.items()
        if (count := min(wanted, left.lines[line_id].units))
    ]
    return write(attempts, left.pieces(lines, 0, 0), cause)


def refund_whole_attempt(*, attempt: PaymentAttempt, reason: Refund.Reason, actor: User | None = None) -> Refund:
    """Give all of a payment back that should not have come. In the caller's transaction, with order and attempt locked.

    What it was for is not touched: the order's lines belong to another payment, or to none.
    """
    return write([attempt], [Piece(room(attempt))], Cause(reason, actor=actor))[0]


@transaction.atomic
def cancel_paid(*, order: Order, actor: User | None, reason: str) -> list[Refund]:
    """Call off a paid order that is not packed: all its money goes back, its stock may be sold, it is CANCELLED.

    Staff (actor) end one in REVIEW so too, once its money went back. The refunds (none where nothing is left) are to
    be sent after the commit. Raises NotCancellable.
    """
    order, attempts = lock(order)
    refuse_cancelling(order, by_staff=actor is not None)
    cause = Cause(Refund.Reason.CANCELLED, reason, actor)
    own = in_own_currency(attempts)
    refunds = write(own, left_of(order, own).everything(), cause)
    refunds += write_whole((attempt for attempt in attempts if attempt not in own), cause)
    call_off(order, reason, actor)
    return refunds


@transaction.atomic
def cancel_reviewed(*, order: Order, actor: User | None, reason: str) -> list[Refund]:
    """Call off an order in review: each of its payments goes back whole, in the currency it came in.

    The refunds are to be sent after the commit. Raises NotCancellable, with nothing changed.
    """
    order, attempts = lock(order)
    if order.state != Order.State.REVIEW:
        raise NotCancellable(f"Order {order.number} is not in review any more, so nothing was done.")
    refuse_disputed(order)
    refunds = write_whole(attempts, Cause(Refund.Reason.CANCELLED, reason, actor))
    call_off(order, reason, actor)
    return refunds


def call_off(order: Order, reason: str, actor: User | None) -> None:
    """Its stock may be sold, its vouchers used, and it is CANCELLED by choice; the row is locked by the caller."""
    order_lines = list(order.lines.values_list("pk", flat=True))
    warehouse.release(order_line_ids=order_lines, document=order.number, reason=reason)
    marketing.give_back(order)
    orders.cancel(order, reason=reason, actor=actor, by_choice=True)
    crash_point("cancel-paid-before-commit")


def refuse_cancelling(order: Order, *, by_staff: bool = False) -> None:
    """Raise NotCancellable, in words for the buyer, unless the order is paid, unpacked and undisputed.

    by_staff: one in REVIEW waits for a person, who refunds at the provider (what was paid there is not the order's
    price) and then cancels it.
    """
    if by_staff and order.state == Order.State.REVIEW:
        if PaymentAttempt.objects.filter(order=order).kept().exists():
            raise NotCancellable("Refund what was paid at the provider first, then cancel the order.")
    elif order.state != Order.State.PAID:
        raise NotCancellable(NOT_PAID.get(order.state, f"Order {order.number} is cancelled or not paid."))
    if order.fulfilment_state != Order.FulfilmentState.UNFULFILLED:
        state = order.get_fulfilment_state_display().lower()
        raise NotCancellable(f"Order {order.number} is {state} already, so it cannot be cancelled any more.")
    # One that nobody fetched and that was emptied again is a parcel no more.
    if order.shipments.exclude(state="cancelled").exclude(goods_end__gt="", dispatched_at=None).exists():
        raise NotCancellable(f"A parcel of order {order.number} is packed already, so it cannot be cancelled any more.")
    refuse_disputed(order)


def refuse_disputed(order: Order) -> None:
    """Raise NotCancellable while a bank has not said whose the money is."""
    if order.holds.standing().filter(kind="dispute").exists():
        raise NotCancellable(f"The payment of order {order.number} is disputed at the bank. That has to end first.")


@transaction.atomic
def refund_again(*, refund: Refund, actor: User | None) -> Refund:
    """A new refund in place of a failed one, for the same; its stock was given back the first time.

    Raises NotRefundable where that money went back another way meanwhile.
    """
    order, attempts = lock(refund.attempt.order)
    refund = Refund.objects.get(pk=refund.pk)
    key = refund.again_key
    if made := Refund.objects.filter(attempt__order=order, request_key=key).first():
        return made
    attempt = next((attempt for attempt in attempts if attempt.pk == refund.attempt_id), None)
    if refund.state != Refund.State.FAILED or attempt is None or refund.amount > room(attempt):
        raise NotRefundable("This refund cannot be made again: it has not failed, or its money went back meanwhile.")
    pieces = [Piece(line.amount, LineRefund(line.order_line_id, line.quantity, False)) for line in refund.lines.all()]
    pieces += [Piece(refund.delivery_amount, is_delivery=True)] if refund.delivery_amount else []
    pieces += [Piece(refund.free_amount)] if refund.free_amount else []
    return write([attempt], pieces, Cause(Refund.Reason(refund.reason), refund.note, actor, key))[0]


def lock(order: Order) -> tuple[Order, list[PaymentAttempt]]:
    """The order's row and those of the payments that money can go back by, locked in this order."""
    locked = Order.objects.locked().get(pk=order.pk)
    return locked, list(PaymentAttempt.objects.filter(order=locked).taken().locked())


def write(attempts: Iterable[PaymentAttempt], pieces: Iterable[Piece], cause: Cause) -> list[Refund]:
    """A REQUESTED refund for each of these payments (locked) that the pieces reach."""
    payments = list(attempts)
    parts = zip(payments, spread(pieces, map(room, payments)), strict=True)
    made = [write_one(attempt, part, cause) for attempt, part in parts if sum(piece.amount for piece in part)]
    crash_point("refund-before-commit")
    return made


def write_whole(attempts: Iterable[PaymentAttempt], cause: Cause) -> list[Refund]:
    """A REQUESTED refund of all that is left of each of these payments (locked)."""
    return [write_one(attempt, [Piece(left)], cause) for attempt in attempts if (left := room(attempt))]


def write_one(attempt: PaymentAttempt, pieces: Sequence[Piece], cause: Cause) -> Refund:
    refund = open_refund(
        Refund(
            attempt=attempt,
            reason=cause.reason,
            note=cause.note[:200],
            actor=cause.actor,
            request_key=cause.key,
            amount=sum(piece.amount for piece in pieces),
            delivery_amount=sum(piece.amount for piece in pieces if piece.is_delivery),
            free_amount=sum(piece.amount for piece in pieces if not piece.is_delivery and not piece.line),
        )
    )
    RefundLine.objects.bulk_create(
        RefundLine(
            refund=refund,
            order_line_id=piece.line.order_line_id,
            quantity=piece.line.quantity,
            amount=piece.amount,
            restock=piece.line.restock,
        )
        for piece in pieces
        if piece.line
    )
    return refund


def restock(order: Order, lines: Iterable[LineRefund], actor: User | None) -> None:
    """Give the units back to the warehouse that may be sold again, and write off the others that nobody has packed.

    What is packed or sent stays what it is without the tick: it is in a parcel, or with the buyer.
    """
    lines = [line for line in lines if not line.is_received]
    # What is still to come is not sent any more; only the rest was ever set aside.
    left = ahead.give_up({line.order_line_id: line.quantity for line in lines})
    lines = [replace(line, quantity=left[line.order_line_id]) for line in lines if left[line.order_line_id]]
    units = {line.order_line_id: line.quantity for line in lines if line.restock}
    waits = order.fulfilment_state == Order.FulfilmentState.UNFULFILLED
    lost = {line.order_line_id: line.quantity for line in lines if waits and not line.restock}
    if units or lost:
        warehouse.take_back(units=units, lost=lost, document=order.number, reason="refunded", actor=actor)
