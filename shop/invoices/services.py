"""Issuing documents: each once, with the next number of its series."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from shop.core import clock
from shop.core.sharing import apportion
from shop.invoices.content import (
    Content,
    credit_note_content,
    delivery_shares,
    invoice_content,
    read_shares,
)
from shop.invoices.crediting import credited
from shop.invoices.models import Document, DocumentCounter
from shop.orders.models import Order
from shop.payments.models import Refund
from shop.tax.amounts import TaxShare, by_rate

Kind = Document.Kind
PREFIX = {Kind.INVOICE: "INV", Kind.CREDIT_NOTE: "CN"}
# Money that was never the price of an order: it was taken twice, or too late.
NOT_OF_AN_INVOICE = (Refund.Reason.LATE, Refund.Reason.DUPLICATE)


@transaction.atomic
def issue_invoice(order_id: int, *, at: datetime | None = None) -> Document | None:
    """The invoice of a paid order, written now (or as of that moment) unless it is there; None for an unpaid order."""
    order = Order.objects.locked().get(pk=order_id)
    found = Document.objects.filter(order=order, kind=Kind.INVOICE).first()
    if found or order.paid_at is None:
        return found
    at = at or clock.now()
    content = invoice_content(order, list(order.lines.all()), at)
    return write(Document(kind=Kind.INVOICE, order=order, issued_at=at, content=content))


@transaction.atomic
def issue_credit_note(refund_id: UUID, *, at: datetime | None = None) -> Document | None:
    """The credit note of a refund that was paid out; None where nothing of an invoice is given back.

    The invoice is written first where the news of the refund came before that of the payment.
    """
    refund = Refund.objects.select_related("attempt__order").get(pk=refund_id)
    if refund.reason in NOT_OF_AN_INVOICE:
        return None
    # Locks the order's row: its documents are written one after the other.
    invoice = issue_invoice(refund.attempt.order_id, at=at)
    found = note_of(refund)
    if found or invoice is None:
        return found
    at = at or clock.now()
    shares = shares_of(refund, invoice)
    if not shares:
        return None
    content = credit_note_content(refund, invoice.content, invoice.number, shares, at)
    return write(Document(kind=Kind.CREDIT_NOTE, order=invoice.order, refund=refund, issued_at=at, content=content))


def note_of(refund: Refund) -> Document | None:
    """The credit note of a refund, or of the one it is made in place of: the buyer's bank may send money back after it
    was credited, and what is then paid out again is taken off the invoice once.
    """
    found, earlier = Document.objects.filter(refund=refund).first(), refund.in_place_of()
    return note_of(earlier) if earlier and not found else found


def shares_of(refund: Refund, invoice: Document) -> tuple[TaxShare, ...]:
    """What the refund takes off each rate of the invoice, after the credit notes before it."""
    earlier = Document.objects.filter(order_id=invoice.order_id, kind=Kind.CREDIT_NOTE).order_by("pk")
    before = by_rate(share for note in earlier for share in read_shares(note.content))
    named = [TaxShare(line.order_line.tax_rate, line.amount, 0) for line in refund.lines.select_related("order_line")]
    carried = delivery_shares(invoice.content)
    parts = apportion(refund.delivery_amount, [share.gross for share in carried])
    named += [TaxShare(share.rate, part, 0) for share, part in zip(carried, parts, strict=True)]
    by = {share.rate: share.gross for share in by_rate(named)}
    return credited(read_shares(invoice.content), before, by, refund.amount)


def write(document: Document) -> Document:
    """Number and save it. The series' row stays locked until the transaction ends, so numbers have no gaps."""
    content: Content = document.content
    document.series = f"{PREFIX[Kind(document.kind)]}-{timezone.localdate(document.issued_at).year}"
    document.sequence = next_in(document.series)
    document.number = f"{document.series}-{document.sequence:06}"
    document.currency = content["currency"]
    document.gross, document.tax = content["totals"]["gross"], content["totals"]["tax"]
    document.save(force_insert=True)
    return document


def next_in(series: str) -> int:
    """The next number of a series; its row is locked until the caller's transaction ends."""
    counter = DocumentCounter.objects.filter(pk=series)
    if not counter.update(last=F("last") + 1):
        # The first of its kind this year; of two at once the second waits here, and counts on.
        DocumentCounter.objects.bulk_create([DocumentCounter(series=series)], ignore_conflicts=True)
        counter.update(last=F("last") + 1)
    return counter.get().last


def documents_of(order: Order) -> QuerySet[Document]:
    """The order's documents without their content, oldest first."""
    return order.documents.defer("content").order_by("pk")
