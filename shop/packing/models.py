"""Packing: what is to be put into a parcel, by whom, and what was found on the shelf."""

from functools import partial
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.numbers import document_number


class Wave(TimeStamped):
    """Packing tasks of one location that are picked in one walk along the shelves."""

    number = models.CharField(max_length=12, unique=True, default=partial(document_number, "WV"), editable=False)
    location = models.ForeignKey("shop.StockLocation", models.PROTECT, related_name="waves")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.number


# By the day on which they leave; of one day those first that are to arrive first, so express before standard.
URGENT_FIRST = (F("send_by").asc(nulls_last=True), F("order__delivery_until").asc(nulls_last=True), "pk")


class PackingTaskQuerySet(models.QuerySet["PackingTask"]):
    def open(self) -> Self:
        """Tasks that somebody has still to do, the most urgent first."""
        return self.filter(state__in=[PackingTask.State.WAITING, PackingTask.State.PACKING]).order_by(*URGENT_FIRST)

    def locked(self) -> Self:
        """The rows, locked in primary-key order; the order row is locked before them."""
        return self.order_by("pk").select_for_update(of=("self",))


class PackingTask(TimeStamped):
    """Everything of an order that one location has to pack."""

    class State(models.TextChoices):
        WAITING = "waiting", "To pack"
        PACKING = "packing", "Being packed"
        PACKED = "packed", "Packed"
        FAILED = "failed", "Nothing to pack"
        CANCELLED = "cancelled", "Cancelled"

    number = models.CharField(max_length=12, unique=True, default=partial(document_number, "PK"), editable=False)
    order = models.ForeignKey("shop.Order", models.PROTECT, related_name="packing_tasks")
    location = models.ForeignKey("shop.StockLocation", models.PROTECT, related_name="packing_tasks")
    wave = models.ForeignKey(Wave, models.SET_NULL, null=True, blank=True, related_name="tasks")
    shipment = models.OneToOneField("shop.Shipment", models.SET_NULL, null=True, editable=False, related_name="task")
    state = models.CharField(max_length=12, choices=State, default=State.WAITING, db_index=True, editable=False)
    send_by = models.DateField(null=True, blank=True, db_index=True, help_text="Leaves by then to arrive as promised")
    packed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False)
    packed_at = models.DateTimeField(null=True, editable=False)

    objects = PackingTaskQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                F("send_by").asc(nulls_last=True),
                "id",
                condition=Q(state__in=["waiting", "packing"]),
                name="packing_queue",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "location"],
                condition=Q(state__in=["waiting", "packing"]),
                name="one_open_task_per_order_and_location",
            )
        ]

    def __str__(self) -> str:
        return self.number


class PackingLine(models.Model):
    """Units of an order line to be taken from one stock level, and how many were scanned into the parcel."""

    class Problem(models.TextChoices):
        MISSING = "missing", "Not on the shelf"
        DAMAGED = "damaged", "Damaged"

    class Remedy(models.TextChoices):
        BACK_ORDER = "back-order", "Send it later"
        REFUND = "refund", "Refund it"

    task = models.ForeignKey(PackingTask, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("shop.OrderLine", models.PROTECT, related_name="packing_lines")
    reservation = models.ForeignKey("shop.Reservation", models.PROTECT, related_name="packing_lines")
    quantity = models.PositiveIntegerField()
    packed = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=10, choices=Problem, blank=True)
    remedy = models.CharField(max_length=12, choices=Remedy, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["task", "reservation"], name="packing_reservation_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="packing_quantity_positive"),
            models.CheckConstraint(condition=Q(packed__lte=F("quantity")), name="packed_within_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.packed} of {self.quantity}"


class Scan(models.Model):
    """What was scanned at the packing table, right or wrong."""

    task = models.ForeignKey(PackingTask, models.CASCADE, related_name="scans")
    code = models.CharField(max_length=60)
    outcome = models.CharField(max_length=200)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    is_right = models.BooleanField(default=True)
    # Of the form it came by: the same one again is the same scan. Empty: none was sent.
    key = models.CharField(max_length=40, blank=True, editable=False)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["task", "key"], condition=~Q(key=""), name="scan_once_per_form"),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.outcome}"
