"""What an order's page says of sending something back."""

from dataclasses import dataclass
from datetime import date

from shop.orders.models import Order
from shop.returns.deadlines import last_day, refusal
from shop.returns.models import Return
from shop.returns.units import left_to_return

State, Kind = Return.State, Return.Kind

# What a customer reads of each state.
WORDS = {
    State.REQUESTED: ("We are looking at it", "warn"),
    State.APPROVED: ("Please send it", "warn"),
    State.DECLINED: ("Declined", "bad"),
    State.RECEIVED: ("It is here", "good"),
    State.CLOSED: ("Done", "good"),
    State.CANCELLED: ("Cancelled", ""),
}


@dataclass(frozen=True)
class Offered:
    """Whether, and until when, pieces of an order may be returned, and the contract be withdrawn from."""

    may_return: bool
    return_until: date | None
    may_withdraw: bool
    withdraw_until: date | None


def return_facts(order: Order) -> dict[str, object]:
    """For the page of an order: its returns, and what is offered."""
    found = [(row, *WORDS[State(row.state)]) for row in order.returns.order_by("pk")]
    replaces = Return.objects.filter(replacement=order).select_related("order").first()
    return {"returns": found, "offered": offered(order), "replaces": replaces}


def offered(order: Order) -> Offered:
    may = {kind: not refusal(order, kind) for kind in Kind}
    has_units = any(may.values()) and bool(left_to_return(order))
    return Offered(
        may[Kind.RETURN] and has_units,
        last_day(order, Kind.RETURN),
        may[Kind.WITHDRAWAL] and has_units,
        last_day(order, Kind.WITHDRAWAL),
    )
