"""What the pretended PayPal remembers, in its words. Amounts are decimals, as in its API."""

import secrets

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


def paypal_id() -> str:
    """In capitals, as PayPal's are."""
    return f"SANDBOX{secrets.token_hex(6).upper()}"


class PayPalOrder(models.Model):
    """An order at PayPal: what is to be paid, agreed to by its buyer, and then captured by the shop."""

    class Status(models.TextChoices):
        PAYER_ACTION_REQUIRED = "PAYER_ACTION_REQUIRED"
        APPROVED = "APPROVED"
        COMPLETED = "COMPLETED"
        FORGOTTEN = "FORGOTTEN"

    class Funding(models.TextChoices):
        BALANCE = "balance"
        ECHECK = "echeck"
        DECLINED = "declined"

    id = models.CharField(max_length=36, primary_key=True, default=paypal_id)
    status = models.CharField(max_length=30, choices=Status, default=Status.PAYER_ACTION_REQUIRED)
    value = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    unit = models.JSONField(help_text="The purchase unit as it was sent")
    funding = models.CharField(max_length=10, choices=Funding, blank=True)
    payer_id = models.CharField(max_length=20)
    return_url = models.TextField()
    cancel_url = models.TextField()
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.id


class PayPalCapture(models.Model):
    """The money of an order, taken or on its way."""

    class Status(models.TextChoices):
        COMPLETED = "COMPLETED"
        PENDING = "PENDING"
        DECLINED = "DECLINED"
        PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
        REFUNDED = "REFUNDED"

    id = models.CharField(max_length=36, primary_key=True, default=paypal_id)
    order = models.ForeignKey(PayPalOrder, models.CASCADE, related_name="captures")
    status = models.CharField(max_length=20, choices=Status)
    value = models.DecimalField(max_digits=14, decimal_places=2)
    refunded = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]
        constraints = [
            models.CheckConstraint(condition=Q(refunded__lte=F("value")), name="sandbox_refunded_within_capture")
        ]

    def __str__(self) -> str:
        return self.id


class PayPalRefund(models.Model):
    """Money of a capture given back."""

    id = models.CharField(max_length=36, primary_key=True, default=paypal_id)
    capture = models.ForeignKey(PayPalCapture, models.CASCADE, related_name="refunds")
    value = models.DecimalField(max_digits=14, decimal_places=2)
    custom_id = models.CharField(max_length=127, blank=True)
    note = models.CharField(max_length=255, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.id


class PayPalDispute(models.Model):
    """A buyer of a captured order wants the money back."""

    id = models.CharField(max_length=36, primary_key=True, default=paypal_id)
    capture = models.ForeignKey(PayPalCapture, models.CASCADE, related_name="disputes")
    value = models.DecimalField(max_digits=14, decimal_places=2)
    reason = models.CharField(max_length=60, default="MERCHANDISE_OR_SERVICE_NOT_RECEIVED")
    outcome = models.CharField(max_length=40, blank=True, help_text="Empty while it is open")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.id
