"""Writing payment attempts (forward only, by one table) and the provider's messages."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F

from shop.adapters.payments import SessionState, WebhookEvent
from shop.core import clock
from shop.core.errors import InvalidTransition
from shop.payments.models import PaymentAttempt, ProviderEvent

State = PaymentAttempt.State
# The provider's names of an attempt.
NAMES = ("session_id", "intent_id", "redirect_url")

# What may follow what. Never backwards; but money that the provider says it took is always believed, even after
# the attempt was given up. Paid and review are ends: refunds and disputes are ledgers of their own.
MOVES: dict[str, frozenset[str]] = {
    State.CREATED: frozenset(
        {State.OPEN, State.PROCESSING, State.PAID, State.FAILED, State.EXPIRED, State.REVIEW},
    ),
    State.OPEN: frozenset({State.PROCESSING, State.PAID, State.FAILED, State.EXPIRED, State.REVIEW}),
    State.PROCESSING: frozenset({State.PAID, State.FAILED, State.REVIEW}),
    State.FAILED: frozenset({State.PAID, State.REVIEW}),
    State.EXPIRED: frozenset({State.PAID, State.REVIEW}),
    State.PAID: frozenset(),
    State.REVIEW: frozenset(),
}


def lock_with_order(attempt_id: UUID) -> PaymentAttempt:
    """The attempt, locked after its order's row, as every writer does. PaymentAttempt.DoesNotExist when there is none.

    Also for who changes the payment only: an alert or a hold written beside it refers to the order.
    """
    mine = PaymentAttempt.objects.filter(pk=attempt_id)
    list(mine.select_related("order").select_for_update(of=("order",)))
    return mine.locked().get()


def last_provider(order_id: int) -> str:
    """By which provider that order was last tried to be paid; empty before the first try."""
    newest = PaymentAttempt.objects.filter(order_id=order_id).order_by("-created_at").values_list("provider", flat=True)
    return newest.first() or ""


def may_move(attempt: PaymentAttempt, to: PaymentAttempt.State) -> bool:
    """Whether the table lists that step; staying where it is does not count as one."""
    return to in MOVES[attempt.state]


def move(attempt: PaymentAttempt, to: PaymentAttempt.State, *, note: str = "", also: Sequence[str] = ()) -> None:
    """Bring the attempt (its row locked by the caller) forward. note: what went wrong, for staff.

    also: fields that the caller has set and that are written with it.

    Raises InvalidTransition for a step that MOVES does not list; then nothing has changed.
    """
    if not may_move(attempt, to):
        raise InvalidTransition(f"Payment {attempt.pk} is {attempt.state}: it cannot become {to.value}.")
    attempt.state = to
    attempt.last_error = note
    attempt.save(update_fields=["state", "last_error", "updated_at", *also])


def record_session(attempt: PaymentAttempt, session: SessionState) -> None:
    """Keep the provider's names of this attempt (its row locked by the caller)."""
    take_names(attempt, session)
    attempt.save(update_fields=[*NAMES, "updated_at"])


def open_page(attempt: PaymentAttempt, session: SessionState) -> None:
    """Both at once, for an attempt (its row locked by the caller) whose page was just made."""
    take_names(attempt, session)
    move(attempt, State.OPEN, also=NAMES)


def take_names(attempt: PaymentAttempt, session: SessionState) -> None:
    """Set NAMES from what the provider said; what it left out stays."""
    attempt.session_id = session.session_id
    attempt.intent_id = session.intent_id or attempt.intent_id
    attempt.redirect_url = session.url or attempt.redirect_url


def record_capture(attempt: PaymentAttempt, *, amount: int, currency: str = "") -> None:
    """Note what the provider took (minor units), before the attempt moves to paid or review.

    currency: where it is not sure to be the attempt's own.
    """
    attempt.captured_amount = amount
    attempt.captured_currency = currency or attempt.currency
    attempt.paid_at = clock.now()
    attempt.save(update_fields=["captured_amount", "captured_currency", "paid_at", "updated_at"])


def note_error(attempt_id: UUID, error: str) -> None:
    """Keep the last trouble beside the attempt, whose state stays."""
    PaymentAttempt.objects.filter(pk=attempt_id).update(last_error=error[:2000], updated_at=clock.now())


@transaction.atomic
def store_event(provider: str, event: WebhookEvent, *, delivered: bool = True) -> ProviderEvent:
    """The row of that message; a repeat counts a delivery and keeps what was done. Commit it before working on it.

    delivered: False for one that the provider never sent us, found by asking for it.
    """
    row, made = ProviderEvent.objects.get_or_create(
        provider=provider,
        event_id=event.event_id,
        defaults={
            "type": event.type,
            "payload": event.payload,
            "attempt": _known_attempt(event.attempt_id),
            "deliveries": int(delivered),
        },
    )
    if not made and delivered:
        ProviderEvent.objects.filter(pk=row.pk).update(deliveries=F("deliveries") + 1)
    return row


def link_event(row: ProviderEvent, attempt: PaymentAttempt) -> None:
    """Note which payment the message is about, for those that do not name one of ours."""
    ProviderEvent.objects.filter(pk=row.pk, attempt=None).update(attempt=attempt)


def finish_event(row: ProviderEvent) -> None:
    """It is worked on; further deliveries of it do nothing."""
    ProviderEvent.objects.filter(pk=row.pk).update(processed_at=clock.now(), last_error="")


def fail_event(row: ProviderEvent, error: str) -> None:
    """It could not be worked on; it stays open for the next delivery and the reconciler."""
    ProviderEvent.objects.filter(pk=row.pk).update(last_error=error[:2000])


def set_aside(row: ProviderEvent) -> None:
    """Nobody could work on it for days: from now on only a person does, or the provider by sending it once more."""
    ProviderEvent.objects.filter(pk=row.pk).update(set_aside_at=clock.now())


def parse_id(text: str) -> UUID | None:
    """The id of a payment or a refund of ours in text that came from outside, or None when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _known_attempt(text: str) -> PaymentAttempt | None:
    attempt_id = parse_id(text)
    return PaymentAttempt.objects.filter(pk=attempt_id).first() if attempt_id else None
