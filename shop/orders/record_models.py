"""What else happened to an order, beside its moves from state to state: what stands against it, what buyers asked."""

from typing import Self

from django.conf import settings
from django.db import models

from shop.core import clock
from shop.orders.models import Order


class OrderHoldQuerySet(models.QuerySet["OrderHold"]):
    def standing(self) -> Self:
        """Holds that nobody has lifted yet."""
        return self.filter(lifted_at=None)


class OrderHold(models.Model):
    """A reason why an order must not leave the house, whatever its state. One row per thing the provider told us."""

    class Kind(models.TextChoices):
        DISPUTE = "dispute", "Payment disputed"
        REVIEW = "review", "Under review at the provider"
        FRAUD_WARNING = "fraud-warning", "Early fraud warning"

    order = models.ForeignKey(Order, models.CASCADE, related_name="holds")
    kind = models.CharField(max_length=20, choices=Kind)
    source = models.CharField(max_length=120, help_text="The provider's id of the dispute, review or warning")
    reason = models.CharField(max_length=200, blank=True)
    placed_at = models.DateTimeField(default=clock.now)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)

    objects = OrderHoldQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "source"], name="order_hold_once_per_source")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.source})"


class OrderRequest(models.Model):
    """Something a buyer asked for that touched the order: append-only, and nothing in it says who or from where."""

    class What(models.TextChoices):
        PLACED = "placed", "Placed the order"
        SUBMITTED = "submitted", "Sent the checkout form again"
        RETURNED = "returned", "Came back from the payment page"
        PAY = "pay", "Asked to pay again"
        CANCEL = "cancel", "Asked to cancel"

    order = models.ForeignKey(Order, models.CASCADE, related_name="requests")
    what = models.CharField(max_length=12, choices=What)
    outcome = models.CharField(max_length=80)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.outcome}"
