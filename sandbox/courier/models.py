"""What the pretended courier remembers."""

import secrets

from django.db import models
from django.utils import timezone


def parcel_id() -> str:
    return f"par_sandbox_{secrets.token_hex(8)}"


def tracking_number() -> str:
    """In the form of a postal item's number, with a country that there is none of."""
    return f"LC{secrets.randbelow(10**9):09d}XX"


class CourierParcel(models.Model):
    """A parcel that a label was made for."""

    class State(models.TextChoices):
        LABEL = "label-made"
        COLLECTED = "collected"
        IN_TRANSIT = "in-transit"
        OUT = "out-for-delivery"
        READY = "ready-for-collection"
        DELIVERED = "delivered"
        FAILED = "attempt-failed"
        LOST = "lost"
        RETURNED = "returned-to-sender"
        CANCELLED = "cancelled"

    id = models.CharField(max_length=40, primary_key=True, default=parcel_id)
    key = models.CharField(max_length=80, unique=True, help_text="The shop's own name of its request")
    reference = models.CharField(max_length=60, help_text="Printed on the label")
    tracking_number = models.CharField(max_length=20, unique=True, default=tracking_number)
    service = models.CharField(max_length=40, default="parcel")
    recipient = models.JSONField()
    sender = models.JSONField()
    weight_grams = models.PositiveIntegerField()
    cost = models.PositiveIntegerField(help_text="Minor units")
    state = models.CharField(max_length=24, choices=State, default=State.LABEL)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.tracking_number


class CourierNews(models.Model):
    """Something that happened to a parcel."""

    id = models.CharField(max_length=60, primary_key=True)
    parcel = models.ForeignKey(CourierParcel, models.CASCADE, related_name="news")
    kind = models.CharField(max_length=24)
    at = models.DateTimeField(default=timezone.now)
    place = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.parcel_id}"
