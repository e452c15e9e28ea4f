"""What is counted, and what the counts say. Counting never fails what it counts."""

import logging
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.core import signing
from django.http import HttpRequest

from shop.activity.stores import ActivityUnavailable, Count, Kind, store
from shop.core import clock

log = logging.getLogger(__name__)
# What one looks back on.
DAYS = 7
SALT = "shop.activity"


def note(kind: Kind, product: int = 0, units: int = 1) -> None:
    """Count it, today; where counts cannot be reached just now, it goes uncounted."""
    try:
        store().count([Count(kind, product, clock.now().date(), units)])
    except ActivityUnavailable as error:
        log.warning("not counted: %s", error)


def note_once(kind: Kind, units: Iterable[tuple[int, int]], *, day: date, why: str) -> None:
    """Count units by product, however often it is asked for under the same `why`; uncounted where note() is."""
    try:
        store().count([Count(kind, product, day, number) for product, number in units], once=why)
    except ActivityUnavailable as error:
        log.warning("not counted: %s", error)


def last_days(days: int = DAYS) -> list[date]:
    """Today and those before it, in UTC."""
    today = clock.now().date()
    return [today - timedelta(days=back) for back in range(days)]


def words_of_product(product: int) -> str:
    """What was done with a product in the last days, in words."""
    try:
        found = store().of_product(product, last_days())
    except ActivityUnavailable as error:
        return str(error)
    did = {Kind.VIEWED: "looked at", Kind.ADDED: "put into a bag", Kind.BOUGHT: "bought"}
    return ", ".join(f"{words} {times(found[kind])}" for kind, words in did.items()).capitalize()


def times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number:,} times")


def popular(most: int, kind: Kind = Kind.VIEWED) -> Sequence[tuple[int, int]]:
    """The products of which most was counted in the last days, each with its sum; nothing while that is not known."""
    try:
        return store().ranked(kind, last_days(), most)
    except ActivityUnavailable as error:
        log.warning("not known what is popular: %s", error)
        return ()


def mark_of(kind: Kind, product: int = 0) -> str:
    """What a page says to have itself counted. Signed, so that nothing is counted that no page is about."""
    return signing.Signer(salt=SALT).sign(f"{kind}:{product}")


def read_mark(text: str) -> tuple[Kind, int]:
    """Kind and product of a mark. Raises ValueError for one that the shop did not make."""
    try:
        kind, _, product = signing.Signer(salt=SALT).unsign(text).partition(":")
    except signing.BadSignature as error:
        raise ValueError("no mark of ours") from error
    return Kind(kind), int(product)


def wants_no_counting(request: HttpRequest) -> bool:
    """Whether the browser says so: Do Not Track, or Global Privacy Control (https://www.w3.org/TR/gpc/)."""
    return "1" in (request.headers.get("DNT"), request.headers.get("Sec-GPC"))


def purge() -> int:
    """Delete what is too old; returns how many."""
    return store().purge()
