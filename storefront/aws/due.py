"""When each job that runs more often than every hour has something to do next, asked of the tables it works on.

An answer says what is so, and never counts from now on: a job that has something to do says so until it has done it,
so that whoever plans for all of them after one has run puts off none of the others.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, Min, QuerySet

from shop.catalog.models import Product
from shop.delivery.shipment_models import Shipment, ShipmentLabel
from shop.delivery.tracking import FORGOTTEN, QUIET
from shop.edge.models import EdgePurge
from shop.events.models import OutboxEvent
from shop.imports.models import DataImport
from shop.mail.models import OutgoingMail
from shop.marketing.sales import next_change
from shop.orders.models import Order
from shop.packing.services import unplanned
from shop.payments.models import PaymentAttempt, ProviderEvent, Refund

# So long somebody may be paying, or a refund be on its way to the provider: looked after at every run. What takes
# longer waits for a bank, and is asked about by the hour.
FRESH = timedelta(hours=4)
SLOW = timedelta(hours=1)

Due = datetime | None


def relay(now: datetime) -> Due:
    return earliest(OutboxEvent.objects.filter(state=OutboxEvent.State.PENDING), "next_attempt_at")


def purging(now: datetime) -> Due:
    return earliest(EdgePurge.objects.filter(state=EdgePurge.State.PENDING), "next_attempt_at")


def mail(now: datetime) -> Due:
    return earliest(OutgoingMail.objects.filter(state=OutgoingMail.State.PENDING), "next_attempt_at")


def unacknowledged(now: datetime) -> Due:
    asked = earliest(OutboxEvent.objects.unacknowledged(now), "published_at")
    return asked + timedelta(minutes=settings.UNACKNOWLEDGED_MINUTES) if asked else None


def publish(now: datetime) -> Due:
    return earliest(Product.objects.filter(listing=None, variants__is_active=True), "published_at")


def imports(now: datetime) -> Due:
    return at_once(DataImport.objects.filter(state=DataImport.State.RUNNING), now)


def expiring(now: datetime) -> Due:
    return earliest(Order.objects.filter(state=Order.State.PENDING), "hold_until")


def reconciling(now: datetime) -> Due:
    """Messages that wait are due at once; money on its way at every run, or by the hour once it is slow."""
    moving = [PaymentAttempt.objects.live(), Refund.objects.unfinished().order_by()]
    fresh = [at_once(ProviderEvent.objects.waiting(), now)]
    fresh += [at_once(rows.filter(created_at__gt=now - FRESH), now) for rows in moving]
    asked = [earliest(rows.filter(created_at__lte=now - FRESH), "updated_at") for rows in moving]
    return first(*fresh, *(when + SLOW for when in asked if when))


def opened_labels(now: datetime) -> Due:
    return at_once(ShipmentLabel.objects.filter(shipment__state=Shipment.State.CANCELLED), now)


def carriers_news(now: datetime) -> Due:
    away = Shipment.objects.on_their_way().exclude(carrier_reference="").filter(dispatched_at__gt=now - FORGOTTEN)
    heard = earliest(away.annotate(heard=Max("events__recorded_at")).order_by(), "heard")
    return heard + QUIET if heard else None


def packing(now: datetime) -> Due:
    return at_once(unplanned(), now)


def figures(now: datetime) -> Due:
    """What is reported stays as it was while nobody does anything."""
    return None


def earliest(rows: QuerySet[Any], column: str) -> Due:
    """The earliest value of that column; None of no rows, or where none has one."""
    found: Due = rows.aggregate(earliest=Min(column))["earliest"]
    return found


def at_once(rows: QuerySet[Any], now: datetime) -> Due:
    return now if rows.exists() else None


def first(*times: Due) -> Due:
    return min((each for each in times if each), default=None)


# By the job's name in storefront/scheduled.py.
DUE: dict[str, Callable[[datetime], Due]] = {
    "relay": relay,
    "purge edge": purging,
    "mail": mail,
    "republish unacknowledged": unacknowledged,
    "publish": publish,
    "sales": next_change,
    "write imports": imports,
    "expire unpaid orders": expiring,
    "reconcile payments": reconciling,
    "labels of opened parcels": opened_labels,
    "ask carriers for news": carriers_news,
    "plan packing": packing,
    "figures": figures,
}
