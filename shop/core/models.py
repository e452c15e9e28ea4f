"""Base classes of the shop's models."""

from django.db import models

from shop.core import clock


class TimeStamped(models.Model):
    """Adds when a row was made and last saved (UTC)."""

    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
