"""Working days: when parcels leave the house, and when carriers bring them."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from shop.catalog.snapshot import Snapshot
from shop.core import clock
from shop.delivery.shipment_models import ShippingClosure

# What is paid before this, shop time, leaves the same working day, where a way of delivery says nothing else.
CUT_OFF = time(14, 0)
Days = Collection[date]


def dispatch_day(now: datetime, cut_off: time = CUT_OFF, closed: Days | None = None) -> date:
    """The day on which an order paid now leaves: Monday to Friday, no public holiday here, no closed day.

    closed: the shop's closed days where they are known already; otherwise they are read (one query).
    """
    closed = closed_days() if closed is None else closed
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    today = local.date()
    leaves_today = local.time() < cut_off and is_working_day(today, settings.SHOP_COUNTRY, closed)
    return today if leaves_today else add_working_days(today, 1, settings.SHOP_COUNTRY, closed)


def next_turn(now: datetime, cut_offs: Iterable[time]) -> datetime:
    """When what pages say of days may change next, as long as nobody changes anything: a cut-off, or midnight here."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    today = (datetime.combine(local.date(), cut_off, local.tzinfo) for cut_off in cut_offs)
    return min((moment for moment in today if moment > now), default=midnight)


def add_working_days(day: date, days: int, country: str = "", closed: Days = ()) -> date:
    """That many working days of a country (ISO 3166 alpha-2; empty: no holidays) after a day."""
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day, country, closed)
    return day


def is_working_day(day: date, country: str = "", closed: Days = ()) -> bool:
    return day.weekday() < 5 and day not in closed and not (country and day in holidays_of(country, day.year))


def closed_days(catalogue: Snapshot | None = None) -> frozenset[date]:
    """The days from today on which nothing leaves, besides public holidays; with a catalogue those it holds."""
    if catalogue:
        return frozenset(row.day for row in catalogue.tables.all(ShippingClosure))
    return frozenset(ShippingClosure.objects.filter(day__gte=clock.now().date()).values_list("day", flat=True))


def holidays_of(country: str, year: int) -> frozenset[date]:
    """A country's public holidays that year; none where nobody keeps a list."""
    region = settings.SHOP_REGION if country == settings.SHOP_COUNTRY else ""
    return _holidays(country, region, year)


@lru_cache(maxsize=256)
def _holidays(country: str, region: str, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415 - heavy: only processes that promise days load it

    try:
        return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))
    except NotImplementedError:
        return frozenset()
