"""Has every paid order its invoice, and every number its document?"""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, OuterRef

from shop.checkout.sentinel.finding import Check, Finding
from shop.core import clock
from shop.invoices.models import Document, DocumentCounter
from shop.orders.models import Order

# Written by a reaction to the payment, within seconds.
LATE = timedelta(hours=1)


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


CHECKS = (
    Check("invoice-gaps", "numbers of invoices and credit notes without gaps", gaps),
    Check("invoice-missing", "paid orders that have an invoice", missing),
)
