"""How often something may be tried. Counted in the database by one statement, so parallel tries cannot slip past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Collate
from django.utils.crypto import salted_hmac

from shop.accounts.security_models import RateLimit
from shop.adapters.accounts import TooManyTries
from shop.core import clock

NO_WAIT = timedelta(0)

# A try that comes too early is refused and counts for nothing: hammering does not prolong a wait. The rules are rows of
# the statement itself, so that one statement may count by several keys; in key order, so that none waits in a ring.
# Free tries open in the past, since the clocks of two processes are never quite the same.
UPSERT = """
INSERT INTO shop_ratelimit AS kept (key, hits, opens_at, until, refused)
SELECT key, 1, %(now)s + CASE WHEN allowed <= 1 THEN wait ELSE -lasts END, %(now)s + lasts, false
FROM rule WHERE {which} ORDER BY key COLLATE "C"
ON CONFLICT (key) DO UPDATE SET (hits, opens_at, until, refused) = (
    SELECT CASE WHEN state.early THEN kept.hits ELSE state.nth END,
           CASE WHEN state.early THEN kept.opens_at
                WHEN state.nth < rule.allowed THEN %(now)s - rule.lasts
                ELSE %(now)s + least(rule.wait * power(2, least(state.nth - rule.allowed, 20)), rule.longest) END,
           CASE WHEN state.old OR (rule.slides AND NOT state.early) THEN %(now)s + rule.lasts ELSE kept.until END,
           state.early
    FROM rule CROSS JOIN LATERAL (
        SELECT kept.until <= %(now)s AS old,
               kept.until > %(now)s AND kept.opens_at > %(now)s AS early,
               CASE WHEN kept.until <= %(now)s THEN 1 ELSE kept.hits + 1 END AS nth
    ) AS state
    WHERE rule.key = kept.key
)
RETURNING key, refused, least(opens_at, until)
"""
# The last rule counts only what none of the others refuses.
COUNT = f"""
WITH rule (key, allowed, lasts, wait, longest, slides, last) AS (
    SELECT * FROM unnest(%(keys)s::text[], %(allowed)s::int[], %(lasts)s::interval[], %(wait)s::interval[],
                         %(longest)s::interval[], %(slides)s::bool[], %(last)s::bool[])
),
first (key, refused, opens) AS ({UPSERT.format(which="NOT last")}),
later (key, refused, opens) AS (
    {UPSERT.format(which="last AND NOT EXISTS (SELECT FROM first WHERE first.refused)")}
)
SELECT * FROM first UNION ALL SELECT * FROM later
"""  # noqa: S608 - of constants only


@dataclass(frozen=True, slots=True)
class Rule:
    """So many tries are free within a window that begins with the first; then nothing until it ends.

    With a wait, each further try has to wait instead, twice as long each time but never longer than `longest`. A
    window that slides begins anew with every try that is let through.
    """

    key: str
    limit: int
    window: timedelta
    wait: timedelta = NO_WAIT
    longest: timedelta = NO_WAIT
    slides: bool = False


def hit(key: str, *, limit: int, window: timedelta) -> None:
    """Count one try under the key: 'what:whose', such as 'forgot:ada@example.com'.

    Raises TooManyTries with the seconds to wait when there were `limit` tries already within the window.
    """
    take(Rule(key, limit, window))


def take(*rules: Rule) -> None:
    """Count one try under every rule. Raises TooManyTries with the longest wait if any of them refuses it."""
    if waits := waits_of(*rules):
        raise TooManyTries(seconds=max(waits.values()))


def waits_of(*rules: Rule, last: Rule | None = None) -> dict[str, int]:
    """Count one try under every rule; the seconds to wait by the key of each that refuses it, none if all let it pass.

    last: a rule that counts only what all the others let through.
    """
    now, asked = clock.now(), [*rules, *([last] if last else [])]
    named = {_stored(rule.key): rule.key for rule in asked}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {**_parameters(asked, now), "last": [rule is last for rule in asked]})
        found = cursor.fetchall()
    return {named[key]: ceil((opens - now).total_seconds()) for key, refused, opens in found if refused}


def clear(*keys: str, give_back: Sequence[str] = ()) -> None:
    """Forget the tries under these keys: the person has shown who they are. Of the others, only the last one."""
    cleared, shared = [_stored(key) for key in keys], [_stored(key) for key in give_back]
    left = Case(When(key__in=shared, hits__gt=0, then=F("hits") - 1), default=Value(0))
    # Locked in the order in which tries are counted, so that the two never wait for each other.
    locked = RateLimit.objects.filter(key__in=cleared + shared).order_by(Collate("key", "C")).select_for_update()
    with transaction.atomic(savepoint=False):
        RateLimit.objects.filter(key__in=locked.values("key")).update(
            hits=left, opens_at=Case(When(key__in=cleared, then=Value(clock.now())), default=F("opens_at"))
        )


def forget_old_limits() -> int:
    """Delete what has run out; the number of rows."""
    return RateLimit.objects.filter(until__lt=clock.now()).delete()[0]


def _parameters(rules: Sequence[Rule], now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "keys": [_stored(rule.key) for rule in rules],
        "allowed": [rule.limit for rule in rules],
        "lasts": [rule.window for rule in rules],
        # Without a wait of its own a rule waits for the end of its window.
        "wait": [rule.wait or rule.window for rule in rules],
        "longest": [rule.longest or rule.window for rule in rules],
        "slides": [rule.slides for rule in rules],
    }


def _stored(key: str) -> str:
    """What it is about stays readable; whose it is becomes a keyed hash: of one length, and no list of addresses."""
    about, _, whose = key.partition(":")
    return f"{about[:50]}:{salted_hmac('shop.accounts.limits', whose, algorithm='sha256').hexdigest()}"
