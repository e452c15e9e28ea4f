"""Returns and exchanges: what a customer sends back, in what state it came, and what they get for it."""

from datetime import datetime
from functools import partial
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.numbers import document_number, secret_key


class ReturnQuerySet(models.QuerySet["Return"]):
    def open(self) -> Self:
        """Returns that somebody has still to do something about."""
        return self.filter(state__in=[Return.State.REQUESTED, Return.State.APPROVED, Return.State.RECEIVED])

    def to_approve(self) -> Self:
        """Asked for, and nobody has answered yet."""
        return self.filter(state=Return.State.REQUESTED)

    def on_their_way(self) -> Self:
        """Approved ones whose goods are not here yet."""
        return self.filter(state=Return.State.APPROVED)

    def to_settle(self) -> Self:
        """Goods that are here, for which the customer has got nothing yet."""
        return self.filter(state=Return.State.RECEIVED)

    def alive(self) -> Self:
        """Neither declined nor given up."""
        return self.exclude(state__in=[Return.State.DECLINED, Return.State.CANCELLED])

    def overdue(self, now: datetime) -> Self:
        """Approved ones whose goods did not come in time."""
        return self.on_their_way().filter(send_by__lt=timezone.localdate(now))

    def named(self, code: str) -> "Return | None":
        """The one whose slip was scanned, or whose label."""
        code = code.replace("\0", "").strip().upper()
        return self.filter(Q(number=code) | Q(tracking_number=code)).first() if code else None

    def sent_with(self, key: str) -> "Return | None":
        """The one that the form with this key has made: a double click, or Back and once more."""
        return self.filter(request_key=key[:64]).first() if key and "\0" not in key else None

    def locked(self) -> Self:
        """The rows, locked in primary-key order; the order row is locked before them."""
        return self.order_by("pk").select_for_update(of=("self",))


class Return(TimeStamped):
    """Goods of one order that come back."""

    class State(models.TextChoices):
        REQUESTED = "requested", "To approve"
        APPROVED = "approved", "On its way to us"
        DECLINED = "declined", "Declined"
        RECEIVED = "received", "Received"
        CLOSED = "closed", "Done"
        CANCELLED = "cancelled", "Cancelled"

    class Kind(models.TextChoices):
        RETURN = "return", "Return"
        WITHDRAWAL = "withdrawal", "Withdrawal from the contract"

    number = models.CharField(max_length=12, unique=True, default=partial(document_number, "RT"), editable=False)
    key = models.CharField(max_length=40, unique=True, default=secret_key, editable=False)
    # One form posts one key: a double click finds the return that it made before.
    request_key = models.CharField(max_length=64, unique=True, default=secret_key, editable=False)
    order = models.ForeignKey("shop.Order", models.PROTECT, related_name="returns")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.RETURN)
    state = models.CharField(max_length=12, choices=State, default=State.REQUESTED, db_index=True)
    requested_at = models.DateTimeField(default=clock.now, db_index=True)
    # EU: the moment in which a withdrawal was declared, as its receipt says.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True, help_text="In the customer's words")
    answer = models.CharField(max_length=300, blank=True, help_text="What we said, for the customer to read")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    send_by = models.DateField(null=True, blank=True)
    # Of the carrier that brings it, where it makes labels. Asked for at that time; two are never made.
    carrier = models.CharField(max_length=20, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True, db_index=True)
    # The carrier's own id of the label, by which it is given back; empty: there is none to give back.
    carrier_reference = models.CharField(max_length=80, blank=True)
    label = models.BinaryField(null=True, blank=True, help_text="PDF")
    label_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    received_at = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    # The order of the exchanged pieces: it holds their stock from the request on, and costs nothing.
    replacement = models.OneToOneField("shop.Order", models.PROTECT, null=True, blank=True, related_name="replaces")

    objects = ReturnQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    """Units of an order line that come back."""

    class Reason(models.TextChoices):
        TOO_SMALL = "too-small", "Too small"
        TOO_LARGE = "too-large", "Too large"
        NOT_AS_SHOWN = "not-as-shown", "Not as shown"
        FAULTY = "faulty", "Faulty or damaged"
        WRONG_ITEM = "wrong-item", "Not what I ordered"
        CHANGED_MIND = "changed-mind", "Changed my mind"
        UNDELIVERED = "undelivered", "It came back undelivered"

    class Wish(models.TextChoices):
        REFUND = "refund", "Refund"
        EXCHANGE = "exchange", "Exchange for another size"

    parent = models.ForeignKey(Return, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("shop.OrderLine", models.PROTECT, related_name="return_lines")
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=14, choices=Reason)
    note = models.CharField(max_length=300, blank=True)
    wish = models.CharField(max_length=10, choices=Wish, default=Wish.REFUND)
    exchange_for = models.ForeignKey("shop.ProductVariant", models.PROTECT, null=True, blank=True, related_name="+")
    # What was found in the parcel.
    restocked = models.PositiveIntegerField(default=0)
    damaged = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    refund = models.ForeignKey("shop.Refund", models.PROTECT, null=True, blank=True, related_name="return_lines")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "order_line"], name="return_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_quantity_positive"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("restocked") + F("damaged") + F("missing")),
                name="return_grades_what_was_announced",
            ),
            models.CheckConstraint(
                condition=Q(wish="refund", exchange_for=None) | Q(wish="exchange", exchange_for__isnull=False),
                name="exchange_names_its_variant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.order_line_id}"

    @property
    def is_our_fault(self) -> bool:
        """Whether the piece came wrong: then it is taken back in whatever state it is in."""
        return self.reason in OUR_FAULT

    @property
    def accepted(self) -> int:
        """Units found in the parcel for which the customer gets what they wished, without anybody deciding."""
        return self.restocked + (self.damaged if self.is_our_fault else 0)

    @property
    def to_decide(self) -> int:
        """Units that came damaged for no fault of ours: a person says whether they are paid for."""
        return 0 if self.is_our_fault else self.damaged


Reason = ReturnLine.Reason
OUR_FAULT = frozenset({Reason.NOT_AS_SHOWN, Reason.FAULTY, Reason.WRONG_ITEM, Reason.UNDELIVERED})


class ReturnStep(models.Model):
    """One line of a return's history: append-only."""

    parent = models.ForeignKey(Return, models.CASCADE, related_name="steps")
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    note = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.from_state or 'new'} to {self.to_state}"
