"""What happens to a session, its intent and its charges. Everything here runs under the session's row lock."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from sandbox.models import Charge, Intent, Refund, Session
from sandbox.stripe.announce import announce
from sandbox.stripe.cards import Card
from sandbox.stripe.errors import ApiError
from sandbox.stripe.shapes import charge_json, intent_json, refund_json, session_json

Status = Intent.Status
AUTHENTICATION_FAILED = Card(
    "",
    "",
    "payment_intent_authentication_failure",
    "authentication_required",
    "The confirmation with your bank failed. Choose another card, or try again.",
)


def locked(session_id: str) -> Session:
    """The session, locked. Raises Session.DoesNotExist. One whose time is over is expired on the way."""
    session = Session.objects.select_for_update(of=("self",)).select_related("intent").get(pk=session_id)
    if session.status == Session.Status.OPEN and session.expires_at <= timezone.now():
        expire(session)
    return session


@transaction.atomic
def pay_by_card(session_id: str, card: Card) -> Session:
    """The buyer pressed Pay. Only an open session changes; a second press finds it complete."""
    session = locked(session_id)
    if session.status != Session.Status.OPEN:
        return session
    intent = _intent(session)
    if card.code:
        _decline(intent, card)
    elif card.asks:
        _set(intent, Status.NEEDS_ACTION)
    else:
        _take(session, intent, {"type": "card", "card": {"last4": card.number[-4:]}})
    return session


@transaction.atomic
def confirm(session_id: str, *, succeeds: bool) -> Session:
    """The answer of the 3-D Secure page. Without a card waiting for it, nothing happens."""
    session = locked(session_id)
    intent = session.intent
    if session.status == Session.Status.OPEN and intent and intent.status == Status.NEEDS_ACTION:
        if succeeds:
            _take(session, intent, {"type": "card", "card": {"three_d_secure": {"result": "authenticated"}}})
        else:
            _decline(intent, AUTHENTICATION_FAILED)
    return session


@transaction.atomic
def pay_by_debit(session_id: str) -> Session:
    """A delayed method: the session completes unpaid, and the bank answers later (settle)."""
    session = locked(session_id)
    if session.status != Session.Status.OPEN:
        return session
    intent = _intent(session)
    Charge.objects.create(intent=intent, amount=intent.amount, status="pending", method={"type": "sepa_debit"})
    _set(intent, Status.PROCESSING)
    _complete(session, "unpaid")
    announce("payment_intent.processing", intent_json(intent))
    announce("checkout.session.completed", session_json(session))
    return session


@transaction.atomic
def settle(session_id: str, *, succeeds: bool) -> Session:
    """The bank's answer to a delayed payment. Without one waiting, nothing happens."""
    session = locked(session_id)
    intent = session.intent
    if not intent or intent.status != Status.PROCESSING:
        return session
    charge = intent.charges.get(status="pending")
    if succeeds:
        _finish(charge, "succeeded")
        _set(intent, Status.SUCCEEDED)
        session.payment_status = "paid"
        session.save(update_fields=["payment_status"])
        announce("charge.succeeded", charge_json(charge))
        announce("payment_intent.succeeded", intent_json(intent))
        announce("checkout.session.async_payment_succeeded", session_json(session))
    else:
        _finish(charge, "failed", "The customer's bank refused the debit.")
        _set(intent, Status.NEEDS_METHOD, {"code": "charge_failed", "message": charge.failure_message})
        announce("payment_intent.payment_failed", intent_json(intent))
        announce("checkout.session.async_payment_failed", session_json(session))
    return session


def expire(session: Session) -> None:
    """Close an open session (its row locked)."""
    session.status = Session.Status.EXPIRED
    session.expires_at = min(session.expires_at, timezone.now())
    session.save(update_fields=["status", "expires_at"])
    if session.intent and session.intent.status != Status.SUCCEEDED:
        _set(session.intent, Status.CANCELED)
    announce("checkout.session.expired", session_json(session))


@transaction.atomic
def expire_now(session_id: str) -> Session:
    """Close the session if it is open."""
    session = locked(session_id)
    if session.status == Session.Status.OPEN:
        expire(session)
    return session


def expire_overdue() -> int:
    """Close every open session whose time is over; how many."""
    overdue = list(Session.objects.overdue(timezone.now()).values_list("pk", flat=True))
    for session_id in overdue:
        expire_now(session_id)
    return len(overdue)


@transaction.atomic
def move_clock(session_id: str, minutes: int) -> None:
    """Let that many minutes pass for one session."""
    session = locked(session_id)
    session.expires_at -= timedelta(minutes=minutes)
    session.created -= timedelta(minutes=minutes)
    session.save(update_fields=["expires_at", "created"])
    if session.status == Session.Status.OPEN and session.expires_at <= timezone.now():
        expire(session)


def refund(charge_id: str, amount: int | None, **fields: Any) -> Refund:
    """Give money back in the caller's transaction; all that is left without an amount. Raises ApiError beyond that."""
    charge = Charge.objects.select_for_update(of=("self",)).select_related("intent").get(pk=charge_id)
    left = charge.amount - charge.amount_refunded
    if charge.status != "succeeded":
        raise ApiError(400, "This charge did not succeed, so nothing can be refunded.", code="charge_not_refundable")
    if charge.disputes.exclude(status="won").exists():
        raise ApiError(400, "This charge has been charged back.", code="charge_disputed")
    if left == 0:
        raise ApiError(400, f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    amount = left if amount is None else amount
    if not 0 < amount <= left:
        raise ApiError(
            400, f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
        )
    made = Refund.objects.create(charge=charge, amount=amount, **fields)
    charge.amount_refunded += amount
    charge.save(update_fields=["amount_refunded"])
    announce("refund.created", refund_json(made))
    announce("charge.refunded", charge_json(charge))
    return made


def _intent(session: Session) -> Intent:
    """The session's intent; Checkout makes it when the buyer first tries to pay."""
    if session.intent is None:
        session.intent = Intent.objects.create(
            amount=session.amount_total,
            currency=session.currency,
            description=session.intent_data.get("description", ""),
            metadata=session.intent_data.get("metadata", {}),
        )
        session.save(update_fields=["intent"])
    return session.intent


def _take(session: Session, intent: Intent, method: dict[str, Any]) -> None:
    charge = Charge.objects.create(intent=intent, amount=intent.amount, status="succeeded", method=method)
    _set(intent, Status.SUCCEEDED)
    _complete(session, "paid")
    announce("charge.succeeded", charge_json(charge))
    announce("payment_intent.succeeded", intent_json(intent))
    announce("checkout.session.completed", session_json(session))


def _decline(intent: Intent, card: Card) -> None:
    charge = Charge(intent=intent, amount=intent.amount, method={"type": "card"})
    _finish(charge, "failed", card.message, card.code)
    error = {"type": "card_error", "code": card.code, "decline_code": card.decline_code, "message": card.message}
    _set(intent, Status.NEEDS_METHOD, error)
    announce("payment_intent.payment_failed", intent_json(intent))


def _finish(charge: Charge, status: str, message: str = "", code: str = "") -> None:
    charge.status, charge.failure_message, charge.failure_code = status, message, code
    charge.save()


def _complete(session: Session, payment_status: str) -> None:
    session.status, session.payment_status = Session.Status.COMPLETE, payment_status
    session.save(update_fields=["status", "payment_status"])


def _set(intent: Intent, status: Intent.Status, error: dict[str, str] | None = None) -> None:
    intent.status, intent.last_error = status, error
    intent.save(update_fields=["status", "last_error"])
