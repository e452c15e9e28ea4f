"""Returns from the asking to the parcel on its way: asked for, approved, declined, given up.

Every writer locks the orders (of the return, of its replacement, of the first purchase), then payments, then the
return, then stock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from shop.accounts.models import User
from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.core.errors import InvalidTransition, ShopError
from shop.orders.models import Order, OrderLine
from shop.returns import exchanging, mails
from shop.returns.deadlines import refusal, was_sent
from shop.returns.models import Return, ReturnLine, ReturnStep
from shop.returns.units import left_to_return, paid_line
from shop.warehouse.services import OutOfStock

State, Kind, Reason, Wish = Return.State, Return.Kind, ReturnLine.Reason, ReturnLine.Wish

# What may follow what. A parcel may turn up after its return was given up; then it is received all the same.
MOVES: dict[str, frozenset[str]] = {
    State.REQUESTED: frozenset({State.APPROVED, State.DECLINED, State.CANCELLED}),
    State.APPROVED: frozenset({State.RECEIVED, State.CANCELLED}),
    State.CANCELLED: frozenset({State.RECEIVED}),
    State.RECEIVED: frozenset({State.CLOSED}),
    State.DECLINED: frozenset(),
    State.CLOSED: frozenset(),
}


class NotReturnable(ShopError):
    """This cannot be sent back; the message says why. Nothing was changed."""


@dataclass(frozen=True)
class Piece:
    """Units of an order line that shall come back. exchange_for: the variant wanted instead (its id); none: money."""

    order_line_id: int
    quantity: int
    reason: ReturnLine.Reason
    exchange_for: int | None = None


@dataclass(frozen=True)
class Ask:
    """What is asked, as the customer or a member of staff said it; key: of the form it came by."""

    pieces: Sequence[Piece]
    kind: Return.Kind = Kind.RETURN
    note: str = ""
    key: str = ""


@transaction.atomic
def ask(*, order: Order, wanted: Ask, actor: User | None = None, by_staff: bool = False) -> Return:
    """Write a return of these pieces, with the stock of what is exchanged held. The same key again finds it.

    A withdrawal needs nobody's consent: it is approved at once. So is what staff open, for whom no deadline holds: a
    piece may turn out faulty in the second year. Raises NotReturnable.
    """
    order = Order.objects.locked().get(pk=order.pk)
    if wanted.key and (made := Return.objects.filter(order=order, request_key=wanted.key).first()):
        return made
    if words := refusal_for_staff(order) if by_staff else refusal(order, wanted.kind):
        raise NotReturnable(words)
    if wanted.key and Return.objects.filter(request_key=wanted.key).exists():
        raise NotReturnable("This form was sent for another order. Please load the page again.")
    parent = write(order, wanted)
    note_step(parent, "", note="opened by staff" if by_staff else "", actor=actor)
    if by_staff:
        accept(parent, actor)
        mails.approved(parent)
    elif wanted.kind == Kind.WITHDRAWAL:
        accept(parent, actor=None)
        mails.withdrawn(parent)
    else:
        mails.asked(parent)
    return parent


@transaction.atomic
def open_undelivered(*, order: Order, actor: User | None, note: str = "", key: str = "") -> Return:
    """A parcel came back by itself: a return of all that is left of the order, approved. Raises NotReturnable."""
    order = Order.objects.locked().get(pk=order.pk)
    if key and (made := Return.objects.filter(order=order, request_key=key).first()):
        return made
    if words := refusal_for_staff(order):
        raise NotReturnable(words)
    pieces = [Piece(pk, units, Reason.UNDELIVERED) for pk, units in left_to_return(order).items()]
    if not pieces:
        raise NotReturnable("All of this order came back already, is on its way back, or was refunded.")
    parent = write(order, Ask(pieces, note=note, key=key))
    note_step(parent, "", note="came back undelivered", actor=actor)
    accept(parent, actor)
    return parent


def refusal_for_staff(order: Order) -> str:
    """Why staff can open no return; no deadline holds there."""
    if order.state != Order.State.PAID or not was_sent(order):
        return "Only what was paid and sent can come back."
    return ""


def write(order: Order, wanted: Ask) -> Return:
    """The rows of a return, checked. Raises NotReturnable."""
    lines = {line.pk: line for line in order.lines.select_related("variant")}
    check_units(wanted.pieces, left_to_return(order))
    parent = Return(order=order, kind=wanted.kind, note=wanted.note[:500])
    if wanted.key:
        parent.request_key = wanted.key
    if wanted.kind == Kind.WITHDRAWAL:
        parent.confirmed_at = parent.requested_at
    parent.save()
    rows = [return_line(parent, lines[piece.order_line_id], piece) for piece in wanted.pieces]
    ReturnLine.objects.bulk_create(rows)
    if exchanged := [row for row in rows if row.exchange_for]:
        try:
            exchanging.open_replacement(parent, exchanged)
        except OutOfStock as short:
            raise NotReturnable("A size you chose has just sold out. Please choose another, or a refund.") from short
        parent.save(update_fields=["replacement", "updated_at"])
    return parent


def check_units(pieces: Sequence[Piece], left: Mapping[int, int]) -> None:
    """Raise NotReturnable for nothing, for another order's lines, and for more than is left."""
    if not pieces:
        raise NotReturnable("Choose what you would like to send back.")
    if len({piece.order_line_id for piece in pieces}) < len(pieces):
        raise NotReturnable("Each piece can be listed once.")
    for piece in pieces:
        most = left.get(piece.order_line_id, 0)
        if not 0 < piece.quantity <= most:
            raise NotReturnable(
                f"Only {most} of these can still be sent back."
                if most
                else "These were sent back already, or are still to come."
            )


def return_line(parent: Return, line: OrderLine, piece: Piece) -> ReturnLine:
    """An unsaved line. Raises NotReturnable for an exchange that is none."""
    row = ReturnLine(parent=parent, order_line=line, quantity=piece.quantity, reason=piece.reason)
    if piece.exchange_for is not None:
        row.wish, row.exchange_for = Wish.EXCHANGE, size_for(line, piece)
    return row


def size_for(line: OrderLine, piece: Piece) -> ProductVariant:
    for variant in exchanging.sizes_for(line, piece.reason):
        if variant.pk == piece.exchange_for:
            return variant
    raise NotReturnable("That size cannot be had any more. Please choose another, or a refund.")


@transaction.atomic
def approve(*, parent: Return, actor: User | None) -> Return:
    """The customer may send it: they get the slip. Raises InvalidTransition."""
    parent = lock(parent)
    accept(parent, actor)
    mails.approved(parent)
    return parent


def accept(parent: Return, actor: User | None) -> None:
    """The same for a return that is locked, without the mail."""
    now = clock.now()
    parent.approved_at, parent.approved_by = now, actor
    parent.send_by = timezone.localdate(now) + timedelta(days=settings.RETURN_SEND_DAYS)
    move(parent, State.APPROVED, actor=actor)
    exchanging.hold_until(parent, exchanging.last_moment(parent))


@transaction.atomic
def decline(*, parent: Return, words: str, actor: User | None) -> Return:
    """It shall not come; words: why, for the customer to read. Raises ShopError or InvalidTransition."""
    if not words.strip():
        raise ShopError("Say why, for the customer to read.")
    parent = lock(parent)
    parent.answer = words.strip()[:300]
    move(parent, State.DECLINED, actor=actor)
    exchanging.give_back(parent, f"return {parent.number} was declined", actor)
    mails.declined(parent)
    return parent


@transaction.atomic
def cancel(*, parent: Return, reason: str, actor: User | None = None) -> Return:
    """It will not come after all; what staff (actor) give up its customer is told. Given up before, nothing changes.

    Raises InvalidTransition, for a withdrawal too: it was declared, and only its time can end it.
    """
    parent = lock(parent)
    if parent.state != State.CANCELLED:
        if parent.kind == Kind.WITHDRAWAL:
            raise InvalidTransition(f"{parent.number} is a withdrawal: its customer has declared it, so it stands.")
        move(parent, State.CANCELLED, note=reason, actor=actor)
        exchanging.give_back(parent, f"return {parent.number}: {reason}", actor)
        if actor:
            mails.cancelled(parent)
    return parent


def cancel_overdue() -> int:
    """Give up approved returns that did not come in time; how many. The post gets some days on top."""
    latest = clock.now() - timedelta(days=settings.RETURN_POST_DAYS)
    given_up = 0
    for parent in Return.objects.overdue(latest).order_by("pk")[:200]:
        with transaction.atomic():
            parent = lock(parent)
            if parent.state == State.APPROVED:
                move(parent, State.CANCELLED, note="it did not come in time")
                exchanging.give_back(parent, f"return {parent.number} did not come in time")
                mails.overdue(parent)
                given_up += 1
    return given_up


def lock(parent: Return) -> Return:
    """The return, locked after the orders it touches."""
    lock_orders(parent)
    return Return.objects.locked().select_related("order", "replacement").get(pk=parent.pk)


def lock_orders(parent: Return) -> list[Order]:
    """The orders that a return touches, locked: its own, those it replaces, the one that replaces it."""
    ids = {parent.order_id, paid_line(parent.lines.all()[0].order_line).order_id}
    if parent.replacement_id:
        ids.add(parent.replacement_id)
    return list(Order.objects.locked().filter(pk__in=ids))


def move(parent: Return, to: Return.State, *, note: str = "", actor: User | None = None) -> None:
    """Bring the return (locked by the caller) into another state, saved whole, and note it in its history.

    Raises InvalidTransition for what MOVES does not list; then nothing has changed.
    """
    before = parent.state
    if to not in MOVES[before]:
        label = parent.get_state_display().lower()
        raise InvalidTransition(f"Return {parent.number} is {label} already, so nothing was done.")
    parent.state = to
    parent.save()
    note_step(parent, before, note=note, actor=actor)


def note_step(parent: Return, before: str, *, note: str = "", actor: User | None = None) -> None:
    ReturnStep.objects.create(
        parent=parent, from_state=before, to_state=parent.state, note=note[:200], actor=actor, at=clock.now()
    )
