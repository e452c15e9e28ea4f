"""What placing an order costs: queries and the shop's own CPU, and how many a second two processes take.

The provider is another process, so its time to answer is in none of these figures.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from os import environ
from statistics import median
from time import perf_counter

import psutil
from django.db import connection

from shop.orders.models import Order
from torture.plots import World
from torture.shopper import Shopper

AT_ONCE = 8
Form = dict[str, str]


def measure(world: World, orders: int, say: Callable[[str], object]) -> None:
    """So many orders of three lines one after the other, then as many from several buyers at once."""
    ready = [prepare(world, f"alone.{number}") for number in range(orders)]
    place(*prepare(world, "first"))
    before = cpu_seconds()
    queries = [place(buyer, form) for buyer, form in ready]
    spent = (cpu_seconds() - before) * 1000 / orders
    say(f"placing an order of 3 lines: {median(queries):.0f} queries, {spent:.1f} ms of the shop's CPU")
    with ThreadPoolExecutor(AT_ONCE) as street:
        ready = list(street.map(partial(prepare, world), (f"together.{number}" for number in range(orders))))
        deadlocks, began = deadlock_count(), perf_counter()
        list(street.map(lambda each: place(*each), ready))
        elapsed = perf_counter() - began
    placed = Order.objects.filter(email__startswith="together.").count()
    repeated = sum(buyer.retries for buyer, _ in ready)
    say(
        f"{AT_ONCE} buyers at once: {placed / elapsed:.1f} orders a second, {placed} of {orders} placed, "
        f"{deadlock_count() - deadlocks} deadlocks, {repeated} requests made again"
    )


def prepare(world: World, name: str) -> tuple[Shopper, Form]:
    """A buyer with three things in the bag and the checkout filled in."""
    buyer = Shopper(world.shop, name)
    for variant in world.plenty[:3]:
        buyer.add(variant)
    return buyer, buyer.fill_in()


def place(buyer: Shopper, form: Form) -> int:
    """Press the button, without going on to the provider's page; how many queries it took. Raises RuntimeError."""
    answer = buyer.go(f"{buyer.shop}/checkout/", form, follow=False)
    if "/pay/" not in answer.headers.get("Location", ""):
        raise RuntimeError(f"{buyer.email}: {answer.status_code} {answer.headers.get('Location')}")
    return int(answer.headers["X-Queries"])


def cpu_seconds() -> float:
    """User and system time of the shop's worker processes so far."""
    times = [process.cpu_times() for process in psutil.Process(int(environ["TORTURE_SHOP_PID"])).children()]
    return float(sum(time.user + time.system for time in times))


def deadlock_count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
