"""The way of the provider's webhooks to the shop, as bad as it can be: lost, doubled, shuffled, and all at once."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

from django.db import connection

from sandbox.models import Delivery, Event
from sandbox.stripe.announce import deliver, post

# What becomes of a message that is due, in percent.
FATES = {"lost": 20, "once": 45, "twice": 25, "later": 10}
AT_ONCE = 4


class Courier:
    """Takes deliveries that wait and treats each as its luck has it; `counts` says what was done."""

    def __init__(self, luck: Random) -> None:
        self.luck = luck
        self.counts: Counter[str] = Counter()

    def work(self, ended: threading.Event) -> None:
        """Make rounds until told to end."""
        while not ended.wait(0.1):
            self.round()
        connection.close()

    def round(self) -> None:
        """One handful, shuffled, several at the same moment."""
        waiting = list(Delivery.objects.filter(state=Delivery.State.WAITING).select_related("event")[:30])
        self.luck.shuffle(waiting)
        deeds: list[Callable[[], bool]] = []
        for delivery in waiting:
            fate = self.luck.choices(list(FATES), list(FATES.values()))[0]
            self.counts[fate] += 1
            if fate == "lost":
                Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.LOST)
            elif fate != "later":
                deeds.append(lambda one=delivery: deliver(one))  # type: ignore[misc]
            if fate == "twice":
                deeds.append(lambda one=delivery: post(one.event)[0])  # type: ignore[misc]
        taken = all_at_once(deeds)
        self.counts["taken"] += sum(taken)
        self.counts["refused or cut off"] += len(taken) - sum(taken)

    def redeliver_everything(self) -> int:
        """Every message of the provider's life once more, shuffled and doubled; how many were not taken."""
        events = [*Event.objects.all()] * 2
        self.luck.shuffle(events)
        taken = all_at_once([lambda event=event: post(event)[0] for event in events])  # type: ignore[misc]
        self.counts["delivered once more at the end"] += len(taken)
        return len(taken) - sum(taken)


def all_at_once(deeds: Sequence[Callable[[], bool]]) -> list[bool]:
    """Do them over a few threads with connections of their own."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(_with_own_connection, deeds))


def _with_own_connection(deed: Callable[[], bool]) -> bool:
    try:
        return deed()
    finally:
        connection.close()
