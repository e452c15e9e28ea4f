"""What carriers say of parcels: by their messages, and asked for where messages were lost."""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Max

from shop.adapters.carriers import CarrierError, Tracked, carrier
from shop.core import clock
from shop.delivery.parcels import News, record
from shop.delivery.shipment_models import Shipment, TrackingEvent

log = logging.getLogger(__name__)

# A parcel without news for so long is asked about; one that nobody heard of for longer is not any more.
QUIET, FORGOTTEN = timedelta(hours=12), timedelta(days=60)
MOST, SECONDS_A_RUN = 100, 20.0


def take(code: str, tracked: Tracked) -> bool:
    """Record a carrier's news of one of our parcels; whether it was new. News of any other parcel is dropped."""
    shipment = Shipment.objects.filter(carrier=code, carrier_reference=tracked.reference).only("pk").first()
    if shipment is None or not tracked.reference:
        log.info("%s has news of a parcel that is not ours: %s", code, tracked.reference[:80])
        return False
    kind = TrackingEvent.Kind(tracked.kind)
    return record(shipment.pk, News(kind, tracked.at, tracked.place, tracked.note, tracked.source))


def ask_for_news() -> int:
    """Ask the carriers about parcels that left and of which nothing was heard; how many pieces of news that brought.

    The longest quiet first, for at most twenty seconds. Never call it inside a transaction.
    """
    now, ends = clock.now(), time.monotonic() + min(SECONDS_A_RUN, settings.ROUND_SECONDS)
    away = Shipment.objects.on_their_way().exclude(carrier_reference="").filter(dispatched_at__gt=now - FORGOTTEN)
    away = away.filter(carrier__in=list(settings.CARRIERS))
    quiet = away.annotate(heard=Max("events__recorded_at")).filter(heard__lt=now - QUIET).order_by("heard")
    found = 0
    for shipment in quiet[:MOST]:
        if time.monotonic() > ends:
            break
        try:
            news = carrier(shipment.carrier).track(shipment.carrier_reference)
        except CarrierError as error:
            log.warning("%s could not be asked for: %s", shipment.number, error)
            continue
        found += sum(take(shipment.carrier, tracked) for tracked in news)
    return found
