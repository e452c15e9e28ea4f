"""What the providers announced: whom a stored message is about, and what the provider is then asked.

Anybody may have delayed, doubled or shuffled it, so it is a reason to ask and never itself believed.
"""

from shop.adapters.payments import ProviderRefused
from shop.checkout import advice, after_payment, paypal_events
from shop.checkout.sync import SETTLED, UnknownAttempt, sync
from shop.core.crash import crash_point
from shop.payments import services as payments
from shop.payments.models import PaymentAttempt, ProviderEvent

PAYPAL = PaymentAttempt.Provider.PAYPAL

# What the provider announces about payment pages; after_payment.READERS has what it announces about payments made.
# Everything else is stored and left alone.
SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)


def process_event(row: ProviderEvent) -> None:
    """Work on a stored message, once: it is a reason to ask the provider, never itself believed.

    Raises what sync raises; the message then stays open.
    """
    if row.processed_at:
        return
    if row.type in SESSION_EVENTS or row.type in paypal_events.ORDER_EVENTS:
        sync_named(row)
    elif row.type in after_payment.READERS:
        read_what_came_after(row)
    crash_point("webhook-before-mark")
    payments.finish_event(row)


def sync_named(row: ProviderEvent) -> None:
    """Sync the attempt that the message names."""
    named, session_id = paypal_events.named(row) if row.provider == PAYPAL else named_by_stripe(row)
    attempt_id = payments.parse_id(named)
    try:
        if attempt_id is None:
            raise UnknownAttempt(f"the session names no payment attempt: {named!r}")
        sync(attempt_id, session_id=session_id)
    except UnknownAttempt:
        advice.unknown_payment(row, named)
        raise


def named_by_stripe(row: ProviderEvent) -> tuple[str, str]:
    """The attempt in the metadata of a message's session, and the session."""
    session = row.payload["data"]["object"]
    return str((session.get("metadata") or {}).get("attempt", "")), str(session.get("id", ""))


def read_what_came_after(row: ProviderEvent) -> None:
    """Ask the provider about the refund, dispute, review or warning that the message names."""
    intent_id, named, subject_id = paypal_events.subject_of(row) if row.provider == PAYPAL else subject_at_stripe(row)
    try:
        attempt = attempt_behind(row.provider, intent_id, named)
    except UnknownAttempt:
        advice.unknown_payment(row, intent_id)
        raise
    payments.link_event(row, attempt)
    # The money itself first: this message may have overtaken the one about the payment.
    if sync(attempt.pk).state not in SETTLED:
        raise ProviderRefused(f"payment {attempt.pk} is not known to be paid, but {row.type} came for it")
    attempt.refresh_from_db()
    if intent_id:
        after_payment.refuse_foreign(attempt, intent_id)
    after_payment.READERS[row.type](attempt, subject_id)


def subject_at_stripe(row: ProviderEvent) -> tuple[str, str, str]:
    """(intent, the name of ours that it carries, id) of what a message about a payment that was made tells of."""
    subject = row.payload["data"]["object"]
    named = (subject.get("metadata") or {}).get("attempt", "")
    return str(subject.get("payment_intent") or ""), str(named), str(subject.get("id", ""))


def attempt_behind(provider_name: str, intent_id: str, named: str) -> PaymentAttempt:
    """The attempt that an intent belongs to: by its id, or by the name of ours it carries. Raises UnknownAttempt."""
    of_provider = PaymentAttempt.objects.filter(provider=provider_name)
    attempt = of_provider.filter(intent_id=intent_id).first() if intent_id else None
    if attempt is None and (attempt_id := payments.parse_id(named)):
        attempt = of_provider.filter(pk=attempt_id).first()
    if attempt is None:
        raise UnknownAttempt(f"no payment attempt has the intent {intent_id!r}")
    return attempt
