"""What a person on the staff has to look at, and what to do about it."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from shop.core import clock

if TYPE_CHECKING:
    from shop.accounts.models import User


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        """Alerts that nobody has dealt with yet."""
        return self.filter(closed_at=None)

    def close(self, actor: "User | None" = None) -> int:
        """Close those that are open; how many that were."""
        return self.open().update(closed_at=clock.now(), closed_by=actor)


class Alert(models.Model):
    """One matter for the staff. While one with its key is open, the same matter makes no second row."""

    class Area(models.TextChoices):
        MONEY = "money", "Money and orders"
        STOCK = "stock", "Stock and packing"
        SHOP = "shop", "Running the shop"

    area = models.CharField(max_length=10, choices=Area, default=Area.MONEY)
    key = models.CharField(max_length=200, db_index=True, help_text="Names the matter: kind and subject")
    title = models.CharField(max_length=200)
    advice = models.TextField(help_text="What to do")
    order = models.ForeignKey("shop.Order", models.CASCADE, null=True, blank=True, related_name="alerts")
    raised_at = models.DateTimeField(default=clock.now, db_index=True)
    # How often the matter was seen, and when last.
    times = models.PositiveIntegerField(default=1)
    last_seen_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        # The open ones first, the newest of them on top.
        ordering = [F("closed_at").desc(nulls_first=True), "-raised_at", "-pk"]
        indexes = [
            models.Index(
                F("closed_at").desc(nulls_first=True), F("raised_at").desc(), F("id").desc(), name="alerts_in_order"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(closed_at=None), name="one_open_alert_per_key")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.closed_at is None
