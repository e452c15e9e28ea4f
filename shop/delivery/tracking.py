"""What carriers say of parcels: by their messages, and asked for where messages were lost."""

import logging

from shop.adapters.carriers import Tracked
from shop.delivery.parcels import News, record
from shop.delivery.shipment_models import Shipment, TrackingEvent

log = logging.getLogger(__name__)


def take(code: str, tracked: Tracked) -> bool:
    """Record a carrier's news of one of our parcels; whether it was new. News of any other parcel is dropped."""
    shipment = Shipment.objects.filter(carrier=code, carrier_reference=tracked.reference).only("pk").first()
    if shipment is None or not tracked.reference:
        log.info("%s has news of a parcel that is not ours: %s", code, tracked.reference[:80])
        return False
    kind = TrackingEvent.Kind(tracked.kind)
    return record(shipment.pk, News(kind, tracked.at, tracked.place, tracked.note, tracked.source))
