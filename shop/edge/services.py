"""Purging: written down with the change, done by the job beside the relay, outside any transaction."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.utils.module_loading import import_string

from shop.adapters.edge import EdgeStore
from shop.adapters.kick import rows_wait
from shop.alerts.models import Alert
from shop.alerts.services import raise_alert
from shop.core import clock
from shop.core.attempts import batches
from shop.core.shown import EVERYTHING
from shop.edge.models import EdgePurge

State = EdgePurge.State

# With so many tags most pages fall anyway, and each tag is paid for.
MOST_TAGS = 100
ROWS_A_BATCH = 200
# Longer than the month whose cost they tell.
KEPT = timedelta(days=62)
GIVEN_UP = "edge:given-up"
USED_UP = "edge:used-up"


def edge_store() -> EdgeStore | None:
    """The edge this shop stands behind; None where it has none."""
    if not settings.EDGE_STORE:
        return None
    store: EdgeStore = import_string(settings.EDGE_STORE)()
    return store


def purge_later(tags: Iterable[str]) -> None:
    """Write down, in the caller's transaction, that pages with these tags are to fall."""
    if settings.EDGE_STORE and (wanted := fewest(tags)):
        rows_wait()
        EdgePurge.objects.create(tags=sorted(wanted))


def fewest(tags: Iterable[str]) -> set[str]:
    """The same, or more, said with at most MOST_TAGS tags."""
    found = set(tags)
    return {EVERYTHING} if EVERYTHING in found or len(found) > MOST_TAGS else found


def purge_due() -> int:
    """Purge what is due; returns how many changes were dealt with. Never call it inside a transaction."""
    store = edge_store()
    if store is None:
        return 0
    return sum(purge(store, rows) for rows in batches(EdgePurge.objects.due, ROWS_A_BATCH))


def purge(store: EdgeStore, rows: Sequence[EdgePurge]) -> int:
    """Purge claimed rows in one go, and note what became of them; returns how many were dealt with."""
    tags = affordable(store, fewest(tag for row in rows for tag in row.tags))
    if not tags:
        note(rows, state=State.WAITS)
        tell_used_up()
        return len(rows)
    try:
        paths = store.purge(tags, reference_of(rows, tags))
    except Exception as error:  # noqa: BLE001 - whatever the store raised, nothing is known to have fallen
        fail(rows, repr(error))
        return 0
    now = clock.now()
    note(rows, state=State.PURGED, purged_at=now, last_error="")
    note(rows[:1], purged_at=now, paths=paths)
    return len(rows)


def affordable(store: EdgeStore, tags: set[str]) -> set[str]:
    """What this month's purges still allow: these tags; everything for the price of one; nothing."""
    if not store.costs:
        return tags
    start = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    left = settings.EDGE_PATHS_A_MONTH - EdgePurge.objects.spent(start)
    if left <= 0:
        return set()
    return tags if len(tags) <= left else {EVERYTHING}


def reference_of(rows: Sequence[EdgePurge], tags: Iterable[str]) -> str:
    """The same for the same purge asked for again, so that it is done and paid for once."""
    named = [*sorted(str(row.pk) for row in rows), *sorted(tags)]
    return hashlib.sha256(" ".join(named).encode()).hexdigest()[:40]


def note(rows: Sequence[EdgePurge], **fields: object) -> None:
    EdgePurge.objects.filter(pk__in=[row.pk for row in rows]).update(**fields)


def fail(rows: Sequence[EdgePurge], reason: str) -> None:
    """Each row is tried again later; one that was tried often enough is given up, and somebody is told."""
    for row in rows:
        fields = row.after_failure(reason, given_up=State.DEAD)
        note([row], **fields)
        if fields.get("state") == State.DEAD:
            raise_alert(
                key=GIVEN_UP,
                title="The edge does not take purges",
                advice=f"Pages may show old prices and stock for up to a day. Last answer: {reason[:300]}. "
                "Mend the cause, then run: manage.py purge_edge",
                area=Alert.Area.SHOP,
            )


def tell_used_up() -> None:
    raise_alert(
        key=f"{USED_UP}:{clock.now():%Y-%m}",
        title="This month's purges of the edge are used up",
        advice=f"EDGE_PATHS_A_MONTH allows {settings.EDGE_PATHS_A_MONTH}. Until the month ends changes reach public "
        "pages when their time is over, a day at most. A higher limit costs what each path costs.",
        area=Alert.Area.SHOP,
    )


def forget_old_purges() -> int:
    """Delete rows whose month is over; how many."""
    deleted, _ = EdgePurge.objects.exclude(state=State.PENDING).filter(created_at__lt=clock.now() - KEPT).delete()
    return deleted
