"""Stock on its way: transfers between locations, counts of a location, units sold before they are here."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.numbers import document_number
from shop.warehouse.models import StockLevel, StockLocation

# So long a transfer may take where nobody said when it arrives.
LONGEST_WAY = timedelta(days=7)


class TransferQuerySet(models.QuerySet["Transfer"]):
    def on_their_way(self) -> Self:
        """Sent, and not received yet."""
        return self.filter(state=Transfer.State.IN_TRANSIT)

    def overdue(self, now: datetime) -> Self:
        """In transit since longer than was expected."""
        unknown = Q(expected_on=None, sent_at__lt=now - LONGEST_WAY)
        return self.on_their_way().filter(unknown | Q(expected_on__lt=timezone.localdate(now)))


class Transfer(TimeStamped):
    """Units that go from one location to another. In transit they are at neither."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_TRANSIT = "in-transit", "In transit"
        RECEIVED = "received", "Received"
        CANCELLED = "cancelled", "Cancelled"

    number = models.CharField(max_length=12, unique=True, default=partial(document_number, "TR"), editable=False)
    source = models.ForeignKey(StockLocation, models.PROTECT, related_name="transfers_out")
    destination = models.ForeignKey(StockLocation, models.PROTECT, related_name="transfers_in")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT, db_index=True, editable=False)
    note = models.CharField(max_length=200, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    received_at = models.DateTimeField(null=True, editable=False)
    history = HistoricalRecords(app="shop")

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(source=F("destination")),
                name="transfer_goes_elsewhere",
                violation_error_message="Choose another location to send it to.",
            )
        ]

    def __str__(self) -> str:
        return self.number


class TransferLine(models.Model):
    """Units of one variant in a transfer, and how many of them arrived."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="lines")
    variant = models.ForeignKey("shop.ProductVariant", models.PROTECT, related_name="transfer_lines")
    quantity = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0, help_text="Arrived fit for sale")
    damaged = models.PositiveIntegerField(default=0, help_text="Arrived damaged")
    history = HistoricalRecords(app="shop")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["transfer", "variant"], name="transfer_variant_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_quantity_positive"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("received") + F("damaged")), name="transfer_receives_what_was_sent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.variant_id}"


class StockCountQuerySet(models.QuerySet["StockCount"]):
    def to_approve(self) -> Self:
        """Counted to the end: somebody has to look at the differences."""
        return self.filter(state=StockCount.State.COUNTED)


class StockCount(TimeStamped):
    """A count of what really lies at a location (or in some bins of it)."""

    class State(models.TextChoices):
        COUNTING = "counting", "Counting"
        COUNTED = "counted", "To approve"
        APPROVED = "approved", "Approved"
        CANCELLED = "cancelled", "Cancelled"

    number = models.CharField(max_length=12, unique=True, default=partial(document_number, "SC"), editable=False)
    location = models.ForeignKey(StockLocation, models.PROTECT, related_name="counts")
    bins = models.CharField(max_length=20, blank=True, help_text="Only bins that begin so; empty: the whole location")
    state = models.CharField(max_length=12, choices=State, default=State.COUNTING, db_index=True, editable=False)
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="counts_begun"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="counts_approved"
    )
    approved_at = models.DateTimeField(null=True, editable=False)
    history = HistoricalRecords(app="shop")

    objects = StockCountQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.number


class StockCountLine(models.Model):
    """What was found of one level. `expected` is the ledger's number at the moment it was entered."""

    count = models.ForeignKey(StockCount, models.CASCADE, related_name="lines")
    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="count_lines")
    expected = models.PositiveIntegerField(null=True)
    counted = models.PositiveIntegerField(null=True, blank=True)
    damaged = models.PositiveIntegerField(default=0, help_text="Found damaged, besides the counted ones")
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    counted_at = models.DateTimeField(null=True)
    # Of the form that the last scan came by: a button that is pressed twice sends it twice.
    scan_key = models.CharField(max_length=40, blank=True, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["count", "level"], name="count_level_once")]

    def __str__(self) -> str:
        return f"{self.counted} of {self.expected}"

    @property
    def found(self) -> int:
        """Units more (or fewer) than expected, damaged ones included; 0 while it is not counted."""
        return 0 if self.counted is None else self.counted + self.damaged - (self.expected or 0)


class BackOrderQuerySet(models.QuerySet["BackOrder"]):
    def waiting(self) -> Self:
        """Units sold that are still to come, the longest-waiting first."""
        return self.filter(state=BackOrder.State.WAITING).order_by("pk")

    def could_be_held(self) -> Self:
        """Paid ones for which units are free."""
        free = StockLevel.objects.filter(
            variant=OuterRef("variant"), location__is_active=True, on_hand__gt=F("reserved")
        )
        return self.waiting().filter(Exists(free), expires_at=None)

    def in_vain(self) -> Self:
        """Those of orders that will not be sent."""
        return self.waiting().filter(order_line__order__state="cancelled")

    def undated(self, before: datetime) -> Self:
        """Paid ones, made before that moment, for which no day was ever known."""
        return self.waiting().filter(promised_on=None, expires_at=None, created_at__lt=before)

    def late(self, today: date) -> Self:
        """Paid ones whose promised day is over."""
        return self.waiting().filter(promised_on__lt=today, expires_at=None)


class BackOrder(models.Model):
    """Units of an order line that were sold before they were here. Once they come they are held by a reservation."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for goods"
        FILLED = "filled", "Held"
        CANCELLED = "cancelled", "Cancelled"

    order_line = models.ForeignKey("shop.OrderLine", models.PROTECT, related_name="back_orders")
    variant = models.ForeignKey("shop.ProductVariant", models.PROTECT, related_name="back_orders")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    promised_on = models.DateField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty once the order is paid")
    created_at = models.DateTimeField(default=clock.now)

    objects = BackOrderQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["variant"], condition=Q(state="waiting"), name="back_orders_waiting")]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="back_order_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.variant_id} ({self.state})"

    def split(self, units: int, state: State) -> None:
        """That many of its units in another state; what is left of it still waits."""
        part = self
        if units < self.quantity:
            self.quantity -= units
            self.save(update_fields=["quantity"])
            part = BackOrder(
                order_line_id=self.order_line_id,
                variant_id=self.variant_id,
                quantity=units,
                promised_on=self.promised_on,
                created_at=self.created_at,
            )
        part.state = state
        part.save()
