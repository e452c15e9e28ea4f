"""Invoices and credit notes. Append-only: a trigger refuses every change."""

from typing import Self

from django.db import models
from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from shop.core import clock
from shop.core.money import Money


class DocumentCounterQuerySet(models.QuerySet["DocumentCounter"]):
    def with_gaps(self) -> Self:
        """Series whose documents are not numbered 1, 2, 3 ... up to the counter (`written`: how many there are)."""
        mine = Document.objects.filter(series=OuterRef("series")).order_by().values("series")
        counted = self.annotate(
            written=Coalesce(Subquery(mine.annotate(found=Count("pk")).values("found")), 0),
            highest=Coalesce(Subquery(mine.annotate(found=Max("sequence")).values("found")), 0),
        )
        return counted.exclude(written=F("last"), highest=F("last"))


class DocumentCounter(models.Model):
    """The last number given out in a series. Raised in the transaction that writes the document: none is lost."""

    series = models.CharField(max_length=10, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    objects = DocumentCounterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"


class Document(models.Model):
    """An invoice of an order, or the credit note of a refund. `content` is all it says: nothing is looked up later."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT_NOTE = "credit-note", "Credit note"

    kind = models.CharField(max_length=12, choices=Kind)
    # 'INV-2026' and 1 make INV-2026-000001.
    series = models.CharField(max_length=10)
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("shop.Order", models.PROTECT, related_name="documents")
    refund = models.OneToOneField("shop.Refund", models.PROTECT, null=True, blank=True, related_name="credit_note")
    issued_at = models.DateTimeField(default=clock.now, db_index=True)
    currency = models.CharField(max_length=3)
    gross = models.PositiveBigIntegerField(help_text="Minor units; what a credit note takes off")
    tax = models.PositiveBigIntegerField(help_text="Minor units")
    content = models.JSONField()

    class Meta:
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["series", "sequence"], name="document_number_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(kind="invoice"), name="one_invoice_per_order"),
            models.CheckConstraint(
                condition=Q(kind="invoice", refund=None) | Q(kind="credit-note", refund__isnull=False),
                name="credit_note_has_refund",
            ),
            models.CheckConstraint(condition=Q(sequence__gt=0), name="document_number_positive"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Money:
        return Money(self.gross, self.currency)

    @property
    def tax_money(self) -> Money:
        return Money(self.tax, self.currency)
