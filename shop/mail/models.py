"""Mails to send: queued in the transaction that causes them, sent by a job outside any transaction."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from shop.core import clock
from shop.core.attempts import Attempted

if TYPE_CHECKING:
    from shop.accounts.models import User


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
        WITHHELD = "withheld", "Not sent: address refused"

    class Outcome(models.TextChoices):
        """What the mail service told of a mail that was sent; each outdoes those before it, in whatever order told."""

        UNKNOWN = "", "-"
        SOFT = "soft", "Not taken for now"
        DELIVERED = "delivered", "Delivered"
        BOUNCED = "bounced", "Bounced"
        COMPLAINED = "complained", "Called spam"

    class Channel(models.TextChoices):
        MAIL = "mail", "Mail"
        STAFF = "staff", "Notice to the staff"

    key = models.CharField(max_length=120, unique=True, help_text="e.g. order-confirmation:A7KM-29QX")
    about = models.CharField(max_length=40, blank=True, db_index=True, help_text="The number of the order it is about")
    to = models.EmailField()
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.MAIL, editable=False)
    # Nobody who called the shop's mails spam gets another that they can do without.
    marketing = models.BooleanField(default=False, editable=False)
    # Short for the key: the mail service carries it along and tells it with what became of the mail.
    digest = models.CharField(max_length=24, blank=True, db_index=True, editable=False)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.UNKNOWN, blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)
    outcome_words = models.CharField(max_length=300, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="pending"), name="mail_due"),
            models.Index(fields=["created_at"], condition=Q(state="failed"), name="mail_given_up"),
        ]

    def __str__(self) -> str:
        return self.key


class MailRefusalQuerySet(models.QuerySet["MailRefusal"]):
    def standing(self, email: str) -> Self:
        """Those of an address that nobody has lifted."""
        return self.filter(email=email.lower(), lifted_at=None)

    def lift(self, actor: "User | None") -> int:
        """Mails may be sent to these addresses again; how many refusals that were."""
        return self.filter(lifted_at=None).update(lifted_at=clock.now(), lifted_by=actor)


class MailRefusal(models.Model):
    """An address that does not exist, or whose reader called a mail of ours spam."""

    class Kind(models.TextChoices):
        BOUNCE = "bounce", "Bounced"
        COMPLAINT = "complaint", "Called spam"

    email = models.EmailField(db_index=True, help_text="In small letters")
    kind = models.CharField(max_length=10, choices=Kind)
    words = models.CharField(max_length=300, blank=True, help_text="What the mail service said")
    # The mail service's own, so that what is told twice is not noted again after somebody lifted it.
    feedback_id = models.CharField(max_length=120, editable=False)
    noted_at = models.DateTimeField(default=clock.now)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)

    objects = MailRefusalQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "refused address"
        verbose_name_plural = "refused addresses"
        constraints = [models.UniqueConstraint(fields=["feedback_id", "email"], name="mail_refused_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.email}"


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
