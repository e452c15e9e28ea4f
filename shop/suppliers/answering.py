"""What a supplier says about a purchase order, by whichever way: confirmed, proposed otherwise, sent out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from shop.alerts.models import Alert
from shop.alerts.services import close_alerts, raise_alert
from shop.core import clock
from shop.core.errors import ShopError
from shop.suppliers.expected import tell_pages
from shop.suppliers.moves import State, Who, locked, move, note
from shop.suppliers.purchase_models import Channel, PurchaseOrder, PurchaseOrderLine, PurchaseProposal
from shop.suppliers.redating import redate
from shop.suppliers.telling import mail_answers, tell_short

if TYPE_CHECKING:
    from shop.accounts.models import User

# No supplier promises anything later; a day beyond it is a typing mistake.
FURTHEST = timedelta(days=730)
MOST_COST = 10**10


@dataclass(frozen=True)
class LineAnswer:
    """What one line will be: units that come, and the day on which they arrive (None where none come)."""

    line_id: int
    quantity: int
    arrives_on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class Proposed:
    """A change of one line that the supplier asks for. unit_cost: minor units of the order's currency."""

    line_id: int
    quantity: int
    unit_cost: int
    arrives_on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class ShipNotice:
    """The goods have left. arrives_on: when they are here, if the supplier says so."""

    shipped_on: date
    tracking: str = ""
    arrives_on: date | None = None


class AnswerRefused(ShopError):
    """Nothing was written; `problems` has the reason for each line (by id) that needs another look."""

    def __init__(self, problems: Mapping[int, str]) -> None:
        super().__init__(next(iter(problems.values())))
        self.problems = dict(problems)


def over(order: PurchaseOrder) -> ShopError:
    return ShopError(f"Purchase order {order.number} is {order.get_state_display().lower()}.")


@transaction.atomic
def confirm(order_id: int, answers: Sequence[LineAnswer], who: Who) -> PurchaseOrder:
    """The supplier will send so much of each line. The same answer once more changes nothing.

    Raises AnswerRefused with nothing changed where a line is missing, is more than was ordered or has no possible day;
    ShopError where the order cannot be confirmed (any more).
    """
    order = locked(order_id)
    lines = {line.pk: line for line in order.lines.select_for_update(of=("self",)).select_related("variant")}
    if order.state in (State.CONFIRMED, State.PARTLY_RECEIVED) and says_the_same(lines, answers):
        return order
    if order.state == State.CONFIRMED:
        raise ShopError(f"{order.number} is confirmed already. Propose a change instead.")
    if order.state != State.SENT:
        raise over(order)
    if problems := problems_with(lines, answers):
        raise AnswerRefused(problems)
    for answer in answers:
        line = lines[answer.line_id]
        line.confirmed_quantity, line.confirmed_on = answer.quantity, answer.arrives_on if answer.quantity else None
        line.supplier_note = answer.note[:300]
    told = ["confirmed_quantity", "confirmed_on", "supplier_note"]
    bulk_update_with_history(list(lines.values()), PurchaseOrderLine, told)
    order.confirmed_at, order.saved_answer = clock.now(), {}
    move(order, State.CONFIRMED, in_words(lines.values()), who, "confirmed_at", "saved_answer")
    if who.actor is None:
        tell_short(order, lines.values())
    tell_changed(order)
    return order


def tell_changed(order: PurchaseOrder) -> None:
    """What is expected of the order is another: its products' pages say so, and whoever waits for it hears."""
    tell_pages(order)
    redate(order)


def says_the_same(lines: Mapping[int, PurchaseOrderLine], answers: Sequence[LineAnswer]) -> bool:
    said = {(a.line_id, a.quantity, a.arrives_on if a.quantity else None) for a in answers}
    return said == {(line.pk, line.confirmed_quantity, line.confirmed_on) for line in lines.values()}


def problems_with(lines: Mapping[int, PurchaseOrderLine], answers: Sequence[LineAnswer]) -> dict[int, str]:
    """Why each line's answer cannot be taken. An answer for a line of another order counts as one too many."""
    by_line = {answer.line_id: answer for answer in answers}
    problems = {pk: "This line is not on this order." for pk in by_line if pk not in lines}
    if len(by_line) < len(answers):
        problems |= {answer.line_id: "This line was answered twice." for answer in answers}
    for pk, line in lines.items():
        if pk not in by_line:
            problems[pk] = "Say how many you can send, 0 if none."
        elif words := problem_with(line, by_line[pk]):
            problems[pk] = words
    return problems


def problem_with(line: PurchaseOrderLine, answer: LineAnswer) -> str:
    if answer.quantity > line.quantity:
        return f"{line.quantity} at most: that many were ordered."
    if answer.quantity < 0:
        return "Say how many you can send, 0 if none."
    return problem_with_day(answer.arrives_on, needed=answer.quantity > 0)


def problem_with_day(day: date | None, *, needed: bool) -> str:
    """Why goods cannot arrive then; empty where they can."""
    today = timezone.localdate()
    if day is None:
        return "Say when they arrive with us." if needed else ""
    if day < today:
        return "This day has passed already."
    return "This day is more than two years away." if day > today + FURTHEST else ""


def in_words(lines: Iterable[PurchaseOrderLine]) -> str:
    lines = list(lines)
    units = sum(line.confirmed_quantity or 0 for line in lines)
    return f"Confirmed {units} of {sum(line.quantity for line in lines)} units"


@transaction.atomic
def propose(order_id: int, proposals: Sequence[Proposed], who: Who) -> PurchaseOrder:
    """The supplier asks for changes; staff accept or refuse each. A newer proposal for a line takes the older's place.

    Raises AnswerRefused with nothing changed, ShopError for an order that is over.
    """
    order = locked(order_id)
    if order.state not in PurchaseOrder.EXPECTED:
        raise over(order)
    lines = {line.pk: line for line in order.lines.select_for_update()}
    if problems := problems_with_proposals(lines, proposals):
        raise AnswerRefused(problems)
    for proposal in proposals:
        fields = {
            "quantity": proposal.quantity,
            "unit_cost": proposal.unit_cost,
            "arrives_on": proposal.arrives_on,
            "note": proposal.note[:300],
            "channel": who.channel,
            "created_at": clock.now(),
        }
        line = lines[proposal.line_id]
        PurchaseProposal.objects.update_or_create(line=line, state=PurchaseProposal.State.OPEN, defaults=fields)
    words = f"{len(proposals)} line{'s' * (len(proposals) != 1)}"
    note(order, f"Asks for changes of {words}", who)
    raise_alert(
        key=order.proposal_alert,
        title=f"{order.supplier.name} proposes changes of {words} of {order.number}",
        advice="Compare them with what was ordered on the purchase order's page, and take over or refuse each.",
        area=Alert.Area.STOCK,
    )
    return order


def problems_with_proposals(lines: Mapping[int, PurchaseOrderLine], proposals: Sequence[Proposed]) -> dict[int, str]:
    problems = {}
    for proposal in proposals:
        line = lines.get(proposal.line_id)
        if line is None:
            problems[proposal.line_id] = "This line is not on this order."
        elif not line.received + line.damaged <= proposal.quantity <= 10 * line.quantity:
            low = line.received + line.damaged
            problems[line.pk] = f"Propose between {low} and {10 * line.quantity} units."
        elif not 0 <= proposal.unit_cost <= MOST_COST:
            problems[line.pk] = "Propose another price."
        elif words := problem_with_day(proposal.arrives_on, needed=False):
            problems[line.pk] = words
    return problems


@transaction.atomic
def answer_proposal(proposal_id: int, *, accept: bool, actor: "User | None") -> PurchaseProposal:
    """Staff accept a proposal, which changes its line, or refuse it. Raises ShopError for one that is answered."""
    order_id = PurchaseProposal.objects.values_list("line__order_id", flat=True).get(pk=proposal_id)
    order = locked(order_id)
    proposal = PurchaseProposal.objects.select_related("line").get(pk=proposal_id)
    if proposal.state != PurchaseProposal.State.OPEN:
        raise ShopError(f"This proposal is {proposal.get_state_display().lower()} already.")
    if order.state not in PurchaseOrder.EXPECTED:
        raise over(order)
    if accept:
        change_line(proposal.line, proposal)
    states = PurchaseProposal.State
    proposal.state = states.ACCEPTED if accept else states.REFUSED
    proposal.answered_at, proposal.answered_by = clock.now(), actor
    proposal.save(update_fields=["state", "answered_at", "answered_by"])
    done = "Accepted" if accept else "Refused"
    note(order, f"{done}: {proposal.quantity} of {proposal.line.description}", Who(Channel.STAFF, actor))
    if not PurchaseProposal.objects.filter(line__order=order, state=states.OPEN).exists():
        close_alerts(order.proposal_alert, actor=actor)
        mail_answers(order)
    tell_changed(order)
    return proposal


@transaction.atomic
def write_down(order_id: int, answers: Sequence[LineAnswer], who: Who) -> PurchaseOrder:
    """What staff heard from the supplier: its confirmation or, once confirmed, other units and days of some lines.

    These are kept as proposals that are accepted. The same once more changes nothing. Raises as confirm() does.
    """
    order = locked(order_id)
    if order.state == State.SENT:
        return confirm(order_id, answers, who)
    if order.state not in PurchaseOrder.EXPECTED:
        raise over(order)
    lines = {line.pk: line for line in order.lines.select_for_update()}
    changed = [answer for answer in answers if answer.line_id not in lines or is_new(lines[answer.line_id], answer)]
    found = {answer.line_id: problem_with_news(lines.get(answer.line_id), answer) for answer in changed}
    if problems := {pk: words for pk, words in found.items() if words}:
        raise AnswerRefused(problems)
    for answer in changed:
        agree(lines[answer.line_id], answer, who)
    if changed:
        note(order, f"Says otherwise of {len(changed)} line{'s' * (len(changed) != 1)}", who)
        tell_changed(order)
    return order


def is_new(line: PurchaseOrderLine, answer: LineAnswer) -> bool:
    known = line.quantity if line.confirmed_quantity is None else line.confirmed_quantity
    return (answer.quantity, answer.arrives_on) != (known, line.confirmed_on)


def problem_with_news(line: PurchaseOrderLine | None, answer: LineAnswer) -> str:
    if line is None:
        return "This line is not on this order."
    if answer.quantity < (came := line.received + line.damaged):
        return f"{came} of these have come already."
    if answer.quantity == came:
        return ""
    return problem_with(line, answer)


def agree(line: PurchaseOrderLine, answer: LineAnswer, who: Who) -> None:
    """The line becomes what staff agreed with the supplier."""
    proposal = PurchaseProposal.objects.create(
        line=line,
        state=PurchaseProposal.State.ACCEPTED,
        quantity=answer.quantity,
        unit_cost=line.unit_cost,
        arrives_on=answer.arrives_on,
        note=answer.note[:300],
        channel=who.channel,
        answered_at=clock.now(),
        answered_by=who.actor,
    )
    change_line(line, proposal)


def change_line(line: PurchaseOrderLine, proposal: PurchaseProposal) -> None:
    """The line becomes what was proposed. More than was ordered raises the order itself."""
    if proposal.quantity < line.received + line.damaged:
        raise ShopError(f"{line.received + line.damaged} of these have come already.")
    line.quantity = max(line.quantity, proposal.quantity)
    line.confirmed_quantity, line.unit_cost = proposal.quantity, proposal.unit_cost
    line.confirmed_on = proposal.arrives_on or line.confirmed_on
    line.save(update_fields=["quantity", "confirmed_quantity", "unit_cost", "confirmed_on"])


@transaction.atomic
def ship_notice(order_id: int, notice: ShipNotice, who: Who) -> PurchaseOrder:
    """The supplier has sent the goods. The same notice once more changes nothing.

    Raises ShopError for a day that cannot be, or an order that nothing is expected of.
    """
    order = locked(order_id)
    if order.state not in PurchaseOrder.EXPECTED:
        raise over(order)
    if not timezone.localdate() - FURTHEST <= notice.shipped_on <= timezone.localdate() + timedelta(days=1):
        raise ShopError("Say on which day they left; it cannot be in the future.")
    if words := problem_with_day(notice.arrives_on, needed=False):
        raise ShopError(words)
    told = (notice.shipped_on, notice.tracking[:80])
    lines = order.lines.outstanding()
    same_day = not notice.arrives_on or not lines.exclude(confirmed_on=notice.arrives_on).exists()
    if told == (order.shipped_on, order.tracking) and same_day:
        return order
    order.shipped_on, order.tracking = told
    order.save(update_fields=["shipped_on", "tracking", "updated_at"])
    if notice.arrives_on:
        coming = list(lines)
        for line in coming:
            line.confirmed_on = notice.arrives_on
        bulk_update_with_history(coming, PurchaseOrderLine, ["confirmed_on"])
        tell_changed(order)
    note(order, f"Sent out on {notice.shipped_on.isoformat()} {notice.tracking[:80]}".strip(), who)
    return order


@transaction.atomic
def save_for_later(order_id: int, typed: dict[str, str]) -> None:
    """Keep what stands in the fields, right or wrong. Raises ShopError once it is answered."""
    order = locked(order_id)
    if order.state != State.SENT:
        raise over(order)
    order.saved_answer = typed
    order.save(update_fields=["saved_answer", "updated_at"])
