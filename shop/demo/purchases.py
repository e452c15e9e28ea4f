"""Who bought what and when: the plan of the demo's orders, before any row is written."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from shop.catalog.models import ProductVariant
from shop.core.numbers import ALPHABET
from shop.demo.people import Customer, customers
from shop.demo.stock import POPULAR

# 18 months; the shop grew threefold in them.
DAYS, GROWTH = 547, 3.0
# Monday to Sunday, and January to December.
WEEK = (1.1, 1.0, 1.0, 1.05, 0.9, 0.85, 1.35)
YEAR = (1.1, 0.8, 0.9, 1.0, 1.0, 1.0, 0.95, 0.8, 1.0, 1.1, 1.45, 1.5)
HOURS = (1, 0, 0, 0, 0, 0, 1, 3, 4, 4, 4, 4, 6, 6, 4, 4, 4, 5, 6, 8, 10, 11, 8, 4)
# Orders of today and yesterday, and those still unpaid.
TODAY, YESTERDAY = 4, 6
UNPAID_MINUTES = (8, 21)
EXPRESS, SEVERAL = 0.22, 0.06
# One order in so many was never paid for. It held only what there is plenty of, whenever that was.
CANCELLED, PLENTY = 17, 8
# Reductions began that many days ago: before, people paid the full price.
REDUCTION_DAYS = 45


@dataclass(frozen=True)
class Purchase:
    """One order to write; `unpaid` are waiting for payment now, `cancelled` waited in vain."""

    number: str
    customer: Customer
    placed_at: datetime
    items: tuple[tuple[ProductVariant, int], ...]
    express: bool
    unpaid: bool
    cancelled: bool
    luck: random.Random


def number(position: int) -> str:
    """The same order number for the same position, in the form of all others."""
    luck = random.Random(f"order {position}")  # noqa: S311 - numbers are no secret, the key beside them is
    letters = "".join(luck.choices(ALPHABET, k=8))
    return f"{letters[:4]}-{letters[4:]}"


def plan_purchases(count: int, variants: Sequence[ProductVariant], now: datetime) -> list[Purchase]:
    """So many purchases up to now, oldest first. Wants products and sizes loaded, and `available`."""
    luck = random.Random(200)  # noqa: S311 - not a secret: the demo must be repeatable
    people = customers()
    # A few people come back often, most come once or twice.
    weights = [1 / (1 + position % 17) for position in range(len(people))]
    shelf = Shelf(variants)
    purchases = []
    for position, (placed_at, unpaid) in enumerate(moments(count, now, luck)):
        cancelled = position % CANCELLED == 0 and placed_at < now - timedelta(days=2)
        items = shelf.basket(placed_at, luck, plenty=cancelled)
        purchases.append(
            Purchase(
                number=number(position),
                customer=luck.choices(people, weights)[0],
                placed_at=placed_at,
                items=items,
                express=luck.random() < EXPRESS,
                unpaid=unpaid,
                cancelled=cancelled and all(variant.available >= PLENTY for variant, _ in items),
                luck=luck,
            )
        )
    return purchases


def moments(count: int, now: datetime, luck: random.Random) -> list[tuple[datetime, bool]]:
    """When the orders were placed, oldest first, and whether each is unpaid. Neither today nor yesterday is empty."""
    midnight = shop_time(now.astimezone(zone()).date(), 0)
    share = min(1.0, count / 50)
    unpaid = [max(midnight, now - timedelta(minutes=minutes)) for minutes in UNPAID_MINUTES]
    today = [midnight + (now - midnight) * part for part in parts(round(TODAY * share) or 1)]
    before = midnight.date() - timedelta(days=1)
    yesterday = [shop_time(before, hour(luck), luck.randrange(60)) for _ in range(round(YESTERDAY * share) or 1)]
    rest = max(0, count - len(unpaid) - len(today) - len(yesterday))
    ages = range(2, DAYS + 1)
    days = [midnight.date() - timedelta(days=age) for age in ages]
    weights = [likelihood(day, age) for day, age in zip(days, ages, strict=True)]
    earlier = [shop_time(day, hour(luck), luck.randrange(60)) for day in luck.choices(days, weights, k=rest)]
    paid = [(moment, False) for moment in (*earlier, *yesterday, *today)]
    return sorted([*paid, *((moment, True) for moment in unpaid)])[-count:]


def parts(number: int) -> list[float]:
    """Evenly spread shares between 0 and 1, neither included: 2 -> [0.25, 0.75]."""
    return [(each + 0.5) / number for each in range(number)]


def likelihood(day: date, age: int) -> float:
    growth: float = GROWTH ** ((DAYS - age) / DAYS)
    return growth * WEEK[day.weekday()] * YEAR[day.month - 1]


def hour(luck: random.Random) -> int:
    return luck.choices(range(24), HOURS)[0]


def zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def shop_time(day: date, hour: int, minute: int = 0) -> datetime:
    """That time of day where the shop is."""
    return datetime.combine(day, time(hour, minute), zone())


class Shelf:
    """What could be bought when, and how much people liked it."""

    def __init__(self, variants: Sequence[ProductVariant]) -> None:
        self.by_product: dict[int, list[ProductVariant]] = {}
        for variant in variants:
            self.by_product.setdefault(variant.product_id, []).append(variant)
        self.first = {each: group[0].product.published_at for each, group in self.by_product.items()}
        # Some articles are loved, cheap ones sell more.
        self.liked = {
            each: random.Random(group[0].product.slug).uniform(0.5, 4) * 8000 / (4000 + group[0].price)  # noqa: S311
            for each, group in self.by_product.items()
        }

    def basket(self, at: datetime, luck: random.Random, *, plenty: bool) -> tuple[tuple[ProductVariant, int], ...]:
        """One to four different articles that were out then, mostly one of each; with plenty, nothing scarce."""
        out = [each for each, first in self.first.items() if first and first <= at] or list(self.by_product)
        size = luck.choices((1, 2, 3, 4), (52, 29, 13, 6))[0]
        chosen = dict.fromkeys(luck.choices(out, [self.liked[each] for each in out], k=size))
        return tuple((self.pick(each, luck, plenty), 2 if luck.random() < SEVERAL else 1) for each in chosen)

    def pick(self, product_id: int, luck: random.Random, plenty: bool) -> ProductVariant:
        everything = self.by_product[product_id]
        group = [each for each in everything if each.available >= PLENTY] if plenty else everything
        group = group or everything
        return luck.choices(group, [POPULAR.get(variant.size.name, 0.8) for variant in group])[0]


def price_then(variant: ProductVariant, at: datetime, now: datetime) -> int:
    """What it cost at that time, minor units."""
    reduced = variant.compare_at_price is not None and at > now - timedelta(days=REDUCTION_DAYS)
    return variant.price if reduced else variant.compare_at_price or variant.price
