"""Every job that runs by the clock, listed once: the local worker and Zappa's schedules both read this table."""

from collections.abc import Callable
from dataclasses import dataclass

from shop.catalog.listings import publish_due
from shop.checkout.reconcile import expire_unpaid, reconcile
from shop.events.relay import relay
from shop.mail.services import send_due_mail


@dataclass(frozen=True)
class Job:
    """A function without arguments that may run twice, and how often it should (seconds)."""

    name: str
    run: Callable[[], object]
    every: int


JOBS: tuple[Job, ...] = (
    Job("relay", relay, every=1),
    Job("mail", send_due_mail, every=1),
    Job("publish", publish_due, every=60),
    Job("expire unpaid orders", expire_unpaid, every=60),
    Job("reconcile payments", reconcile, every=300),
)
