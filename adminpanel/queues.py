"""The work that waits on the staff home: piles by job, each made of sources that the person's rights open.

A source only says where its rows come from and what of them is told; which rows wait is decided by a method of the
domain's QuerySet. All sources are read by one query, each at most BOUND rows of it: nothing is counted to its end.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import DateField, DateTimeField, F, Min, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from adminpanel.alerts_admin import alerts_for
from shop.core import clock
from shop.delivery.shipment_models import Shipment
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.packing.models import PackingTask
from shop.payments.models import Dispute, PaymentAttempt, Refund
from shop.returns.models import Return
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseOrderLine, PurchaseProposal
from shop.warehouse.moving_models import BackOrder, StockCount, Transfer

BOUND = 100
# The oldest of a pile that are named.
NAMED = 3

PACK, SHIP, RECEIVE, APPROVE, ANSWER, WATCH = "pack", "ship", "receive", "approve", "answer", "watch"
# What a pile is called, what to do with it, and what is said of an empty one.
PILES: dict[str, tuple[str, str, str]] = {
    PACK: ("To pack", "Start packing", "Nothing to pack."),
    SHIP: ("To ship", "Hand them over", "Every packed parcel has left."),
    RECEIVE: ("To receive", "Book in", "Nothing is on its way to us."),
    APPROVE: ("To approve", "Decide", "Nothing waits for a decision."),
    ANSWER: ("To answer", "Answer", "Nobody waits for an answer."),
    WATCH: ("To watch", "Look at them", "Nothing is stuck."),
}


@dataclass(frozen=True)
class Source:
    """One list of a pile. label, since, due and page are fields of its rows, as a query names them.

    rights: all that the person must hold. shown: the list's address and what follows the question mark. page: the key
    of the row whose page (of `model`) opens. due: the day it should be done by, where it has one.
    """

    pile: str
    name: str
    rights: tuple[str, ...]
    rows: Callable[[Any], QuerySet[Any]]
    label: str
    since: str
    model: str
    shown: str = ""
    due: Any = None
    page: str = "pk"

    @property
    def link(self) -> str:
        return reverse(f"admin:shop_{self.model}_changelist") + self.shown

    def query(self, key: int, user: Any) -> QuerySet[Any, Any]:
        """Its most urgent rows, in the columns that all sources have."""
        due = F(self.due) if isinstance(self.due, str) else self.due or Value(None)
        rows: Any = self.rows(user).annotate(
            q_source=Value(key),
            q_page=Cast(F(self.page), TextField()),
            q_label=Cast(F(self.label), TextField()),
            q_since=Cast(F(self.since), DateTimeField()),
            q_due=Cast(due, DateField()),
        )
        urgent: QuerySet[Any, Any] = rows.order_by(F("q_due").asc(nulls_last=True), "q_since", "pk")[:BOUND]
        return urgent.values_list("q_source", "q_page", "q_label", "q_since", "q_due")


def first_arrival() -> Subquery:
    """The first day for which the supplier confirmed something of a purchase order."""
    lines = PurchaseOrderLine.objects.filter(order=OuterRef("pk"), confirmed_on__isnull=False).order_by()
    return Subquery(lines.values("order").annotate(first=Min("confirmed_on")).values("first"))


def rows_of(model: Any, choose: str) -> Callable[[Any], QuerySet[Any]]:
    """What a method of the model's QuerySet chooses, whoever asks."""
    return lambda user: getattr(model.objects, choose)()


MONEY_BACK = ("shop.view_order", "shop.add_refund")
BUYING = ("shop.view_purchaseorder", "shop.change_purchaseorder")
SOURCES = (
    Source(
        PACK, "Parcels", ("shop.change_packingtask",), rows_of(PackingTask, "open"),
        "order__number", "created_at", "packingtask", due="send_by",
    ),
    Source(
        SHIP, "Parcels", ("shop.change_shipment",), rows_of(Shipment, "to_ship"),
        "number", "packed_at", "shipment", "?state__exact=packed",
    ),
    Source(
        RECEIVE, "Purchase orders", ("shop.view_purchaseorder", "shop.add_goodsreceipt"),
        rows_of(PurchaseOrder, "expected"), "number", "sent_at", "purchaseorder",
        "?state__in=sent,confirmed,partly-received", due=first_arrival(),
    ),
    Source(
        RECEIVE, "Transfers", ("shop.change_transfer",), rows_of(Transfer, "on_their_way"),
        "number", "sent_at", "transfer", "?state__exact=in-transit", due="expected_on",
    ),
    Source(
        RECEIVE, "Returns", ("shop.view_return", "shop.change_return"), rows_of(Return, "on_their_way"),
        "number", "approved_at", "return", "?state__exact=approved", due="send_by",
    ),
    Source(
        APPROVE, "Returns asked", ("shop.view_return", "shop.add_return"), rows_of(Return, "to_approve"),
        "number", "requested_at", "return", "?state__exact=requested",
    ),
    Source(
        APPROVE, "Returns to pay back", ("shop.view_return", "shop.add_refund"), rows_of(Return, "to_settle"),
        "number", "received_at", "return", "?state__exact=received",
    ),
    Source(
        APPROVE, "Purchase orders drafted", BUYING, rows_of(PurchaseOrder, "drafts"),
        "number", "created_at", "purchaseorder", "?state__exact=draft",
    ),
    Source(
        APPROVE, "Stock counts", ("shop.change_stockcount", "shop.change_stocklevel"),
        rows_of(StockCount, "to_approve"), "number", "updated_at", "stockcount", "?state__exact=counted",
    ),
    Source(
        APPROVE, "Orders in review", MONEY_BACK, rows_of(Order, "in_review"),
        "number", "placed_at", "order", "?state__exact=review",
    ),
    Source(
        APPROVE, "Payments in review", ("shop.change_paymentattempt",), rows_of(PaymentAttempt, "in_review"),
        "order__number", "created_at", "paymentattempt", "?state__exact=review",
    ),
    Source(
        ANSWER, "Supplier proposals", BUYING, rows_of(PurchaseProposal, "open"),
        "line__order__number", "created_at", "purchaseorder", "?proposals=open", page="line__order_id",
    ),
    Source(
        ANSWER, "Disputes", ("shop.view_dispute", "shop.change_paymentattempt"), rows_of(Dispute, "open"),
        "attempt__order__number", "created_at", "dispute", "?closed_at__isempty=1",
    ),
    Source(
        ANSWER, "Alerts", ("shop.change_alert",), lambda user: alerts_for(user).open(),
        "title", "raised_at", "alert", "?state=open",
    ),
    Source(
        WATCH, "Payments overdue", ("shop.view_order", "shop.change_paymentattempt"),
        lambda user: Order.objects.overdue(clock.now()), "number", "hold_until", "order", "?overdue=yes",
    ),
    Source(
        WATCH, "Refunds on their way", ("shop.view_refund", "shop.change_paymentattempt"),
        rows_of(Refund, "unfinished"), "attempt__order__number", "created_at", "refund", "?state__in=requested,pending",
    ),
    Source(
        WATCH, "Back orders late", ("shop.view_backorder", *MONEY_BACK),
        lambda user: BackOrder.objects.late(timezone.localdate()), "order_line__order__number", "created_at",
        "backorder", "?late=yes", due="promised_on",
    ),
    Source(
        WATCH, "Mails not sent", ("shop.change_outgoingmail",), rows_of(OutgoingMail, "given_up"),
        "subject", "created_at", "outgoingmail", "?state__exact=failed",
    ),
    Source(
        WATCH, "Events given up", ("shop.change_outboxevent",), rows_of(OutboxEvent, "given_up"),
        "name", "created_at", "outboxevent", "?state__exact=dead",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Waiting:
    """One row that waits."""

    label: str
    link: str
    age: str
    due: date | None
    is_late: bool


@dataclass
class Part:
    """What one source has for a pile; count stops at BOUND."""

    name: str
    link: str
    count: int = 0

    @property
    def number(self) -> str:
        return bounded(self.count)


@dataclass
class Queue:
    """One pile of work."""

    key: str
    name: str
    go: str
    empty: str
    parts: list[Part] = field(default_factory=list)
    oldest: list[Waiting] = field(default_factory=list)
    late: int = 0

    @property
    def number(self) -> str:
        return bounded(sum(part.count for part in self.parts))

    @property
    def filled(self) -> list[Part]:
        return [part for part in self.parts if part.count]

    @property
    def late_words(self) -> str:
        return f"{bounded(self.late)} late" if self.late else "On time"


def bounded(count: int) -> str:
    """'7', or '99+' from BOUND on."""
    return str(count) if count < BOUND else f"{BOUND - 1}+"


def queues(user: Any) -> list[Queue]:
    """The piles that this person's rights let them work on, with what waits in each. One query at most."""
    mine = {key: source for key, source in enumerate(SOURCES) if user.has_perms(source.rights)}
    found: dict[int, list[Any]] = {key: [] for key in mine}
    for key, *row in read([source.query(key, user) for key, source in mine.items()]):
        found[key].append(row)
    return [pile(name, [(mine[key], found[key]) for key in mine if mine[key].pile == name])
            for name in PILES if any(source.pile == name for source in mine.values())]  # fmt: skip


def read(queries: Sequence[QuerySet[Any, Any]]) -> Iterable[Any]:
    """All rows of all queries, by one."""
    if not queries:
        return ()
    return queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]


def pile(name: str, sources: list[tuple[Source, list[Any]]]) -> Queue:
    """A pile of these sources and their rows: (page, label, since, due)."""
    now = clock.now()
    today = timezone.localdate(now)
    queue = Queue(name, *PILES[name])
    rows = []
    for source, its in sources:
        queue.parts.append(Part(source.name, source.link, len(its)))
        rows += [(due or date.max, since or now, source, page, label) for page, label, since, due in its]
    queue.late = sum(due < today for due, *_ in rows)
    for due, since, source, page, label in sorted(rows, key=lambda row: row[:2])[:NAMED]:
        link = reverse(f"admin:shop_{source.model}_change", args=[page])
        queue.oldest.append(Waiting(label, link, waiting(now, since), None if due == date.max else due, due < today))
    return queue


def waiting(now: datetime, since: datetime) -> str:
    """How long, in words: '40 min', '5 h' or '3 days'."""
    seconds = max((now - since).total_seconds(), 0)
    hours = int(seconds // 3600)
    if hours < 1:
        return f"{int(seconds // 60)} min"
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"
