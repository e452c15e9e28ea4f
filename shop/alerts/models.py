"""What a person on the staff has to look at, and what to do about it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from shop.core import clock


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        """Alerts that nobody has dealt with yet."""
        return self.filter(closed_at=None)


class Alert(models.Model):
    """One matter for the staff. While one with its key is open, the same matter makes no second row."""

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
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(closed_at=None), name="one_open_alert_per_key")
        ]

    def __str__(self) -> str:
        return self.title
