"""Units between two locations: asked for, sent, received or called back. In transit they are at neither.

The transfer's row is locked first, then the levels of its variants.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from simple_history.utils import bulk_update_with_history

from shop.alerts.models import Alert
from shop.alerts.services import raise_alert
from shop.core import clock
from shop.core.errors import ShopError
from shop.events.services import emit
from shop.warehouse import levels as stock
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import StockLevel, StockLocation, StockMovement
from shop.warehouse.moving_models import Transfer, TransferLine

if TYPE_CHECKING:
    from shop.accounts.models import User

State = Transfer.State
# The states a transfer may go to from each.
MOVES: dict[str, tuple[str, ...]] = {
    State.DRAFT: (State.IN_TRANSIT, State.CANCELLED),
    State.IN_TRANSIT: (State.RECEIVED, State.CANCELLED),
    State.RECEIVED: (),
    State.CANCELLED: (),
}


@dataclass(frozen=True)
class Arrived:
    """What came of one line. The rest of what was sent did not come."""

    received: int
    damaged: int = 0


@transaction.atomic
def send(*, transfer: Transfer, actor: "User | None") -> Transfer:
    """The units leave their location. Raises ShopError, with nothing changed, unless all of them are free there."""
    transfer = _moving(transfer, State.IN_TRANSIT)
    lines = list(transfer.lines.select_related("variant"))
    if not lines:
        raise ShopError("Say first what is to be sent.")
    rows = stock.lock(line.variant_id for line in lines)
    here = {row.variant_id: row for row in rows if row.location_id == transfer.source_id}
    short = [line for line in lines if line.variant_id not in here or here[line.variant_id].free < line.quantity]
    if short:
        free = {line.variant_id: here[line.variant_id].free if line.variant_id in here else 0 for line in short}
        words = "; ".join(f"{line.variant.sku}: {free[line.variant_id]} of {line.quantity} are free" for line in short)
        raise ShopError(f"Not all of it can leave {transfer.source}: {words}.")
    changes = [Change(here[line.variant_id].pk, on_hand=-line.quantity) for line in lines]
    stock.apply(rows, changes, _cause(transfer, f"sent to {transfer.destination}", actor))
    transfer.sent_at = clock.now()
    return _saved(transfer, "sent_at")


@transaction.atomic
def receive(*, transfer: Transfer, arrived: Mapping[int, Arrived], actor: "User | None") -> Transfer:
    """What arrived, by line; a line that is not named arrived whole. What is missing raises an alert.

    Raises ShopError, with nothing changed, where more arrived than was sent.
    """
    transfer = _moving(transfer, State.RECEIVED)
    lines = list(transfer.lines.select_related("variant"))
    for line in lines:
        came = arrived.get(line.pk, Arrived(line.quantity))
        if min(came.received, came.damaged) < 0 or came.received + came.damaged > line.quantity:
            raise ShopError(f"{line.quantity} of {line.variant.sku} were sent, so no more can arrive.")
        line.received, line.damaged = came.received, came.damaged
    bulk_update_with_history(lines, TransferLine, ["received", "damaged"])
    into = _levels_at(transfer.destination, [line.variant_id for line in lines])
    rows = stock.lock(into)
    came_here = [line for line in lines if line.received or line.damaged]
    changes = [Change(into[line.variant_id], on_hand=line.received, damaged=line.damaged) for line in came_here]
    stock.apply(rows, changes, _cause(transfer, f"came from {transfer.source}", actor))
    _tell_missing(transfer, [line for line in lines if line.received + line.damaged < line.quantity])
    emit("StockReceived", {"document": transfer.number, "variant_ids": sorted(into)})
    transfer.received_at = clock.now()
    return _saved(transfer, "received_at")


@transaction.atomic
def cancel(*, transfer: Transfer, actor: "User | None") -> Transfer:
    """A draft is dropped; what is in transit goes back to where it came from."""
    was_sent = transfer.state != State.DRAFT
    transfer = _moving(transfer, State.CANCELLED)
    if was_sent != (transfer.sent_at is not None):
        raise ShopError(f"{transfer} was sent meanwhile. Look at it again.")
    if transfer.sent_at:
        lines = list(transfer.lines.all())
        back = _levels_at(transfer.source, [line.variant_id for line in lines])
        rows = stock.lock(back)
        changes = [Change(back[line.variant_id], on_hand=line.quantity) for line in lines]
        stock.apply(rows, changes, _cause(transfer, "called back", actor))
        emit("StockReceived", {"document": transfer.number, "variant_ids": sorted(back)})
    return _saved(transfer)


def _moving(transfer: Transfer, target: Transfer.State) -> Transfer:
    """The row, locked, in its new state (not saved yet). Raises ShopError where it may not go there."""
    row = Transfer.objects.select_for_update(of=("self",)).select_related("source", "destination").get(pk=transfer.pk)
    if target not in MOVES[row.state]:
        raise ShopError(f"{row} is {row.get_state_display().lower()} already.")
    row.state = target
    return row


def _saved(transfer: Transfer, *fields: str) -> Transfer:
    transfer.save(update_fields=["state", "updated_at", *fields])
    return transfer


def _levels_at(location: StockLocation, variant_ids: list[int]) -> dict[int, int]:
    """The level of each variant at that location, made where there is none yet."""
    new = [StockLevel(variant_id=variant, location=location) for variant in variant_ids]
    StockLevel.objects.bulk_create(new, ignore_conflicts=True)
    found = StockLevel.objects.filter(location=location, variant_id__in=variant_ids)
    return dict(found.values_list("variant_id", "pk"))


def _cause(transfer: Transfer, reason: str, actor: "User | None") -> Cause:
    return Cause(StockMovement.Kind.TRANSFER, transfer.number, reason, actor)


def _tell_missing(transfer: Transfer, lines: list[TransferLine]) -> None:
    if lines:
        gone = [(line.quantity - line.received - line.damaged, line.variant.sku) for line in lines]
        raise_alert(
            key=f"transfer-missing:{transfer.pk}",
            title=f"Transfer {transfer}: {', '.join(f'{units} x {sku}' for units, sku in gone)} did not arrive",
            advice=f"They left {transfer.source} and did not come to {transfer.destination}. Look for them at both "
            "places; what turns up goes into the stock by a correction of its level, with this transfer's number.",
            area=Alert.Area.STOCK,
        )
