"""The activity port: how often something was done, counted by day and product and about nobody."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, cast

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.utils.module_loading import import_string

from shop.activity.models import ActivityCount, CountedOnce
from shop.core import clock
from shop.core.errors import ShopError

# How long a day's counts are kept.
LIFETIME = timedelta(days=90)

UPSERT = """
INSERT INTO shop_activitycount (kind, product, day, units)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::date[], %s::bigint[]) ORDER BY 1, 2, 3
ON CONFLICT (day, kind, product) DO UPDATE SET units = shop_activitycount.units + excluded.units
"""


class ActivityUnavailable(ShopError):
    """Counts cannot be read or written just now."""


class Kind(StrEnum):
    VIEWED = "viewed"
    SEARCHED = "searched"
    ADDED = "added"
    BOUGHT = "bought"


@dataclass(frozen=True, slots=True, order=True)
class Count:
    """So many units of a kind, of a product (0: of none), on a day."""

    kind: Kind
    product: int
    day: date
    units: int = 1


class ActivityStore(Protocol):
    """Counts add up however many add at once. Methods may raise ActivityUnavailable."""

    def count(self, counts: Sequence[Count], once: str = "") -> bool:
        """Add these, at most 90 of them; all or none, and only the first time, where `once` names why (90 characters).

        False: they had been added under that name before.
        """

    def of_product(self, product: int, days: Sequence[date]) -> dict[Kind, int]:
        """The sums of these days (at most 25), by every kind."""

    def ranked(self, kind: Kind, days: Sequence[date], most: int) -> list[tuple[int, int]]:
        """The products with the highest sums of these days, highest first, each with its sum; 0 is none."""

    def purge(self) -> int:
        """Delete what is too old, where the store does not do that by itself; returns how many."""


def store() -> ActivityStore:
    """The adapter that settings choose."""
    return cast(ActivityStore, import_string(settings.ACTIVITY_STORE)())


def added_up(counts: Iterable[Count]) -> list[Count]:
    """One count for each kind, product and day, in an order that all writers keep to."""
    sums: Counter[tuple[Kind, int, date]] = Counter()
    for count in counts:
        sums[count.kind, count.product, count.day] += count.units
    return sorted(Count(*what, units) for what, units in sums.items())


class TableActivityStore:
    """Counts in PostgreSQL."""

    @transaction.atomic
    def count(self, counts: Sequence[Count], once: str = "") -> bool:
        if once and not self._first(once):
            return False
        rows = [(str(count.kind), count.product, count.day, count.units) for count in added_up(counts)]
        if rows:
            with connection.cursor() as cursor:
                cursor.execute(UPSERT, [list(column) for column in zip(*rows, strict=True)])
        return True

    def of_product(self, product: int, days: Sequence[date]) -> dict[Kind, int]:
        rows = ActivityCount.objects.filter(product=product, day__in=days).values_list("kind").annotate(Sum("units"))
        found = dict(rows)
        return {kind: found.get(kind, 0) for kind in Kind}

    def ranked(self, kind: Kind, days: Sequence[date], most: int) -> list[tuple[int, int]]:
        rows = ActivityCount.objects.filter(kind=kind, day__in=days).exclude(product=0).values_list("product")
        return list(rows.annotate(sum=Sum("units")).order_by("-sum", "product")[:most])

    def purge(self) -> int:
        old = ActivityCount.objects.filter(day__lt=(clock.now() - LIFETIME).date()).delete()[0]
        return old + CountedOnce.objects.filter(expires_at__lte=clock.now()).delete()[0]

    def _first(self, once: str) -> bool:
        """Whether that name is new; another transaction that has just brought it is waited for."""
        return CountedOnce.objects.get_or_create(name=once, defaults={"expires_at": clock.now() + LIFETIME})[1]
