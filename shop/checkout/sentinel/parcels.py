"""Does what left the house arrive?"""

from collections.abc import Iterator
from datetime import date, timedelta

from django.utils import timezone

from shop.alerts.models import Alert
from shop.checkout.sentinel.finding import Check, Finding
from shop.core import clock
from shop.delivery.days import add_working_days
from shop.delivery.shipment_models import Shipment

# Working days after its day that a parcel may be under way before somebody asks; never fewer days than that.
PATIENCE = 5


def quiet_parcels() -> Iterator[Finding]:
    now = clock.now()
    away = Shipment.objects.on_their_way().filter(dispatched_at__lt=now - timedelta(days=PATIENCE))
    for shipment in away.select_related("order").order_by("pk"):
        order, day = shipment.order, expected_on(shipment)
        if add_working_days(day, PATIENCE, order.country) < timezone.localdate(now):
            yield Finding(
                shipment.pk,
                f"Parcel {shipment.number} of order {order.number} should have arrived by {day:%-d %B}, and nobody "
                "knows that it did",
                "Ask the carrier where it is. On the parcel's page say what became of it: it arrived, could not be "
                "delivered, is lost or came back.",
                order.pk,
            )


def expected_on(shipment: Shipment) -> date:
    """The day on which it should be there: as promised, or the one on which it left where that was later."""
    assert shipment.dispatched_at
    left = timezone.localdate(shipment.dispatched_at)
    return max(shipment.promised_on or shipment.order.delivery_until or left, left)


CHECKS = (Check("parcel-quiet", "parcels that arrive in time", quiet_parcels, Alert.Area.STOCK),)
