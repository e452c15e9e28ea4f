"""The activity port over DynamoDB: an item for each count of a day, added to atomically.

Partition "<kind>#<day>", sort key the product: a day's counts of one kind are read by one query, a product's by one
batch. What is counted once has an item of its name in a partition of its own.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from math import ceil

from django.conf import settings

from shop.activity.stores import LIFETIME, ActivityUnavailable, Count, Kind, added_up
from shop.adapters import dynamodb
from shop.adapters.dynamodb import Add, Conflict, DynamoError, Item, Put
from shop.core import clock

TRIES = 8
ONCE = "once"


@contextmanager
def in_words() -> Iterator[None]:
    try:
        yield
    except DynamoError as error:
        raise ActivityUnavailable("What was counted cannot be reached just now.") from error


class DynamoActivityStore:
    """Counts in DynamoDB."""

    @in_words()
    def count(self, counts: Sequence[Count], once: str = "") -> bool:
        additions = [addition(count) for count in added_up(counts)]
        if once:
            return self._count_once(once, additions)
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

    @in_words()
    def ranked(self, kind: Kind, days: Sequence[date], most: int) -> list[tuple[int, int]]:
        sums: Counter[int] = Counter()
        for day in days:
            for item in dynamodb.query(settings.ACTIVITY_TABLE, "pk", f"{kind}#{day}"):
                sums[int(item["sk"])] += item["units"]
        del sums[0]
        return sorted(sums.items(), key=lambda row: (-row[1], row[0]))[:most]

    def purge(self) -> int:
        """DynamoDB deletes what has expired by itself."""
        return 0

    def _count_once(self, name: str, additions: Sequence[Add]) -> bool:
        mark: Item = {"pk": ONCE, "sk": name}
        expires = ceil((clock.now() + LIFETIME).timestamp())
        first = Put(settings.ACTIVITY_TABLE, mark | {"expires": expires}, absent="pk")
        for turn in range(TRIES):
            try:
                dynamodb.transact([first, *additions])
            except Conflict:
                # Either that name is there, or one of the counts is just being added to by somebody else.
                if dynamodb.get(settings.ACTIVITY_TABLE, mark):
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
