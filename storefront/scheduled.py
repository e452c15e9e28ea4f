"""Every job that runs by the clock, listed once: the local worker and Zappa's schedules both read this table."""

from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps

from shop.accounts.audit import forget_old_events
from shop.accounts.limits import forget_old_limits
from shop.accounts.sessions import forget_old_sign_ins
from shop.activity.services import purge as purge_activity
from shop.alerts.gauges import report
from shop.cart.services import purge as purge_bags
from shop.catalog.listings import publish_due
from shop.checkout.drilling import drill_by_clock
from shop.checkout.reconcile import expire_unpaid, look_back, reconcile
from shop.checkout.sentinel.run import sentinel
from shop.delivery.labels import drop_unused
from shop.delivery.tracking import ask_for_news
from shop.delivery.troubles import tell_uncollected
from shop.edge.services import forget_old_purges, purge_due
from shop.events.acknowledging import republish_unacknowledged
from shop.events.relay import relay
from shop.imports.services import write_due
from shop.mail.services import send_due_mail
from shop.marketing.sales import apply_sales
from shop.packing.services import plan_forgotten
from shop.payments.calls import forget_old_calls
from shop.payments.forgetting import forget_old_messages
from shop.privacy.erasing import forget_later
from shop.returns.fit import refresh_fits
from shop.returns.labels import give_back_unused
from shop.returns.services import cancel_overdue
from shop.suppliers.drafting import draft_due
from shop.wishlist.services import purge as purge_wish_lists


@dataclass(frozen=True)
class Job:
    """A function without arguments that may run twice, and how often it should (seconds).

    first: how long after the worker's start it runs for the first time.
    """

    name: str
    run: Callable[[], object]
    every: int
    first: int = 0


def sandbox_jobs() -> tuple[Job, ...]:
    """The pretended payment provider's own: its webhooks, and the end of its payment pages."""
    if not apps.is_installed("sandbox"):
        return ()
    # Its models exist only where it is installed.
    from sandbox.deliveries import deliver_due  # noqa: PLC0415
    from sandbox.stripe.paying import expire_overdue  # noqa: PLC0415

    return (
        Job("sandbox webhooks", deliver_due, every=1),
        Job("sandbox payment pages", expire_overdue, every=10),
    )


JOBS: tuple[Job, ...] = (
    Job("relay", relay, every=1),
    # In the relay's tick: what its handlers wrote down falls at once.
    Job("purge edge", purge_due, every=1),
    Job("mail", send_due_mail, every=1),
    Job("republish unacknowledged", republish_unacknowledged, every=300, first=300),
    Job("figures", report, every=300, first=300),
    Job("publish", publish_due, every=60),
    Job("sales", apply_sales, every=60),
    Job("write imports", write_due, every=5),
    Job("expire unpaid orders", expire_unpaid, every=60),
    # On a laptop the provider is the server beside the worker, which needs a moment to come up.
    Job("reconcile payments", reconcile, every=300, first=60),
    Job("look back for lost messages", look_back, every=86400, first=600),
    Job("labels of opened parcels", drop_unused, every=600, first=120),
    Job("labels of cancelled returns", give_back_unused, every=3600, first=400),
    Job("ask carriers for news", ask_for_news, every=1800, first=300),
    Job("parcels nobody fetches", tell_uncollected, every=21600, first=600),
    Job("sentinel", sentinel, every=3600, first=120),
    Job("restore drill", drill_by_clock, every=3600, first=1800),
    Job("plan packing", plan_forgotten, every=300, first=90),
    Job("give up overdue returns", cancel_overdue, every=3600, first=300),
    Job("draft purchase orders", draft_due, every=86400, first=300),
    Job("fit figures", refresh_fits, every=86400, first=1200),
    Job("forget old bags", purge_bags, every=3600),
    Job("forget old activity", purge_activity, every=86400),
    Job("forget closed accounts", forget_later, every=86400, first=900),
    Job("forget old wish lists", purge_wish_lists, every=86400),
    Job("forget old provider calls", forget_old_calls, every=86400),
    Job("forget old provider messages", forget_old_messages, every=86400),
    Job("forget old tries", forget_old_limits, every=3600),
    Job("forget old sign-ins", forget_old_sign_ins, every=86400),
    Job("forget old account events", forget_old_events, every=86400),
    Job("forget old purges", forget_old_purges, every=86400),
    *sandbox_jobs(),
)
