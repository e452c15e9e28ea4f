"""Attempts to take money, and what the providers told us. An attempt knows an amount and an order's row, no more."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.money import Money

# How long a bank debit may take.
LONGEST_DELAYED = timedelta(days=14)


class PaymentAttemptQuerySet(models.QuerySet["PaymentAttempt"]):
    def live(self) -> Self:
        """Attempts that may still turn into money."""
        return self.filter(state__in=PaymentAttempt.LIVE)

    def in_review(self) -> Self:
        """Attempts whose money does not match their order."""
        return self.filter(state=PaymentAttempt.State.REVIEW)

    def took_money(self) -> Self:
        """Attempts by which the provider took something."""
        return self.filter(state__in=[PaymentAttempt.State.PAID, PaymentAttempt.State.REVIEW], captured_amount__gt=0)

    def kept(self) -> Self:
        """Attempts by which money came that did not all go back."""
        return self.took_money().filter(captured_amount__gt=F("refunded_amount"))

    def kept_in_vain(self) -> Self:
        """Money that stays with us although its order is not paid."""
        kept = self.filter(captured_amount__gt=F("refunded_amount"))
        paid = Q(state=PaymentAttempt.State.PAID) & ~Q(order__state="paid")
        # What does not match waits for a person while the order is in review. Afterwards a cancelled order needs none
        # of it, and a paid one nothing of another currency.
        review = Q(state=PaymentAttempt.State.REVIEW)
        foreign = Q(order__state="paid") & ~Q(captured_currency="") & ~Q(captured_currency=F("currency"))
        return kept.filter(paid | review & (Q(order__state="cancelled") | foreign))

    def miscaptured(self) -> Self:
        """Paid attempts by which another amount was taken than was asked for."""
        return self.filter(state=PaymentAttempt.State.PAID).exclude(captured_amount=F("amount"))

    def misrefunded(self) -> Self:
        """Attempts whose refunded_amount is not the sum of their refunds (`refunds_sum`), failed ones left out."""
        live = Sum("refunds__amount", filter=~Q(refunds__state=Refund.State.FAILED))
        return self.annotate(refunds_sum=Coalesce(live, 0)).exclude(refunded_amount=F("refunds_sum"))

    def overrefunded(self) -> Self:
        """Attempts whose refunds, failed ones left out, give back more than was taken (`refunds_sum`)."""
        live = Sum("refunds__amount", filter=~Q(refunds__state=Refund.State.FAILED))
        return self.annotate(refunds_sum=Coalesce(live, 0)).filter(refunds_sum__gt=F("captured_amount"))

    def forgotten(self, now: datetime) -> Self:
        """Live attempts that should long have ended."""
        delayed = Q(state=PaymentAttempt.State.PROCESSING, expires_at__lt=now - LONGEST_DELAYED)
        others = ~Q(state=PaymentAttempt.State.PROCESSING) & Q(expires_at__lt=now - timedelta(hours=1))
        return self.live().filter(delayed | others)

    def taken(self) -> Self:
        """Attempts whose money can go back, oldest first; not all of it came in the order's currency."""
        in_review = Q(state=PaymentAttempt.State.REVIEW, captured_amount__gt=0)
        return self.filter(Q(state=PaymentAttempt.State.PAID) | in_review).order_by("created_at", "pk")

    def locked(self) -> Self:
        """The rows, locked. Always after their order's row, always before stock rows."""
        return self.order_by("created_at", "pk").select_for_update(of=("self",))


class PaymentAttempt(TimeStamped):
    """One try to have an order paid through one provider. At most one per order is live."""

    class State(models.TextChoices):
        CREATED = "created", "Created"
        OPEN = "open", "Open"
        PROCESSING = "processing", "Processing"
        PAID = "paid", "Paid"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Expired"
        REVIEW = "review", "Needs review"

    LIVE = (State.CREATED, State.OPEN, State.PROCESSING)

    class Provider(models.TextChoices):
        STRIPE = "stripe", "Card"
        PAYPAL = "paypal", "PayPal"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey("shop.Order", models.PROTECT, related_name="payment_attempts")
    provider = models.CharField(max_length=20, choices=Provider)
    state = models.CharField(max_length=12, choices=State, default=State.CREATED, db_index=True)
    amount = models.PositiveBigIntegerField(help_text="Minor units")
    currency = models.CharField(max_length=3)
    # Frozen at creation: a replay after a crash must send the same parameters under the same idempotency key.
    params = models.JSONField(default=dict)
    session_id = models.CharField(max_length=120, blank=True, db_index=True)
    intent_id = models.CharField(max_length=120, blank=True, db_index=True)
    redirect_url = models.TextField(blank=True)
    expires_at = models.DateTimeField(help_text="When the provider's page stops taking payment")
    # Decided under the order's lock, before the provider is asked to take an approved payment: from then on only its
    # answer ends the attempt. While this is empty, nothing can have been taken where the shop itself captures.
    capture_wanted_at = models.DateTimeField(null=True, blank=True)
    captured_amount = models.PositiveBigIntegerField(default=0)
    captured_currency = models.CharField(max_length=3, blank=True, help_text="Empty: the one that was asked for")
    # What refunds that have not failed give back or are about to: raised under this row's lock before any is asked for.
    # Never more than was captured, even while a refund of ours and one made at the provider compete for the same money.
    refunded_amount = models.PositiveBigIntegerField(default=0)
    paid_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    objects = PaymentAttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["-created_at"], name="payments_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["created", "open", "processing"]),
                name="one_live_attempt_per_order",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__lte=F("captured_amount")), name="refunded_within_captured"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} {self.total} ({self.state})"

    @property
    def total(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def captured(self) -> Money:
        """What was taken, in the currency it was taken in."""
        return Money(self.captured_amount, self.captured_currency or self.currency)

    @property
    def is_foreign(self) -> bool:
        """Whether another currency was taken than was asked for, so that its amount cannot be compared."""
        return self.captured.currency != self.currency


class RefundQuerySet(models.QuerySet["Refund"]):
    def counting(self) -> Self:
        """Refunds that give money back, or are about to: all but the failed ones."""
        return self.exclude(state=Refund.State.FAILED)

    def unfinished(self) -> Self:
        """Refunds whose provider has not said how they ended, oldest first."""
        return self.filter(state__in=[Refund.State.REQUESTED, Refund.State.PENDING]).order_by("created_at", "pk")

    def overdue(self, now: datetime) -> Self:
        """Refunds that were not taken on within hours, or have not arrived within the days that banks need."""
        unsent = Q(state=Refund.State.REQUESTED, created_at__lt=now - timedelta(hours=2))
        return self.filter(unsent | Q(state=Refund.State.PENDING, created_at__lt=now - LONGEST_DELAYED))


class Refund(TimeStamped):
    """Money that goes back to a buyer. Written before the provider is asked, so that a crash forgets none."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Requested"
        PENDING = "pending", "On its way"
        SUCCEEDED = "succeeded", "Refunded"
        FAILED = "failed", "Failed"

    class Reason(models.TextChoices):
        LATE = "late", "Paid after the order was cancelled"
        DUPLICATE = "duplicate", "The order was already paid"
        CANCELLED = "cancelled", "The order was cancelled"
        RETURNED = "returned", "Pieces came back"
        UNPACKED = "unpacked", "Not there to be packed"
        GOODWILL = "goodwill", "Goodwill"
        PROVIDER = "provider", "Made at the payment provider"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attempt = models.ForeignKey(PaymentAttempt, models.PROTECT, related_name="refunds")
    state = models.CharField(max_length=12, choices=State, default=State.REQUESTED, db_index=True)
    reason = models.CharField(max_length=12, choices=Reason)
    note = models.CharField(max_length=200, blank=True)
    # The sum of its lines, of the delivery and of what is given on top of them.
    amount = models.PositiveBigIntegerField(help_text="Minor units")
    delivery_amount = models.PositiveBigIntegerField(default=0, help_text="Minor units")
    free_amount = models.PositiveBigIntegerField(default=0, help_text="Minor units, for no line")
    currency = models.CharField(max_length=3)
    provider_id = models.CharField(max_length=120, unique=True, null=True, blank=True)
    # One form asks once: a double submit finds the refunds it made before.
    request_key = models.CharField(max_length=64, blank=True, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["-created_at"], name="refunds_newest")]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive")]

    def __str__(self) -> str:
        return f"{self.total} ({self.state})"

    @property
    def total(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def again_key(self) -> str:
        """The request_key of the refund that is made in place of this one, which failed."""
        return f"again:{self.pk}"

    def in_place_of(self) -> "Refund | None":
        """The failed refund that this one is made for."""
        if not self.request_key.startswith("again:"):
            return None
        others = Refund.objects.filter(attempt=self.attempt_id)
        return next((other for other in others if other.again_key == self.request_key), None)


class RefundLine(models.Model):
    """Units of one order line that are paid back, from the figures stored with the line."""

    refund = models.ForeignKey(Refund, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("shop.OrderLine", models.PROTECT, related_name="refund_lines")
    quantity = models.PositiveIntegerField()
    amount = models.PositiveBigIntegerField(help_text="Minor units")
    restock = models.BooleanField(default=False, help_text="The units may be sold again")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "order_line"], name="order_line_once_per_refund"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="refund_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.order_line_id}"


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def open(self) -> Self:
        """Disputes that the bank has not decided."""
        return self.filter(closed_at=None)


class Dispute(TimeStamped):
    """A buyer's bank takes the money back, or may do so. A ledger of its own: no order state says it."""

    attempt = models.ForeignKey(PaymentAttempt, models.PROTECT, related_name="disputes")
    provider_id = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=40, help_text="In the provider's words")
    reason = models.CharField(max_length=80, blank=True)
    amount = models.PositiveBigIntegerField(help_text="Minor units")
    currency = models.CharField(max_length=3)
    # What the provider has taken from our balance for it, minor units: 0 again once it gave it back.
    withdrawn = models.PositiveBigIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.provider_id} ({self.state})"


class ProviderEventQuerySet(models.QuerySet["ProviderEvent"]):
    def waiting(self) -> Self:
        """Events that still have to be worked on, oldest first."""
        return self.filter(processed_at=None, set_aside_at=None).order_by("pk")

    def set_aside(self) -> Self:
        """Events that nobody could work on, left to a person."""
        return self.filter(processed_at=None).exclude(set_aside_at=None)


class ProviderEvent(models.Model):
    """A webhook as it came. `processed_at` empty means that it still has to be worked on."""

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    type = models.CharField(max_length=80)
    payload = models.JSONField()
    attempt = models.ForeignKey(PaymentAttempt, models.SET_NULL, null=True, blank=True, related_name="events")
    received_at = models.DateTimeField(default=clock.now)
    processed_at = models.DateTimeField(null=True, blank=True)
    # Nobody could work on it for days: left to a person, who has an alert about it.
    set_aside_at = models.DateTimeField(null=True, blank=True)
    deliveries = models.PositiveSmallIntegerField(default=1, help_text="0: it never came, we found it by asking")
    last_error = models.TextField(blank=True)

    objects = ProviderEventQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["received_at"], condition=Q(processed_at=None, set_aside_at=None), name="provider_events_open"
            )
        ]
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="provider_event_once")]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class ProviderCallQuerySet(models.QuerySet["ProviderCall"]):
    def older_than(self, moment: datetime) -> Self:
        return self.filter(started_at__lt=moment)


class ProviderCall(models.Model):
    """One call to a provider: written before it is made and finished after it, so that a crash between shows."""

    attempt = models.ForeignKey(PaymentAttempt, models.SET_NULL, null=True, blank=True, related_name="calls")
    provider = models.CharField(max_length=20)
    operation = models.CharField(max_length=40, help_text="The port's name of it")
    key = models.CharField(max_length=120, blank=True, help_text="Idempotency key")
    # In the port's words, such as "complete, paid"; never what the provider sent. Empty while nobody has answered.
    outcome = models.CharField(max_length=80, blank=True)
    error = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(default=clock.now, db_index=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)

    objects = ProviderCallQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.operation}: {self.outcome or self.error or 'no answer'}"
