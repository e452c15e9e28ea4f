"""The outbox (what happened, written with the change itself) and the inbox (what a consumer has done with it)."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT

from shop.core import clock
from shop.core.attempts import Attempted
from shop.events.registry import HANDLERS


class OutboxEventQuerySet(models.QuerySet["OutboxEvent"]):
    def due(self) -> Self:
        """Events to publish now, oldest first."""
        return self.filter(state=OutboxEvent.State.PENDING, next_attempt_at__lte=clock.now()).order_by("created_at")

    def given_up(self) -> Self:
        """Events that were tried often enough."""
        return self.filter(state=OutboxEvent.State.DEAD)

    def stuck(self, before: datetime) -> Self:
        """Events that were given up, or that wait since before that moment."""
        late = Q(state=OutboxEvent.State.PENDING, created_at__lt=before)
        return self.filter(Q(state=OutboxEvent.State.DEAD) | late)

    def unacknowledged(self, before: datetime) -> Self:
        """Events published before that moment that some consumer has not handled. Those nobody consumes need it not."""
        awaited = [name for name, consumers in HANDLERS.items() if consumers]
        published = self.filter(state=OutboxEvent.State.PUBLISHED, published_at__lt=before)
        return published.filter(acknowledged_at=None, name__in=awaited)

    def about_order(self, order_id: int) -> Self:
        """Events whose detail names that order, through an index."""
        named = self.filter(detail__has_key="order_id").alias(named_order=KT("detail__order_id"))
        return named.filter(named_order=str(order_id))


class OutboxEvent(Attempted):
    """Something that happened. Written in the transaction that made it happen; the relay publishes it."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        PUBLISHED = "published", "Published"
        DEAD = "dead", "Gave up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60)
    source = models.CharField(max_length=60)
    detail = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(default=clock.now)
    published_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True, help_text="When its last consumer had handled it")
    # How often it was published again because nobody acknowledged it.
    republished = models.PositiveSmallIntegerField(default=0)

    objects = OutboxEventQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["-created_at"], name="outbox_newest"),
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="outbox_due"),
            models.Index(fields=["created_at"], condition=Q(state="dead"), name="outbox_given_up"),
            models.Index(
                fields=["published_at"],
                condition=Q(state="published", acknowledged_at=None),
                name="outbox_unacknowledged",
            ),
            models.Index(KT("detail__order_id"), name="outbox_order", condition=Q(detail__has_key="order_id")),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class InboxEntry(models.Model):
    """A consumer has handled an event: written in the handler's own transaction, so a repeat does nothing."""

    consumer = models.CharField(max_length=100)
    event_id = models.UUIDField(db_index=True)
    handled_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "inbox entries"
        constraints = [models.UniqueConstraint(fields=["consumer", "event_id"], name="handled_once")]

    def __str__(self) -> str:
        return f"{self.consumer} {self.event_id}"
