"""What the pretended EasyPost remembers."""

import secrets
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone


def shipment_id() -> str:
    return f"shp_sandbox{secrets.token_hex(10)}"


class EasyPostShipment(models.Model):
    """A parcel with its rates; with a label once one was bought."""

    id = models.CharField(max_length=40, primary_key=True, default=shipment_id)
    reference = models.CharField(max_length=100, blank=True, db_index=True)
    asked = models.JSONField(help_text="The shipment as it was asked for")
    rates = models.JSONField(default=list)
    messages = models.JSONField(default=list)
    selected_rate = models.JSONField(null=True)
    tracking_code = models.CharField(max_length=30, blank=True, db_index=True)
    details = models.JSONField(default=list, help_text="What tracking says, oldest first")
    refund_status = models.CharField(max_length=12, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.tracking_code or self.id

    @property
    def tracking_number(self) -> str:
        return self.tracking_code

    @property
    def recipient(self) -> dict[str, Any]:
        found: dict[str, Any] = self.asked["to_address"]
        return found

    @property
    def status(self) -> str:
        """As the tracker says it."""
        if self.refund_status:
            return "cancelled"
        return str(self.details[-1]["status"]) if self.details else "pre_transit" if self.tracking_code else "unknown"

    state = status

    @property
    def weight_grams(self) -> int:
        return round(float(self.asked["parcel"]["weight"]) * 28.349523125)

    @property
    def news(self) -> list[dict[str, Any]]:
        """Newest first, as the page shows them."""
        rows = [
            {
                "kind": each["status"],
                "note": each["message"],
                "place": each["tracking_location"]["city"],
                "at": datetime.fromisoformat(each["datetime"]),
            }
            for each in self.details
        ]
        return rows[::-1]
