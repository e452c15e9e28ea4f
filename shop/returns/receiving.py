"""The parcel is here: what was found in it, where that goes, and the exchange that it sets going."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from shop.accounts.models import User
from shop.core import clock
from shop.core.errors import ShopError
from shop.events.services import emit
from shop.returns import exchanging, mails
from shop.returns.models import Return, ReturnLine
from shop.returns.services import lock, move
from shop.returns.units import left_to_return
from shop.warehouse.coming_back import come_back

State, Wish = Return.State, ReturnLine.Wish


@dataclass(frozen=True)
class Grade:
    """Units of a line found fit for sale, and damaged; the rest of what was announced is missing."""

    fit: int = 0
    damaged: int = 0

    @property
    def found(self) -> int:
        return self.fit + self.damaged


@transaction.atomic
def receive(*, parent: Return, grades: Mapping[int, Grade], actor: User | None) -> Return:
    """Write what was found (by return line id), bring it into stock, and send or give back what was to be exchanged.

    The money waits for settle(). Raises ShopError or InvalidTransition, with nothing changed.
    """
    parent = lock(parent)
    lines = list(parent.lines.select_related("order_line").order_by("pk"))
    check(parent, lines, grades)
    for line in lines:
        grade = grades.get(line.pk, Grade())
        line.restocked, line.damaged = grade.fit, grade.damaged
        line.missing = line.quantity - grade.found
        line.save(update_fields=["restocked", "damaged", "missing"])
    parent.received_at, parent.received_by = clock.now(), actor
    move(parent, State.RECEIVED, actor=actor)
    come_back(
        fit={line.order_line_id: line.restocked for line in lines if line.restocked},
        damaged={line.order_line_id: line.damaged for line in lines if line.damaged},
        document=parent.number,
        reason=f"return of order {parent.order.number}",
        actor=actor,
    )
    exchange(parent, lines, actor)
    detail = {"order_id": parent.order_id, "number": parent.order.number}
    emit("ReturnReceived", {**detail, "return_id": parent.pk, "return_number": parent.number})
    mails.received(parent)
    return parent


def check(parent: Return, lines: list[ReturnLine], grades: Mapping[int, Grade]) -> None:
    """Raise ShopError for nothing at all, for more than was announced, and for what is back already."""
    if not set(grades) <= {line.pk for line in lines}:
        raise ShopError("These are not lines of this return.")
    if not any(grade.found for grade in grades.values()):
        raise ShopError("Nothing was found in it: then there is nothing to receive.")
    # While it was given up, its pieces were free for another return; nothing at all may be left of them.
    late = left_to_return(parent.order) if parent.state == State.CANCELLED else None
    for line in lines:
        grade = grades.get(line.pk, Grade())
        if grade.fit < 0 or grade.damaged < 0 or grade.found > line.quantity:
            raise ShopError(f"{line.order_line.sku}: {line.quantity} were announced, not {grade.found}.")
        if late is not None and grade.found > late.get(line.order_line_id, 0):
            raise ShopError(f"{line.order_line.sku}: these came back with another return already, or were refunded.")


def exchange(parent: Return, lines: list[ReturnLine], actor: User | None) -> None:
    """All exchanged pieces came as they should: the others are sent. Otherwise there is no exchange but money."""
    swapped = [line for line in lines if line.wish == Wish.EXCHANGE]
    if not swapped:
        return
    if all(line.accepted == line.quantity for line in swapped):
        exchanging.send_replacement(parent, actor)
    else:
        exchanging.give_back(parent, f"return {parent.number} did not come as announced", actor)
