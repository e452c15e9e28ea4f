"""Parcels: what was packed into one, which carrier has it, and where it is."""

from datetime import date
from functools import partial
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.numbers import document_number, secret_key


class ShipmentQuerySet(models.QuerySet["Shipment"]):
    def to_ship(self) -> Self:
        """Packed parcels that have not left the house."""
        return self.filter(state=Shipment.State.PACKED)

    def on_their_way(self) -> Self:
        return self.filter(state__in=[Shipment.State.DISPATCHED, Shipment.State.IN_TRANSIT])

    def in_house(self) -> Self:
        """Parcels that never went, with their goods in them. One that nobody fetched is so until it is emptied."""
        here = Q(state__in=[Shipment.State.PACKED, Shipment.State.READY, Shipment.State.FAILED])
        return self.filter(here | Q(state=Shipment.State.RETURNED, goods_end=""), dispatched_at=None)

    def locked(self) -> Self:
        """The rows, locked in primary-key order; the order row is locked before them."""
        return self.order_by("pk").select_for_update(of=("self",))


class Shipment(TimeStamped):
    """One parcel of an order."""

    class State(models.TextChoices):
        PACKED = "packed", "Packed"
        DISPATCHED = "dispatched", "Handed over"
        IN_TRANSIT = "in-transit", "On its way"
        READY = "ready", "Ready to collect"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Not delivered"
        LOST = "lost", "Lost"
        RETURNED = "returned", "Came back"
        CANCELLED = "cancelled", "Unpacked"

    class GoodsEnd(models.TextChoices):
        RESTOCKED = "restocked", "Back in stock"
        DAMAGED = "damaged", "Set aside as damaged"
        GIVEN_UP = "given-up", "Given up as lost"

    class Remedy(models.TextChoices):
        SENT_AGAIN = "sent-again", "Sent again"
        REFUNDED = "refunded", "Refunded"

    number = models.CharField(max_length=12, unique=True, default=partial(document_number, "SH"), editable=False)
    order = models.ForeignKey("shop.Order", models.PROTECT, related_name="shipments")
    location = models.ForeignKey("shop.StockLocation", models.PROTECT, related_name="shipments")
    state = models.CharField(max_length=12, choices=State, default=State.PACKED, db_index=True)
    carrier = models.SlugField(blank=True, help_text="Code of the carrier's adapter; empty: none is asked")
    service = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True, db_index=True)
    tracking_url = models.URLField(max_length=300, blank=True)
    # The carrier's own id of the shipment, and what our label request is called there: asked again, it finds the first.
    carrier_reference = models.CharField(max_length=80, blank=True, db_index=True)
    request_key = models.CharField(max_length=40, unique=True, default=secret_key, editable=False)
    # When a carrier was asked for the label last: nobody else asks while that may still be under way.
    label_asked_at = models.DateTimeField(null=True, editable=False)
    weight_grams = models.PositiveIntegerField(default=0)
    volume_cm3 = models.PositiveIntegerField(default=0)
    label_cost = models.PositiveBigIntegerField(null=True, blank=True, help_text="Minor units of the shop's currency")
    promised_on = models.DateField(null=True, blank=True)
    packed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    packed_at = models.DateTimeField(default=clock.now, db_index=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    closed_note = models.CharField(max_length=200, blank=True, help_text="Why it was lost, failed or came back")

    # Of one that is lost or came back, each settled once: where its goods are, and what its buyer has instead.
    goods_end = models.CharField(max_length=10, choices=GoodsEnd, blank=True, editable=False)
    remedy = models.CharField(max_length=10, choices=Remedy, blank=True, editable=False)

    objects = ShipmentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "parcel"

    def __str__(self) -> str:
        return self.number

    @property
    def is_in_house(self) -> bool:
        """As in_house() asks."""
        if self.dispatched_at:
            return False
        here = (self.State.PACKED, self.State.READY, self.State.FAILED)
        return self.state in here or (self.state == self.State.RETURNED and not self.goods_end)

    @property
    def day_to_come(self) -> date | None:
        """By when it is promised; None once that day is over."""
        is_to_come = self.promised_on and self.promised_on >= timezone.localdate(clock.now())
        return self.promised_on if is_to_come else None


class ShipmentLine(models.Model):
    """Units of an order line in a parcel, from one stock level."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("shop.OrderLine", models.PROTECT, related_name="shipment_lines")
    level = models.ForeignKey("shop.StockLevel", models.PROTECT, related_name="shipment_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "order_line", "level"], name="shipment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.order_line_id}"


class ShipmentLabel(models.Model):
    """The label that a carrier made for a parcel."""

    shipment = models.OneToOneField(Shipment, models.CASCADE, related_name="label")
    pdf = models.BinaryField()
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"Label of {self.shipment_id}"


class TrackingEvent(models.Model):
    """What a carrier (or staff) said of a parcel, once. Append-only."""

    class Kind(models.TextChoices):
        LABEL = "label", "Label made"
        DISPATCHED = "dispatched", "Handed to the carrier"
        IN_TRANSIT = "in-transit", "On its way"
        OUT = "out", "Out for delivery"
        READY = "ready", "Ready to collect"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Could not be delivered"
        LOST = "lost", "Lost"
        RETURNED = "returned", "Came back to us"

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField(default=clock.now)
    place = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)
    # The carrier's id of the message; a repeated webhook finds it here.
    source = models.CharField(max_length=120, unique=True, default=secret_key)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


class ShippingClosure(models.Model):
    """A day on which nothing leaves the house, besides the country's public holidays."""

    day = models.DateField(unique=True)
    reason = models.CharField(max_length=80, blank=True)
    history = HistoricalRecords(app="shop")

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.reason}"
