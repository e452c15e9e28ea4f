"""Has every paid order its invoice, every refund its credit note, and every number its document?"""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from shop.checkout.sentinel.finding import Check, Finding
from shop.core import clock
from shop.invoices.models import Document, DocumentCounter
from shop.invoices.services import NOT_OF_AN_INVOICE
from shop.orders.models import Order
from shop.payments.models import Refund

# Written by a reaction to the payment, within seconds.
LATE = timedelta(hours=1)
# A credit note stays written for good, so somebody has to be told until the books of its quarter are closed, no longer.
BOOKS_OPEN = timedelta(days=120)


def gaps() -> Iterator[Finding]:
    for counter in DocumentCounter.objects.with_gaps():
        written = counter.written  # type: ignore[attr-defined]
        yield Finding(
            counter.series,
            f"Series {counter.series}: {written} documents, although {counter.last} numbers were given out",
            "Tax law wants numbers without gaps. Write nothing by hand: tell whoever looks after the code, and keep a "
            "note for the accountant.",
        )


def missing() -> Iterator[Finding]:
    invoice = Document.objects.filter(order=OuterRef("pk"), kind=Document.Kind.INVOICE)
    for order in Order.objects.filter(paid_at__lt=clock.now() - LATE).exclude(Exists(invoice)):
        yield Finding(
            order.pk,
            f"Order {order.number} was paid and has no invoice",
            "It is written when the event OrderPaid is handed on. Look under Events whether that was given up, and "
            "choose 'Try to publish again'; otherwise tell whoever looks after the code.",
            order.pk,
        )


def without_note() -> Iterator[Finding]:
    papers = Document.objects.filter(order=OuterRef("attempt__order")).order_by()
    invoiced = papers.filter(kind=Document.Kind.INVOICE).values("gross")
    credited = papers.filter(kind=Document.Kind.CREDIT_NOTE).values("order").annotate(noted=Sum("gross"))
    paid_out = Refund.objects.filter(state=Refund.State.SUCCEEDED, done_at__lt=clock.now() - LATE, credit_note=None)
    # What goes back beyond the invoice has nothing left to be taken off.
    room = Subquery(invoiced) - Coalesce(Subquery(credited.values("noted")), 0)
    due = paid_out.exclude(reason__in=NOT_OF_AN_INVOICE).alias(room=room).filter(room__gt=0)
    for refund in due.select_related("attempt__order"):
        order = refund.attempt.order
        yield Finding(
            refund.pk,
            f"Order {order.number}: {refund.total} went back without a credit note",
            "It is written when the event RefundIssued is handed on. Look under Events whether that was given up, and "
            "choose 'Try to publish again'; otherwise tell whoever looks after the code.",
            order.pk,
        )


def notes_of_nothing() -> Iterator[Finding]:
    notes = Document.objects.filter(kind=Document.Kind.CREDIT_NOTE, refund__state=Refund.State.FAILED)
    for note in notes.filter(refund__updated_at__gte=clock.now() - BOOKS_OPEN).select_related("order"):
        yield Finding(
            note.number,
            f"Credit note {note.number} of order {note.order.number} over {note.total}: its refund came back",
            "The buyer's bank did not take the money. Refund it again or pay the buyer another way, and tell the "
            "accountant that this credit note and the next one are for the same money.",
            note.order_id,
        )


CHECKS = (
    Check("invoice-gaps", "numbers of invoices and credit notes without gaps", gaps),
    Check("invoice-missing", "paid orders that have an invoice", missing),
    Check("credit-note-missing", "refunds that have a credit note", without_note),
    Check("credit-note-in-vain", "credit notes whose money went back", notes_of_nothing),
)
