"""What the pretended payment providers remember. Stripe's amounts are in its units: the currency's smallest."""

import secrets
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

# Django looks for an app's tables here.
import sandbox.courier.models
import sandbox.easypost.models
import sandbox.paypal.models
import sandbox.twin.models  # noqa: F401


def make_id(prefix: str) -> str:
    """An identifier that nobody can take for a real one: 'cs_test_sandbox_…'."""
    return f"{prefix}_sandbox_{secrets.token_hex(12)}"


def session_id() -> str:
    return make_id("cs_test")


def intent_id() -> str:
    return make_id("pi")


def charge_id() -> str:
    return make_id("ch")


def refund_id() -> str:
    return make_id("re")


def dispute_id() -> str:
    return make_id("dp")


def review_id() -> str:
    return make_id("prv")


def warning_id() -> str:
    return make_id("issfr")


def event_id() -> str:
    return make_id("evt")


class Intent(models.Model):
    """A PaymentIntent. Made when a buyer first tries to pay, as Checkout does."""

    class Status(models.TextChoices):
        NEEDS_METHOD = "requires_payment_method"
        NEEDS_ACTION = "requires_action"
        PROCESSING = "processing"
        SUCCEEDED = "succeeded"
        CANCELED = "canceled"

    id = models.CharField(max_length=60, primary_key=True, default=intent_id)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=30, choices=Status, default=Status.NEEDS_METHOD)
    description = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)
    last_error = models.JSONField(null=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.id


class SessionQuerySet(models.QuerySet["Session"]):
    def overdue(self, now: datetime) -> Self:
        """Open sessions whose time is over."""
        return self.filter(status=Session.Status.OPEN, expires_at__lte=now)


class Session(models.Model):
    """A Checkout Session: one payment page."""

    class Status(models.TextChoices):
        OPEN = "open"
        COMPLETE = "complete"
        EXPIRED = "expired"

    id = models.CharField(max_length=80, primary_key=True, default=session_id)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    payment_status = models.CharField(max_length=10, default="unpaid")
    amount_total = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    client_reference_id = models.CharField(max_length=200, blank=True)
    customer_email = models.CharField(max_length=254, blank=True)
    line_items = models.JSONField(default=list)
    metadata = models.JSONField(default=dict)
    intent_data = models.JSONField(default=dict)
    intent = models.OneToOneField(Intent, models.CASCADE, null=True, related_name="session")
    url = models.TextField()
    success_url = models.TextField()
    cancel_url = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.id


class Charge(models.Model):
    """One try to take an intent's money."""

    id = models.CharField(max_length=60, primary_key=True, default=charge_id)
    intent = models.ForeignKey(Intent, models.CASCADE, related_name="charges")
    status = models.CharField(max_length=10)  # succeeded, pending, failed
    amount = models.PositiveBigIntegerField()
    amount_refunded = models.PositiveBigIntegerField(default=0)
    method = models.JSONField(default=dict)
    failure_code = models.CharField(max_length=60, blank=True)
    failure_message = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_refunded__lte=F("amount")), name="sandbox_refunded_within_charge")
        ]

    def __str__(self) -> str:
        return self.id


class Refund(models.Model):
    """Money given back."""

    id = models.CharField(max_length=60, primary_key=True, default=refund_id)
    charge = models.ForeignKey(Charge, models.CASCADE, related_name="refunds")
    amount = models.PositiveBigIntegerField()
    status = models.CharField(max_length=20, default="succeeded")
    reason = models.CharField(max_length=30, blank=True)
    failure_reason = models.CharField(max_length=40, blank=True)
    metadata = models.JSONField(default=dict)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.id


class Dispute(models.Model):
    """A buyer's bank asks for the money of a charge back; it is taken at once, and given back when the shop wins."""

    id = models.CharField(max_length=60, primary_key=True, default=dispute_id)
    charge = models.ForeignKey(Charge, models.CASCADE, related_name="disputes")
    amount = models.PositiveBigIntegerField()
    status = models.CharField(max_length=30, default="needs_response")  # then won or lost
    reason = models.CharField(max_length=40, default="fraudulent")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.id


class Review(models.Model):
    """Somebody at the provider looks at a payment."""

    id = models.CharField(max_length=60, primary_key=True, default=review_id)
    charge = models.ForeignKey(Charge, models.CASCADE, related_name="reviews")
    open = models.BooleanField(default=True)
    closed_reason = models.CharField(max_length=30, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.id


class FraudWarning(models.Model):
    """A card network believes that a charge was made with a stolen card."""

    id = models.CharField(max_length=60, primary_key=True, default=warning_id)
    charge = models.ForeignKey(Charge, models.CASCADE, related_name="warnings")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.id


class Event(models.Model):
    """Something a provider announces, with the object as it was then."""

    class Provider(models.TextChoices):
        STRIPE = "stripe", "Stripe"
        PAYPAL = "paypal", "PayPal"
        COURIER = "courier", "Courier"
        EASYPOST = "easypost", "EasyPost"

    provider = models.CharField(max_length=10, choices=Provider, default=Provider.STRIPE)
    id = models.CharField(max_length=60, primary_key=True, default=event_id)
    type = models.CharField(max_length=80)
    object = models.JSONField()
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created", "-id"]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    @property
    def about(self) -> str:
        """The id of what it tells of."""
        subject = self.object.get("resource", self.object)
        return str(subject.get("id") or subject.get("dispute_id", ""))


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> Self:
        return self.filter(state=Delivery.State.WAITING, next_at__lte=now).order_by("next_at", "pk")


class Delivery(models.Model):
    """An event on its way to the shop's webhook; tried again with growing pauses until it is taken."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Gave up"
        LOST = "lost", "Lost on purpose"

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now, db_index=True)
    answer = models.CharField(max_length=200, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.state}"


class IdempotencyRecord(models.Model):
    """The answer to a request made under a key; a repeat gets it again."""

    key = models.CharField(max_length=255, primary_key=True)
    request = models.TextField()
    body = models.JSONField(null=True)

    def __str__(self) -> str:
        return self.key


class Weather(models.Model):
    """How badly the provider treats its webhooks at present. One row."""

    lose_next = models.PositiveIntegerField(default=0)
    delay_seconds = models.PositiveIntegerField(default=0)
    # Labels that carriers make without anybody hearing so.
    lose_labels = models.PositiveIntegerField(default=0)
    # EasyPost's answers that something went wrong, and that there are too many requests; neither does anything.
    break_next = models.PositiveIntegerField(default=0)
    limit_next = models.PositiveIntegerField(default=0)
    # The twin's function reads no queue.
    queues_stopped = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "weather"

    def __str__(self) -> str:
        return f"lose {self.lose_next}, delay {self.delay_seconds} s"

    @classmethod
    def today(cls) -> "Weather":
        return cls.objects.get_or_create(pk=1)[0]


def metadata_of(row: Any) -> dict[str, str]:
    """What the shop attached to an object, as strings."""
    return {str(key): str(value) for key, value in row.metadata.items()}
