"""The states of a purchase order: one table of allowed moves, each noted in an append-only history."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shop.alerts.services import close_alerts
from shop.core.errors import InvalidTransition
from shop.suppliers.purchase_models import Channel, PurchaseOrder, PurchaseOrderNote

if TYPE_CHECKING:
    from shop.accounts.models import User

State = PurchaseOrder.State

MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SENT, State.CANCELLED}),
    # Goods may come before anybody confirmed them.
    State.SENT: frozenset({State.CONFIRMED, State.PARTLY_RECEIVED, State.RECEIVED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.PARTLY_RECEIVED, State.RECEIVED, State.CANCELLED}),
    State.PARTLY_RECEIVED: frozenset({State.PARTLY_RECEIVED, State.RECEIVED, State.CLOSED}),
    State.RECEIVED: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
    State.CANCELLED: frozenset(),
}


@dataclass(frozen=True)
class Who:
    """By which way something was done, and by whom where that is known."""

    channel: Channel = Channel.STAFF
    actor: "User | None" = None


def locked(order_id: int) -> PurchaseOrder:
    """The order, locked until the transaction ends; its stock rows come after it."""
    return PurchaseOrder.objects.locked().select_related("supplier", "location").get(pk=order_id)


def move(order: PurchaseOrder, to: State, what: str, who: Who, *also: str) -> None:
    """Write the order's new state, and other columns that were set with it, and note it.

    Wants the row locked. Raises InvalidTransition, with nothing changed, for a move that is not in the table.
    """
    before = State(order.state)
    if to not in MOVES[before]:
        raise InvalidTransition(f"{order.number} is {before.label.lower()}, so it cannot become {to.label.lower()}.")
    order.state = to
    order.save(update_fields=["state", "updated_at", *also])
    note(order, what, who, before)
    if to in (State.CANCELLED, State.CLOSED):
        for key in (order.proposal_alert, order.short_alert):
            close_alerts(key, actor=who.actor)


def note(order: PurchaseOrder, what: str, who: Who, before: str = "") -> None:
    """One line of the order's history; `before` where its state changed."""
    PurchaseOrderNote.objects.create(
        order=order,
        what=what[:200],
        from_state=before,
        to_state=order.state if before else "",
        channel=who.channel,
        actor=who.actor,
    )
