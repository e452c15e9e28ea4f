"""What the provider has and never told us, or told us in vain: looked for by asking it for everything that is new."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F

from shop.adapters.payments import SessionState, WebhookEvent
from shop.checkout import advice
from shop.checkout.after_payment import read_disputes
from shop.checkout.messages import work_on
from shop.checkout.rounds import Round
from shop.checkout.sync import SETTLED, sync
from shop.core import clock
from shop.payments import services as payments
from shop.payments.calls import provider_named
from shop.payments.models import PaymentAttempt, ProviderEvent
from shop.payments.refunds import read_all

# The newest of each that one run asks for.
MOST_LISTED = 1000
# Whose refunds are read one by one: the newest of those paid in this time.
REFUNDED_WITHIN = timedelta(days=30)
MOST_READ = 200


def find(run: Round, *, since: datetime) -> None:
    """Messages that never came are worked on; payments of ours that nobody noticed are synced; orphans are alerts."""
    for name in settings.PAYMENT_PROVIDERS:
        run.attempt(f"{name}: messages", lambda name=name: find_messages(run, name, since))  # type: ignore[misc]
        run.attempt(f"{name}: payments", lambda name=name: find_payments(run, name, since))  # type: ignore[misc]


def find_messages(run: Round, name: str, since: datetime) -> None:
    """Messages about money that the provider has and we do not."""
    told = provider_named(name).list_events(since=since, limit=MOST_LISTED)
    rows = ProviderEvent.objects.filter(provider=name, event_id__in=[event.event_id for event in told])
    known = set(rows.values_list("event_id", flat=True))

    def take(event: WebhookEvent) -> None:
        work_on(payments.store_event(name, event, delivered=False))

    # Newest first they came; worked on in the order in which they happened.
    unheard = [event for event in reversed(told) if event.event_id not in known]
    run.each("messages never sent", unheard, take, lambda event: f"{event.event_id} ({event.type})")


def find_what_came_after(run: Round) -> None:
    """Refunds made at a provider that lists none of its messages, and disputes there: asked for by payment.

    The newest first.
    """
    silent = [name for name in settings.PAYMENT_PROVIDERS if provider_named(name).captures]
    paid = PaymentAttempt.objects.took_money().filter(provider__in=silent, captured_amount__gt=F("refunded_amount"))
    recent = paid.filter(paid_at__gte=clock.now() - REFUNDED_WITHIN).exclude(intent_id="").order_by("-paid_at", "pk")
    run.each("payments asked for refunds", recent[:MOST_READ], read_all)
    run.each("payments asked for disputes", recent[:MOST_READ], read_disputes)


def find_payments(run: Round, name: str, since: datetime) -> None:
    """Paid pages whose attempt does not know it, or which have none."""
    sessions = provider_named(name).list_sessions(since=since, limit=MOST_LISTED)
    paid = [session for session in sessions if session.payment_status == "paid"]
    attempts = attempts_of(paid)

    def check(session: SessionState) -> None:
        attempt = attempts.get(session.attempt_id)
        if attempt is None:
            advice.orphan(name, session, f"it names no payment of this shop ({session.attempt_id[:60]!r})")
        elif attempt.session_id not in ("", session.session_id):
            advice.orphan(name, session, f"its payment {attempt.pk} has another page ({attempt.session_id})")
        else:
            sync(attempt.pk, session_id=session.session_id)

    unnoticed = [session for session in paid if not is_known(session, attempts)]
    run.each("payments unnoticed", unnoticed, check, lambda session: session.session_id)


def attempts_of(sessions: Iterable[SessionState]) -> dict[str, PaymentAttempt]:
    """The attempts that these pages name, by the name."""
    ids: dict[UUID, str] = {}
    for session in sessions:
        if parsed := payments.parse_id(session.attempt_id):
            ids[parsed] = session.attempt_id
    return {ids[attempt.pk]: attempt for attempt in PaymentAttempt.objects.filter(pk__in=ids)}


def is_known(session: SessionState, attempts: dict[str, PaymentAttempt]) -> bool:
    """Whether the attempt of that paid page has been settled with it."""
    attempt = attempts.get(session.attempt_id)
    return attempt is not None and attempt.state in SETTLED and attempt.session_id == session.session_id
