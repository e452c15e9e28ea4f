"""The activity port over DynamoDB: an item for each count of a day, added to atomically, and one for each state.

Partition "<kind>#<day>", sort key the product: a day's counts of one kind are read by one query, a product's by one
batch. States are in a partition of their own.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import Any

from django.conf import settings

from shop.activity.stores import LIFETIME, ONCE, ActivityUnavailable, Count, Kind, added_up
from shop.adapters import dynamodb
from shop.adapters.dynamodb import Add, Conflict, DynamoError, Item, Put
from shop.core import clock

TRIES = 8
STATE = "state"


@contextmanager
def in_words() -> Iterator[None]:
    try:
        yield
    except DynamoError as error:
        raise ActivityUnavailable("What was counted cannot be reached just now.") from error


class DynamoActivityStore:
    """Counts and states in DynamoDB."""

    in_database = False

    @in_words()
    def count(self, counts: Sequence[Count], once: str = "") -> bool:
        additions = [addition(count) for count in added_up(counts)]
        if once:
            return self._count_once(f"{ONCE}{once}", additions)
        # One after the other: a count that is lost or comes twice is a count, not money.
        for each in additions:
            dynamodb.write(each)
        return True

    @in_words()
    def of_product(self, product: int, days: Sequence[date]) -> dict[Kind, int]:
        keys = [key(kind, day, product) for kind in Kind for day in days]
        found: Counter[str] = Counter()
        for item in dynamodb.get_many(settings.ACTIVITY_TABLE, keys):
            found[item["pk"].partition("#")[0]] += item["units"]
        return {kind: found[kind] for kind in Kind}

    def ranked(self, kind: Kind, days: Sequence[date], most: int) -> list[tuple[int, int]]:
        sums = self._sums(kind, days)
        del sums[0]
        return sorted(sums.items(), key=lambda row: (-row[1], row[0]))[:most]

    def total(self, kind: Kind, days: Sequence[date]) -> int:
        return self._sums(kind, days).total()

    @in_words()
    def get_item(self, name: str) -> dict[str, Any] | None:
        item = dynamodb.get(settings.ACTIVITY_TABLE, {"pk": STATE, "sk": name})
        # TTL deletes late.
        if item is None or item.get("expires", clock.now().timestamp() + 1) <= clock.now().timestamp():
            return None
        value: dict[str, Any] = json.loads(item["value"])
        return value

    @in_words()
    def put_item(self, name: str, value: Mapping[str, Any], lasts: timedelta | None = None) -> None:
        dynamodb.write(Put(settings.ACTIVITY_TABLE, state(name, value, lasts)))

    def purge(self) -> int:
        """DynamoDB deletes what has expired by itself."""
        return 0

    @in_words()
    def _sums(self, kind: Kind, days: Sequence[date]) -> Counter[int]:
        sums: Counter[int] = Counter()
        for day in days:
            for item in dynamodb.query(settings.ACTIVITY_TABLE, "pk", f"{kind}#{day}"):
                sums[int(item["sk"])] += item["units"]
        return sums

    def _count_once(self, name: str, additions: Sequence[Add]) -> bool:
        first = Put(settings.ACTIVITY_TABLE, state(name, {}, LIFETIME), absent="pk")
        for turn in range(TRIES):
            try:
                dynamodb.transact([first, *additions])
            except Conflict:
                # Either that name is there, or one of the counts is just being added to by somebody else.
                if dynamodb.get(settings.ACTIVITY_TABLE, {"pk": STATE, "sk": name}):
                    return False
                dynamodb.pause(turn)
            else:
                return True
        raise dynamodb.Unavailable("the counts are added to without end")


def key(kind: Kind, day: date, product: int) -> Item:
    return {"pk": f"{kind}#{day}", "sk": str(product)}


def addition(count: Count) -> Add:
    ends = datetime.combine(count.day, time.min, UTC) + LIFETIME
    where = key(count.kind, count.day, count.product)
    return Add(settings.ACTIVITY_TABLE, where, "units", count.units, {"expires": int(ends.timestamp())})


def state(name: str, value: Mapping[str, Any], lasts: timedelta | None) -> Item:
    # As JSON: numbers, null and nesting come back as they went.
    item: Item = {"pk": STATE, "sk": name, "value": json.dumps(dict(value))}
    return item | ({"expires": ceil((clock.now() + lasts).timestamp())} if lasts else {})
