"""Which ways of delivery a country is offered, what each costs for a bag, and when it arrives."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from shop.catalog.snapshot import Snapshot
from shop.core import clock
from shop.core.dates import day_span
from shop.core.money import Money
from shop.delivery.models import ShippingRate
from shop.orders.services import DeliveryTerms

# What is paid before this, shop time, leaves the same working day.
CUT_OFF = time(14, 0)


@dataclass(frozen=True, slots=True)
class Offer:
    """A way of delivery as one bag is offered it. Amounts are minor units; free_over is None where it is never free."""

    code: str
    name: str
    goods: int
    price: int
    currency: str
    free_over: int | None
    first_day: date
    last_day: date

    @property
    def days(self) -> str:
        return day_span(self.first_day, self.last_day)

    @property
    def price_text(self) -> str:
        return str(Money(self.price, self.currency)) if self.price else "Free"

    def terms(self) -> DeliveryTerms:
        """What an order keeps of it."""
        return DeliveryTerms(self.code, self.name, self.price, self.first_day, self.last_day)


def offers(country: str, goods: int, now: datetime | None = None) -> list[Offer]:
    """What that country (ISO 3166 alpha-2) is offered for goods of that value (minor units), in shown order.

    One query. Where a method has several rates for the country, the first one counts.
    """
    return offers_of(ShippingRate.objects.offered_in(country), goods, now)


def offers_of(rates: Iterable[ShippingRate], goods: int, now: datetime | None = None) -> list[Offer]:
    """What one country's rates come to for goods of that value (minor units)."""
    ready = dispatch_day(now or clock.now())
    found: dict[str, Offer] = {}
    for rate in rates:
        found.setdefault(rate.method.code, offer(rate, goods, ready))
    return list(found.values())


def shown_rates(catalogue: Snapshot, country: str) -> list[ShippingRate]:
    """A country's rates as pages show them before anything is agreed, in the order they are shown: no query."""
    rates = [rate for rate in catalogue.tables.all(ShippingRate) if rate.is_offered_in(country)]
    return sorted(rates, key=lambda rate: (rate.method.position, rate.pk))


def shown_countries(catalogue: Snapshot) -> set[str]:
    """countries(), as pages show them before anything is agreed: no query."""
    return {code for rate in catalogue.tables.all(ShippingRate) if rate.method.is_active for code in rate.countries}


def offer(rate: ShippingRate, goods: int, ready: date) -> Offer:
    """A rate for goods of that value that leave on that day."""
    return Offer(
        code=rate.method.code,
        name=rate.method.name,
        goods=goods,
        price=rate.price_for(goods),
        currency=rate.currency,
        free_over=rate.free_over,
        first_day=add_working_days(ready, rate.min_days),
        last_day=add_working_days(ready, rate.max_days),
    )


def countries() -> set[str]:
    """ISO codes of all countries that some active method delivers to. One query."""
    lists: Iterable[list[str]] = ShippingRate.objects.filter(method__is_active=True).values_list("countries", flat=True)
    return {country for codes in lists for country in codes}


def dispatch_day(now: datetime) -> date:
    """The working day on which an order paid now leaves. Bank holidays are not known here."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    today = local.date()
    return today if is_working_day(today) and local.time() < CUT_OFF else add_working_days(today, 1)


def add_working_days(day: date, days: int) -> date:
    """That many working days (Monday to Friday) after a day."""
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def is_working_day(day: date) -> bool:
    return day.weekday() < 5


@dataclass(frozen=True, slots=True)
class FreeDelivery:
    """From which value of goods delivery is free, and how much of it is there; minor units."""

    goods: int
    target: int
    currency: str

    @property
    def reached(self) -> int:
        return min(self.goods, self.target)

    @property
    def missing(self) -> Money:
        return Money(max(self.target - self.goods, 0), self.currency)


def free_delivery(offered: Iterable[Offer], goods: int) -> FreeDelivery | None:
    """How near a bag is to free delivery; None where that country has none."""
    targets = [offer for offer in offered if offer.free_over is not None]
    nearest = min(targets, key=lambda offer: offer.free_over or 0, default=None)
    return FreeDelivery(goods, nearest.free_over or 0, nearest.currency) if nearest else None
