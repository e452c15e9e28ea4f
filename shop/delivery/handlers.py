"""What delivery does when something happened to a parcel: its buyer is told."""

from shop.delivery import mails
from shop.delivery.shipment_models import Shipment
from shop.events.envelope import Event

State = Shipment.State


def mail_shipped(event: Event) -> None:
    """ParcelShipped: where to follow it."""
    _write(event, State.DISPATCHED)


def mail_delivered(event: Event) -> None:
    """DeliveryCompleted: that it arrived, and what to do if it did not."""
    _write(event, State.DELIVERED)


def mail_failed(event: Event) -> None:
    """DeliveryFailed: what went wrong with it and what comes next."""
    shipment = Shipment.objects.only("state").get(pk=event.detail["shipment_id"])
    _write(event, shipment.state)


def _write(event: Event, state: str) -> None:
    found = Shipment.objects.select_related("order", "location").get(pk=event.detail["shipment_id"])
    mails.write(found.order, found, state)
