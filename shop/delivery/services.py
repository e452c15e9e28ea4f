"""Which ways of delivery a country is offered, what each costs for a bag, and when it arrives."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.conf import settings

from shop.catalog.snapshot import Snapshot
from shop.core import clock
from shop.core.dates import day_span
from shop.core.money import Money
from shop.delivery.days import add_working_days, closed_days, dispatch_day
from shop.delivery.models import ShippingRate
from shop.orders.models import Order
from shop.orders.services import DeliveryTerms


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be sent: the value of the goods (minor units), grams and cm³."""

    goods: int
    weight: int = 0
    volume: int = 0


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
    # Where the customer fetches it; empty where it is brought.
    place: str = ""
    # What of it is sold before it is here: these days are not its days.
    later: Literal["", "rest", "all"] = ""

    @property
    def days(self) -> str:
        """'Wed 25 to Fri 27 November'; 'Wed 25 November, the rest later'; 'once it has come in'."""
        if self.later == "all":
            return "once it has come in"
        span = day_span(self.first_day, self.last_day)
        return f"{span}, the rest later" if self.later else span

    @property
    def when(self) -> str:
        """The same for itself: 'Ready Wed 25 November, at Hackney shop', 'Once it has come in'."""
        return f"Ready {self.days}, at {self.place}" if self.place else f"{self.days[:1].upper()}{self.days[1:]}"

    @property
    def price_text(self) -> str:
        return str(Money(self.price, self.currency)) if self.price else "Free"

    def terms(self) -> DeliveryTerms:
        """What an order keeps of it."""
        days = (None, None) if self.later == "all" else (self.first_day, self.last_day)
        return DeliveryTerms(self.code, self.name, self.price, *days)


def load_of(order: Order) -> Load:
    """What was to be sent of an order, by what its pieces weigh today; one whose variant was deleted weighs nothing."""
    lines = list(order.lines.select_related("variant__product"))
    pieces = [(line.variant.product, line.quantity) for line in lines if line.variant]
    return Load(
        goods=sum(line.charged for line in lines),
        weight=sum(product.weight_grams * units for product, units in pieces),
        volume=sum(product.volume_cm3 * units for product, units in pieces),
    )


def offers(country: str, load: Load, now: datetime | None = None) -> list[Offer]:
    """What that country (ISO 3166 alpha-2) is offered for that load, in shown order. Two queries."""
    return offers_of(ShippingRate.objects.offered_in(country), country, load, now=now)


def offers_of(
    rates: Iterable[ShippingRate],
    country: str,
    load: Load,
    *,
    now: datetime | None = None,
    catalogue: Snapshot | None = None,
) -> list[Offer]:
    """What one country's rates come to for that load; a method that takes no such load is left out.

    Where several rates of a method fit, the tightest counts, of equal ones the first. With a catalogue the closed days
    are those it holds.
    """
    found: dict[str, ShippingRate] = {}
    for rate in rates:
        best = found.get(rate.method.code)
        if rate.takes(load.weight, load.volume) and (best is None or rate.limits < best.limits):
            found[rate.method.code] = rate
    closed, now = closed_days(catalogue), now or clock.now()
    ready = {rate.method.cut_off: dispatch_day(now, rate.method.cut_off, closed) for rate in found.values()}
    return [offer(rate, load.goods, ready[rate.method.cut_off], country, closed) for rate in found.values()]


def shown_rates(catalogue: Snapshot, country: str) -> list[ShippingRate]:
    """A country's rates as pages show them before anything is agreed, in the order they are shown: no query."""
    rates = [rate for rate in catalogue.tables.all(ShippingRate) if rate.is_offered_in(country)]
    return sorted(rates, key=lambda rate: (rate.method.position, rate.pk))


def shown_countries(catalogue: Snapshot) -> set[str]:
    """countries(), as pages show them before anything is agreed: no query."""
    return {code for rate in catalogue.tables.all(ShippingRate) if rate.method.is_active for code in rate.countries}


def offer(
    rate: ShippingRate, goods: int, ready: date, country: str = "", closed: Collection[date] = frozenset()
) -> Offer:
    """A rate for goods of that value that leave on that day: brought on that country's working days.

    What is fetched is ready on the shop's own, closed days left out.
    """
    place = rate.method.collect_at
    days = (settings.SHOP_COUNTRY, closed) if place else (country, ())
    return Offer(
        code=rate.method.code,
        name=rate.method.name,
        goods=goods,
        price=rate.price_for(goods),
        currency=rate.currency,
        free_over=rate.free_over,
        first_day=add_working_days(ready, rate.min_days, *days),
        last_day=add_working_days(ready, rate.max_days, *days),
        place=place.name if place else "",
    )


def arrival(order: Order, load: Load, leaves: date) -> date | None:
    """By when a parcel of the order that leaves on that day has arrived; None where nothing goes there that way now."""
    rates = ShippingRate.objects.filter(method__code=order.shipping_method, countries__contains=[order.country])
    found = list(rates.select_related("method__collect_at"))
    # Heavier than any of them takes, it still goes: it has been sold.
    fitting = [rate for rate in found if rate.takes(load.weight, load.volume)] or found
    best = min(fitting, key=lambda rate: rate.limits, default=None)
    return offer(best, load.goods, leaves, order.country, closed_days()).last_day if best else None


def countries() -> set[str]:
    """ISO codes of all countries that some active method delivers to. One query."""
    lists: Iterable[list[str]] = ShippingRate.objects.filter(method__is_active=True).values_list("countries", flat=True)
    return {country for codes in lists for country in codes}


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
