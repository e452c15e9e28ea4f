"""Purchase orders: what was asked of a supplier, what it answered, and what came."""

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from simple_history.models import HistoricalRecords

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.money import Money
from shop.core.numbers import document_number, secret_key
from shop.suppliers.models import Supplier


class PurchaseOrderQuerySet(models.QuerySet["PurchaseOrder"]):
    def drafts(self) -> Self:
        """Orders that were written and not sent: somebody has to approve them."""
        return self.filter(state=PurchaseOrder.State.DRAFT)

    def unanswered(self, before: datetime) -> Self:
        """Orders sent before that moment of which the supplier has said nothing."""
        proposals = PurchaseProposal.objects.filter(line__order=OuterRef("pk"))
        return self.filter(~Exists(proposals), state=PurchaseOrder.State.SENT, sent_at__lt=before)

    def with_open_proposal(self) -> Self:
        """Orders of which the supplier proposed a change that nobody has answered."""
        return self.filter(Exists(PurchaseProposal.objects.open().filter(line__order=OuterRef("pk"))))

    def expected(self) -> Self:
        """Orders from which goods are still to come."""
        return self.filter(state__in=PurchaseOrder.EXPECTED)

    def overdue(self, today: date) -> Self:
        """Those of which something confirmed for a day that is over has not come; adds that day as `due_since`."""
        late = PurchaseOrderLine.objects.outstanding().filter(order=OuterRef("pk"), confirmed_on__lt=today)
        first = late.order_by("confirmed_on").values("confirmed_on")[:1]
        return self.expected().annotate(due_since=Subquery(first)).exclude(due_since=None)

    def last_rate(self, currency: str) -> Decimal:
        """The exchange rate of the newest order in that currency; 1 where there was none."""
        last = self.filter(currency=currency).order_by("-pk").values_list("exchange_rate", flat=True).first()
        return last or Decimal(1)

    def locked(self) -> Self:
        """The rows, locked in primary-key order; before their stock rows."""
        return self.order_by("pk").select_for_update(of=("self",))


class PurchaseOrder(TimeStamped):
    """Goods ordered of one supplier for one location. Amounts are minor units of `currency`."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SENT = "sent", "Sent"
        CONFIRMED = "confirmed", "Confirmed"
        PARTLY_RECEIVED = "partly-received", "Partly received"
        RECEIVED = "received", "Received"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    EXPECTED = (State.SENT, State.CONFIRMED, State.PARTLY_RECEIVED)

    number = models.CharField(max_length=12, unique=True, default=partial(document_number, "PO"), editable=False)
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="orders")
    location = models.ForeignKey("shop.StockLocation", models.PROTECT, related_name="purchase_orders")
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT, db_index=True, editable=False)
    currency = models.CharField(max_length=3, editable=False)
    # What comes on top of the goods; landed cost shares it out over them by value.
    freight = models.PositiveBigIntegerField(default=0, help_text="Minor units of the order's currency")
    duty = models.PositiveBigIntegerField(default=0, help_text="Minor units of the order's currency")
    exchange_rate = models.DecimalField(
        max_digits=14, decimal_places=6, default=1, help_text="One unit of its currency in the shop's"
    )
    note = models.TextField(blank=True, help_text="Printed on the order")
    # Raised to make every link that was mailed before worthless.
    link_version = models.PositiveIntegerField(default=1, editable=False)
    # What the supplier typed and saved for later, by name of the field; gone once it answers.
    saved_answer = models.JSONField(default=dict, editable=False)
    shipped_on = models.DateField(null=True, editable=False, help_text="When it left, by the supplier's notice")
    tracking = models.CharField(max_length=80, blank=True, editable=False)
    drafted_automatically = models.BooleanField(default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="purchase_orders"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="purchase_orders_approved"
    )
    sent_at = models.DateTimeField(null=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    history = HistoricalRecords(app="shop", excluded_fields=["saved_answer", "link_version"])

    objects = PurchaseOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(exchange_rate__gt=0), name="purchase_exchange_rate_positive"),
            models.UniqueConstraint(
                fields=["supplier", "location"],
                condition=Q(state="draft", drafted_automatically=True),
                name="one_automatic_draft_per_supplier",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def proposal_alert(self) -> str:
        """The key of the alert that stands while a proposal of the supplier waits for an answer."""
        return f"supplier-proposal:{self.number}"

    @property
    def short_alert(self) -> str:
        """The key of the alert that tells of units which the supplier will not send."""
        return f"supplier-short:{self.number}"

    def money(self, amount: int) -> Money:
        """An amount of this order (minor units) with its currency."""
        return Money(amount, self.currency)


class PurchaseOrderLineQuerySet(models.QuerySet["PurchaseOrderLine"]):
    def outstanding(self) -> Self:
        """Lines from which units (`due`) are still to come."""
        lines = self.filter(order__state__in=PurchaseOrder.EXPECTED)
        promised = Coalesce(F("confirmed_quantity"), F("quantity"))
        return lines.annotate(due=promised - F("received") - F("damaged")).filter(due__gt=0)

    def incoming(self) -> dict[int, int]:
        """Units still to come, by variant. One query."""
        sums = self.outstanding().order_by().values_list("variant_id").annotate(units=Sum("due"))
        return dict(sums)


class PurchaseOrderLine(models.Model):
    """Units of one variant in a purchase order. What it was called and cost is copied when it is written."""

    order = models.ForeignKey(PurchaseOrder, models.CASCADE, related_name="lines")
    variant = models.ForeignKey("shop.ProductVariant", models.PROTECT, related_name="purchase_lines")
    supplier_sku = models.CharField("their SKU", max_length=60, blank=True)
    description = models.CharField(max_length=200, blank=True)
    quantity = models.PositiveIntegerField()
    unit_cost = models.PositiveBigIntegerField(help_text="Minor units of the order's currency")
    # What the supplier said: empty until it did.
    confirmed_quantity = models.PositiveIntegerField(null=True, blank=True)
    confirmed_on = models.DateField(null=True, blank=True, help_text="When it arrives here")
    supplier_note = models.CharField(max_length=300, blank=True, editable=False)
    received = models.PositiveIntegerField(default=0, editable=False, help_text="Arrived fit for sale")
    damaged = models.PositiveIntegerField(default=0, editable=False, help_text="Arrived damaged")
    history = HistoricalRecords(app="shop")

    objects = PurchaseOrderLineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "variant"], name="purchase_variant_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchase_quantity_positive"),
            models.CheckConstraint(
                condition=Q(confirmed_quantity=None) | Q(confirmed_quantity__lte=F("quantity")),
                name="confirmed_within_quantity",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("received") + F("damaged")), name="purchase_receives_what_was_ordered"
            ),
        ]
        indexes = [models.Index(fields=["variant", "confirmed_on"], name="purchase_expected")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.supplier_sku or self.variant_id}"

    @property
    def total(self) -> int:
        """Minor units of the order's currency."""
        return self.quantity * self.unit_cost


class Channel(models.TextChoices):
    """By which way a supplier answered."""

    LINK = "link", "Link"
    CSV = "csv", "CSV file"
    API = "api", "Interface"
    STAFF = "staff", "Staff"


class PurchaseProposalQuerySet(models.QuerySet["PurchaseProposal"]):
    def open(self) -> Self:
        """Proposals that nobody has answered."""
        return self.filter(state=PurchaseProposal.State.OPEN)


class PurchaseProposal(models.Model):
    """A change of a line that a supplier proposes; staff accept or refuse it."""

    class State(models.TextChoices):
        OPEN = "open", "To answer"
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"

    line = models.ForeignKey(PurchaseOrderLine, models.CASCADE, related_name="proposals")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN, db_index=True)
    quantity = models.PositiveIntegerField()
    unit_cost = models.PositiveBigIntegerField(help_text="Minor units of the order's currency")
    arrives_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    channel = models.CharField(max_length=6, choices=Channel)
    created_at = models.DateTimeField(default=clock.now)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)

    objects = PurchaseProposalQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["line"], condition=Q(state="open"), name="one_open_proposal_per_line")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} on {self.arrives_on}"


class PurchaseOrderNote(models.Model):
    """One line of a purchase order's history: append-only."""

    order = models.ForeignKey(PurchaseOrder, models.CASCADE, related_name="notes")
    what = models.CharField(max_length=200)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16, blank=True)
    channel = models.CharField(max_length=6, choices=Channel, default=Channel.STAFF)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.what


class GoodsReceipt(models.Model):
    """What came in one delivery of a supplier."""

    number = models.CharField(max_length=12, unique=True, default=partial(document_number, "GR"), editable=False)
    # One form posts one key: a double click finds the receipt that it made.
    key = models.CharField(max_length=40, unique=True, default=secret_key, editable=False)
    order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="receipts")
    delivery_note = models.CharField(max_length=60, blank=True, db_index=True, help_text="The supplier's number of it")
    note = models.CharField(max_length=200, blank=True)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False)
    received_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.number


class GoodsReceiptLine(models.Model):
    """Units of a line that came, and what one of them cost with its share of freight and duty."""

    receipt = models.ForeignKey(GoodsReceipt, models.CASCADE, related_name="lines")
    line = models.ForeignKey(PurchaseOrderLine, models.PROTECT, related_name="receipt_lines")
    received = models.PositiveIntegerField(default=0, help_text="Fit for sale")
    damaged = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0, help_text="On the delivery note, but not in the box")
    landed_unit_cost = models.PositiveBigIntegerField(help_text="Minor units of the shop's currency")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["receipt", "line"], name="receipt_line_once")]

    def __str__(self) -> str:
        return f"{self.received} and {self.damaged} damaged"


class SupplierFile(models.Model):
    """A paper that a supplier sent: an invoice, a packing list."""

    order = models.ForeignKey(PurchaseOrder, models.CASCADE, related_name="files")
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=60)
    content = models.BinaryField()
    channel = models.CharField(max_length=6, choices=Channel)
    uploaded_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name
