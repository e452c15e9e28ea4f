"""What has to fall at the edge."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Sum

from shop.core import clock
from shop.core.attempts import Attempted


class EdgePurgeQuerySet(models.QuerySet["EdgePurge"]):
    def due(self) -> Self:
        """What is to be purged now, oldest first."""
        return self.filter(state=EdgePurge.State.PENDING, next_attempt_at__lte=clock.now()).order_by("created_at")

    def unsettled(self, since: datetime) -> Self:
        """What was purged since then, or is still to be."""
        return self.filter(Q(state=EdgePurge.State.PENDING) | Q(purged_at__gte=since))

    def spent(self, since: datetime) -> int:
        """How many paths were paid for since then."""
        found: int | None = self.filter(purged_at__gte=since).aggregate(paths=Sum("paths"))["paths"]
        return found or 0


class EdgePurge(Attempted):
    """Tags of pages that show something that has changed. Written with the change, purged by the next tick."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        PURGED = "purged", "Purged"
        WAITS = "waits", "Left to expire: this month's purges are used up"
        DEAD = "dead", "Gave up"

    tags = ArrayField(models.CharField(max_length=100))
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(default=clock.now)
    purged_at = models.DateTimeField(null=True, blank=True)
    # What the batch cost that this row was the first of.
    paths = models.PositiveIntegerField(default=0)

    objects = EdgePurgeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="edge_purge_due"),
            models.Index(fields=["purged_at"], name="edge_purge_purged"),
        ]

    def __str__(self) -> str:
        return ", ".join(self.tags)
