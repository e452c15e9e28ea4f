"""Attempts to take money, and what the providers told us. An attempt knows an amount and an order's row, no more."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.money import Money


class PaymentAttemptQuerySet(models.QuerySet["PaymentAttempt"]):
    def live(self) -> Self:
        """Attempts that may still turn into money."""
        return self.filter(state__in=PaymentAttempt.LIVE)

    def to_refund(self) -> Self:
        """Attempts whose money has to go back."""
        return self.exclude(refund_due="")


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

    class RefundDue(models.TextChoices):
        LATE = "late", "Paid after the order was cancelled and its stock gone"
        DUPLICATE = "duplicate", "The order was already paid"

    LIVE = (State.CREATED, State.OPEN, State.PROCESSING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey("shop.Order", models.PROTECT, related_name="payment_attempts")
    provider = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=State, default=State.CREATED, db_index=True)
    amount = models.PositiveBigIntegerField(help_text="Minor units")
    currency = models.CharField(max_length=3)
    # Frozen at creation: a replay after a crash must send the same parameters under the same idempotency key.
    params = models.JSONField(default=dict)
    session_id = models.CharField(max_length=120, blank=True, db_index=True)
    intent_id = models.CharField(max_length=120, blank=True, db_index=True)
    redirect_url = models.TextField(blank=True)
    expires_at = models.DateTimeField(help_text="When the provider's page stops taking payment")
    captured_amount = models.PositiveBigIntegerField(default=0)
    paid_at = models.DateTimeField(null=True, blank=True)
    # Money that was taken and must be given back whole.
    refund_due = models.CharField(max_length=12, choices=RefundDue, blank=True)
    last_error = models.TextField(blank=True)

    objects = PaymentAttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=["created", "open", "processing"]),
                name="one_live_attempt_per_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.total} ({self.state})"

    @property
    def total(self) -> Money:
        return Money(self.amount, self.currency)


class ProviderEvent(models.Model):
    """A webhook as it came. `processed_at` empty means that it still has to be worked on."""

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    type = models.CharField(max_length=80)
    payload = models.JSONField()
    attempt = models.ForeignKey(PaymentAttempt, models.SET_NULL, null=True, blank=True, related_name="events")
    received_at = models.DateTimeField(default=clock.now)
    processed_at = models.DateTimeField(null=True, blank=True)
    deliveries = models.PositiveSmallIntegerField(default=1)
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["received_at"], condition=Q(processed_at=None), name="provider_events_open")]
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="provider_event_once")]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
