"""A run: seeds one after the other, buyers and trouble together, then quiet, and a look at the books."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from django.db import connection

from sandbox.models import Delivery, Intent, Session, Weather
from sandbox.paypal import paying as paypal
from sandbox.paypal.models import PayPalCapture
from sandbox.stripe import paying
from shop.core.crash import POINTS
from shop.orders.models import Order
from torture import invariants
from torture.armed import ArmedPoints
from torture.courier import Courier
from torture.jobs import REFUND, SHOPS_OWN
from torture.plots import PLOTS, PROVIDERS_OWN, Visit, World
from torture.races import RACES
from torture.shopper import ShopIsDown, Shopper

BUYERS = 6
# A day ahead every claim has run out and every hold is over; an hour is the longest pause after a failure.
A_DAY, AN_HOUR = 86_400, 3_600
# Fewer paid orders than this (percent) would prove little.
LEAST_PAID = 40
MOST_ROUNDS = 15
JOBS = {"relay": 4, "mail": 4, "expire unpaid orders": 2, "reconcile payments": 2, REFUND: 1}


@dataclass
class Run:
    """What a run is made of, and what it has found so far."""

    world: World
    points: ArmedPoints
    say: Callable[[str], object]
    webhooks: "Counter[str]" = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    retries: int = 0

    def seed(self, seed: int, purchases: int) -> None:
        """One seed: so many purchases under fire, then quiet, then every message once more."""
        luck = Random(seed)
        courier, ended = Courier(Random(seed + 1)), threading.Event()
        beside = [
            threading.Thread(target=courier.work, args=[ended]),
            threading.Thread(target=self.keep_working, args=[Random(seed + 2), ended]),
        ]
        for thread in beside:
            thread.start()
        try:
            with ThreadPoolExecutor(BUYERS) as street:
                list(street.map(lambda number: self.visit(seed, number, luck.random()), range(purchases)))
        finally:
            ended.set()
            for thread in beside:
                thread.join()
        self.quiet()
        self.judge(f"seed {seed}")
        before = invariants.facts()
        if missing := courier.redeliver_everything():
            self.violations.append(f"seed {seed}: {missing} messages were not taken when they came once more")
        self.quiet()
        after = invariants.facts()
        self.violations += [f"seed {seed}: redelivery changed {what}" for what in before if before[what] != after[what]]
        self.webhooks += courier.counts
        if Order.objects.filter(state=Order.State.PAID).count() * 100 < LEAST_PAID * Order.objects.count():
            self.violations.append(f"seed {seed}: too few orders were paid to prove anything")
        self.say(f"seed {seed}: {self.summary()}")

    def race(self) -> None:
        """Each race, with nothing armed, then quiet and the books."""
        self.points.disarm()
        for race in RACES:
            self.violations += race(self.world, self.say)
        self.quiet()
        self.judge("after the races")

    def visit(self, seed: int, number: int, chance: float) -> None:
        """One purchase by somebody new, perhaps with a crash waiting for them or for somebody else."""
        luck = Random(chance)
        self.arm(luck)
        Weather.objects.update_or_create(pk=1, defaults={"delay_seconds": luck.choice([0, 3600])})
        plot = luck.choices(list(PLOTS), list(PLOTS.values()))[0]
        buyer = Shopper(self.world.shop, f"{plot.__name__}-{seed}-{number}")
        try:
            plot(Visit(self.world, buyer, luck))
        except (ShopIsDown, LookupError) as error:
            self.violations.append(f"seed {seed}, {plot.__name__} ({buyer.email}): {error!r}")
        self.retries += buyer.retries
        self.violations += buyer.faults
        connection.close()

    def arm(self, luck: Random) -> None:
        """Arm a point, those first that were hit least."""
        waiting, hits = self.points.waiting(), self.points.hits()
        free = [name for name in POINTS if name not in waiting]
        if free and luck.random() < 0.7:
            fewest = min(hits[name] for name in free)
            self.points.arm(luck.choice([name for name in free if hits[name] == fewest]))

    def keep_working(self, luck: Random, ended: threading.Event) -> None:
        """The shop's jobs, in no particular order, while people buy."""
        while not ended.wait(0.1):
            job = luck.choices(list(JOBS), list(JOBS.values()))[0]
            self.world.jobs.run(job, later=120 if job == "reconcile payments" else 0)

    def quiet(self) -> None:
        """Let the banks answer, the time pass and the jobs run until nothing is left to do."""
        for rounds in range(MOST_ROUNDS):
            if rounds == 2:
                # What still waits has had its chance while the shop cleaned up.
                self.points.disarm()
            for session_id in Session.objects.filter(intent__status=Intent.Status.PROCESSING).values_list(
                "pk", flat=True
            ):
                paying.settle(session_id, succeeds=True)
            for order_id in PayPalCapture.objects.filter(status="PENDING").values_list("order_id", flat=True):
                paypal.settle(order_id, PROVIDERS_OWN, succeeds=True)
            for job in SHOPS_OWN:
                self.world.jobs.run(job, later=A_DAY + rounds * AN_HOUR)
            if not self.points.waiting() and not invariants.nothing_waits():
                break
        Delivery.objects.filter(state=Delivery.State.WAITING).update(state=Delivery.State.LOST)

    def judge(self, when: str) -> None:
        self.violations += [f"{when}: {found}" for found in invariants.violations()]
        faults, self.world.jobs.faults = self.world.jobs.faults, []
        self.violations += [f"{when}: job {fault}" for fault in faults]

    def summary(self) -> str:
        paid = Order.objects.filter(state=Order.State.PAID).count()
        crashes = sum(self.points.hits().values())
        return f"{Order.objects.count()} orders, {paid} paid, {crashes} crashes, {len(self.violations)} violations"

    def outcomes(self) -> dict[str, tuple[int, int]]:
        """Orders and paid orders by plot, which is written in the buyer's address."""
        found: dict[str, tuple[int, int]] = dict.fromkeys((plot.__name__ for plot in PLOTS), (0, 0))
        of_plots = Order.objects.filter(email__contains="-").values_list("email", "state")
        for email, state in of_plots:
            orders, paid = found[email.partition("-")[0]]
            found[email.partition("-")[0]] = orders + 1, paid + (state == Order.State.PAID)
        return found

    def report(self) -> str:
        """Everything that was counted: what no figure says was not proved."""
        hits = self.points.hits()
        lines = ["", "Crash points, how often each killed a process:"]
        lines += [f"  {hits[name]:>4}  {name}: {what}" for name, what in POINTS.items()]
        lines += ["What buyers did, their orders, and how many of these were paid:"]
        lines += [f"  {orders:>4} {paid:>4}  {plot}" for plot, (orders, paid) in sorted(self.outcomes().items())]
        lines += ["Webhooks:", *(f"  {count:>4}  {name}" for name, count in sorted(self.webhooks.items()))]
        lines += [f"Requests that a crash cut off, made again: {self.retries}", self.summary()]
        return "\n".join(lines)
