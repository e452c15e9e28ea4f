"""Some of the demo's delivered orders come back, one return for each state that staff work with."""

from collections.abc import Callable
from dataclasses import dataclass

from shop.adapters.payments import RefundState
from shop.core.errors import ShopError
from shop.orders.models import Order
from shop.payments import refunds
from shop.payments.models import Refund
from shop.returns import services
from shop.returns.deadlines import refusal
from shop.returns.exchanging import sizes_for
from shop.returns.fit import refresh_fits
from shop.returns.models import Return, ReturnLine
from shop.returns.receiving import Grade, receive
from shop.returns.services import Ask, Piece
from shop.returns.settling import settle

Reason = ReturnLine.Reason
LOOKED_AT = 40


@dataclass(frozen=True)
class Story:
    """A return of one piece, and how far it has come."""

    reason: ReturnLine.Reason
    go_on: Callable[[Return], object]
    note: str = ""
    swaps: bool = False


def make_returns() -> None:
    """A return for each story, of the orders delivered last. The caller holds a transaction."""
    recent = Order.objects.filter(fulfilment_state=Order.FulfilmentState.DELIVERED, state=Order.State.PAID)
    orders = (order for order in recent.order_by("-delivered_at", "pk")[:LOOKED_AT] if not too_late(order))
    for story in STORIES:
        for order in orders:
            if parent := asked(order, story):
                story.go_on(parent)
                break
    refresh_fits()


def too_late(order: Order) -> str:
    return refusal(order, Return.Kind.RETURN)


def asked(order: Order, story: Story) -> Return | None:
    """The return that was asked for; None where the order has nothing of which the story could be told."""
    line = order.lines.select_related("variant").order_by("pk")[0]
    sizes = sizes_for(line) if story.swaps else []
    if story.swaps and not sizes:
        return None
    piece = Piece(line.pk, 1, story.reason, sizes[0].pk if sizes else None)
    try:
        return services.ask(order=order, wanted=Ask([piece], note=story.note))
    except ShopError:
        return None


def stays(parent: Return) -> None:
    """Nobody has looked at it."""


def approved(parent: Return) -> Return:
    return services.approve(parent=parent, actor=None)


def declined(parent: Return) -> Return:
    words = "It was worn for some weeks, and the collar shows it. We are glad to mend it."
    return services.decline(parent=parent, words=words, actor=None)


def arrived(parent: Return) -> Return:
    """It was opened, and all is as it was announced."""
    parent = approved(parent)
    return receive(parent=parent, grades={parent.lines.get().pk: Grade(fit=1)}, actor=None)


def settled(parent: Return) -> None:
    """It is closed. No provider knows the demo's payments, so what it would say of a refund is written down here."""
    for refund in settle(parent=arrived(parent), actor=None):
        refunds.record(refund.attempt, paid_back(refund))


def paid_back(refund: Refund) -> RefundState:
    return RefundState(
        refund_id=f"re_demo_{refund.attempt.order.number}",
        status=Refund.State.SUCCEEDED,
        amount=refund.amount,
        currency=refund.currency,
        intent_id=refund.attempt.intent_id,
        reference=str(refund.pk),
    )


STORIES = (
    Story(Reason.TOO_SMALL, settled),
    Story(Reason.TOO_SMALL, settled, swaps=True),
    Story(Reason.CHANGED_MIND, declined),
    Story(Reason.NOT_AS_SHOWN, arrived, "The colour is darker than in the picture."),
    Story(Reason.FAULTY, approved, "A seam came open on the first day."),
    Story(Reason.TOO_SMALL, stays, "I am between two sizes.", swaps=True),
    Story(Reason.TOO_LARGE, approved, swaps=True),
    Story(Reason.CHANGED_MIND, stays),
)
