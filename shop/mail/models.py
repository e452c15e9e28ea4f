"""Mails to send: queued in the transaction that causes them, sent by a job outside any transaction."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from shop.core import clock
from shop.core.attempts import Attempted


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def due(self) -> Self:
        """Mails to try now, oldest first."""
        return self.filter(state=OutgoingMail.State.PENDING, next_attempt_at__lte=clock.now()).order_by("pk")

    def given_up(self) -> Self:
        """Mails that were tried often enough."""
        return self.filter(state=OutgoingMail.State.FAILED)

    def stuck(self, before: datetime) -> Self:
        """Mails that were given up, or that wait since before that moment."""
        late = Q(state=OutgoingMail.State.PENDING, created_at__lt=before)
        return self.filter(Q(state=OutgoingMail.State.FAILED) | late)


class OutgoingMail(Attempted):
    """One mail to one person. The key says what it is about, so that the same news is never queued twice."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Gave up"

    key = models.CharField(max_length=120, unique=True, help_text="e.g. order-confirmation:A7KM-29QX")
    about = models.CharField(max_length=40, blank=True, db_index=True, help_text="The number of the order it is about")
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="mail_due"),
            models.Index(fields=["created_at"], condition=Q(state="failed"), name="mail_given_up"),
        ]

    def __str__(self) -> str:
        return self.key


class MailAttachment(models.Model):
    """A file that goes with a mail."""

    mail = models.ForeignKey(OutgoingMail, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=60)
    content = models.BinaryField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["mail", "name"], name="attachment_once_per_mail")]

    def __str__(self) -> str:
        return self.name
