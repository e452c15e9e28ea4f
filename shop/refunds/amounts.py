"""How much may go back, and for what: from the figures stored with an order, without rounding anything twice."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Sum

from shop.core.errors import ShopError
from shop.core.money import shop_currency, smallest_step
from shop.orders.models import Order, OrderLine
from shop.payments.models import PaymentAttempt, Refund, RefundLine


class NotRefundable(ShopError):
    """That much cannot be paid back; the message says why. Nothing was changed."""


@dataclass(frozen=True)
class LineRefund:
    """Units of one order line to pay back. restock: they may be sold again, so they leave the parcel or came back.

    is_received: they came back and were brought into stock before; what the line still holds or waits for is not
    touched.
    """

    order_line_id: int
    quantity: int
    restock: bool
    is_received: bool = False


@dataclass(frozen=True)
class Piece:
    """A part of what goes back (minor units): for units of a line, for the delivery, or for neither."""

    amount: int
    line: LineRefund | None = None
    is_delivery: bool = False


@dataclass(frozen=True)
class LineLeft:
    """An order line with the units of it that were paid back."""

    line: OrderLine
    refunded: int

    @property
    def units(self) -> int:
        """How many can still be paid back."""
        return self.line.quantity - self.refunded

    def amount(self, units: int) -> int:
        """What the next so many units are worth: shares of the line's charge, which in any steps sum to all of it."""
        return share(self.line, self.refunded + units) - share(self.line, self.refunded)

    def piece(self, wanted: LineRefund) -> Piece:
        """Raises NotRefundable for units that are not there."""
        if not 0 < wanted.quantity <= self.units:
            raise NotRefundable(f"{self.line.sku}: between 1 and {self.units} can be refunded, not {wanted.quantity}.")
        return Piece(self.amount(wanted.quantity), wanted)


@dataclass(frozen=True)
class Left:
    """What can still be paid back of an order: its lines by id, its delivery, and of all its money (minor units)."""

    lines: dict[int, LineLeft]
    delivery: int
    total: int

    def pieces(self, lines: Sequence[LineRefund], delivery: int, extra: int) -> list[Piece]:
        """These lines, so much of the delivery and so much on top. Raises NotRefundable for more than is left."""
        ids = [wanted.order_line_id for wanted in lines]
        if len(set(ids)) < len(ids) or not set(ids) <= set(self.lines):
            raise NotRefundable("These are not lines of this order.")
        if not 0 <= delivery <= self.delivery or extra < 0:
            raise NotRefundable("That is more than was paid for the delivery, or less than nothing.")
        pieces = [self.lines[wanted.order_line_id].piece(wanted) for wanted in lines]
        pieces += [Piece(delivery, is_delivery=True)] if delivery else []
        return pieces + ([Piece(extra)] if extra else [])

    def everything(self) -> list[Piece]:
        """All that is left, whole lines first; their units may be sold again."""
        pieces = [
            left.piece(LineRefund(left.line.pk, left.units, restock=True)) for left in self.lines.values() if left.units
        ]
        pieces += [Piece(self.delivery, is_delivery=True)] if self.delivery else []
        surplus = self.total - sum(piece.amount for piece in pieces)
        return pieces + ([Piece(surplus)] if surplus > 0 else [])


def share(line: OrderLine, units: int) -> int:
    """What the first so many units of a line were charged, as an amount that can be paid back."""
    charged = line.charged * units // line.quantity
    return charged - charged % smallest_step(shop_currency())


def left_of(order: Order, attempts: Iterable[PaymentAttempt]) -> Left:
    """What can still be paid back of the order, from these of its payments. Three queries."""
    counting = Refund.objects.counting().filter(attempt__order=order)
    units = dict(
        RefundLine.objects.filter(refund__in=counting)
        .values_list("order_line")
        .annotate(units=Sum("quantity"))
        .order_by()
    )
    delivery = counting.aggregate(total=Sum("delivery_amount"))["total"] or 0
    return Left(
        lines={line.pk: LineLeft(line, units.get(line.pk, 0)) for line in order.lines.all()},
        delivery=max(0, order.delivery_charged - delivery),
        total=sum(room(attempt) for attempt in attempts),
    )


def in_own_currency(attempts: Iterable[PaymentAttempt]) -> list[PaymentAttempt]:
    """Those whose money is of the order's currency; what came in another goes back whole or not at all."""
    return [attempt for attempt in attempts if not attempt.is_foreign]


def room(attempt: PaymentAttempt) -> int:
    """What may still go back by this payment: not what is going already, nor what a bank has taken back itself."""
    taken_back = sum(dispute.withdrawn for dispute in attempt.disputes.all())
    return max(0, attempt.captured_amount - attempt.refunded_amount - taken_back)


def spread(pieces: Iterable[Piece], rooms: Iterable[int]) -> list[list[Piece]]:
    """The pieces by room, filled one after the other; a piece too large is cut, and its rest is money for no line.

    What finds no room at all is left out.
    """
    waiting, filled = deque(pieces), []
    for free in rooms:
        taken: list[Piece] = []
        # Free of charge goes with what is charged: a room that was never open takes nothing.
        while free and waiting:
            piece = waiting.popleft()
            taken.append(replace(piece, amount=min(piece.amount, free)))
            if piece.amount > free:
                waiting.appendleft(Piece(piece.amount - free))
            free -= taken[-1].amount
        filled.append(taken)
    for piece in waiting:
        if not piece.amount and filled:
            filled[-1].append(piece)
    return filled
