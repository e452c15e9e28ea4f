"""An order's flight recorder: all that was asked, decided, moved, called, told and mailed about it, as it happened.

Oldest first, so that it reads as a story. All of it is read by one query (order_rows), however long the history is.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from adminpanel import timeline_words as words
from adminpanel.order_rows import OrderRows
from adminpanel.timeline_words import Kind
from shop.alerts.models import Alert
from shop.core.money import Money
from shop.payments.models import ProviderEvent

SEES_MONEY, SEES_MAILS = "shop.view_paymentattempt", "shop.view_outgoingmail"
SEES_PACKING = "shop.view_packingtask"
Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. mood: good, bad, warn or empty. needs: the right without which nobody sees it.

    again: where a button leads that has it tried once more.
    """

    at: datetime
    kind: Kind
    title: str
    note: str = ""
    mood: str = ""
    facts: Facts = ()
    link: str = ""
    needs: str = ""
    again: str = ""

    @property
    def utc(self) -> str:
        return f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def timeline(rows: OrderRows) -> list[Entry]:
    """Everything that is known to have happened to the order, oldest first."""
    found = [entry for source in SOURCES for entry in source(rows)]
    return sorted(found, key=lambda entry: entry.at)


def seen_by(user: Any, entries: Iterable[Entry]) -> list[Entry]:
    """Those that this person's rights let them see."""
    return [entry for entry in entries if not entry.needs or user.has_perm(entry.needs)]


def requests(rows: OrderRows) -> Iterator[Entry]:
    for request in rows.requests:
        yield Entry(request.at, Kind.REQUEST, request.get_what_display(), request.outcome)


def state_changes(rows: OrderRows) -> Iterator[Entry]:
    for change in rows.changes:
        before, after = words.state(change.from_state), words.state(change.to_state)
        title = f"{after}, after {before.lower()}" if before else after
        by = who(change.actor)
        mood = words.STATE_MOODS.get(change.to_state, "")
        yield Entry(change.created_at, Kind.STATE, title, change.reason, mood, facts(by=by))


def stock_movements(rows: OrderRows) -> Iterator[Entry]:
    for move in rows.movements:
        units, what = words.movement(move)
        yield Entry(
            move.created_at,
            Kind.STOCK,
            f"{units} x {move.level.variant.sku} {what}",
            move.reason,
            facts=facts(
                at=str(move.level.location),
                on_hand=f"{move.on_hand_change:+d}",
                held=f"{move.reserved_change:+d}",
                by=who(move.actor),
            ),
        )


def payments(rows: OrderRows) -> Iterator[Entry]:
    for attempt in rows.attempts:
        told = facts(
            payment=str(attempt.pk),
            page=attempt.session_id,
            intent=attempt.intent_id,
            page_open_until=moment(attempt.expires_at),
        )
        title = f"Payment of {attempt.total} begun with {attempt.provider.capitalize()}"
        yield Entry(attempt.created_at, Kind.PAYMENT, title, facts=told, needs=SEES_MONEY)
        if attempt.paid_at:
            amount = attempt.captured
            mood = "good" if attempt.state == attempt.State.PAID else "bad"
            yield Entry(
                attempt.paid_at, Kind.PAYMENT, f"{amount} was taken", attempt.last_error, mood, told, "", SEES_MONEY
            )


def provider_calls(rows: OrderRows) -> Iterator[Entry]:
    for call in rows.calls:
        outcome = call.outcome or "nobody answered: the shop was cut off"
        took = "" if call.milliseconds is None else f"{call.milliseconds} ms"
        yield Entry(
            call.started_at,
            Kind.CALL,
            words.OPERATIONS.get(call.operation, call.operation),
            f"{outcome}{': ' + call.error if call.error else ''}",
            "bad" if call.error or not call.outcome else "",
            facts(provider=call.provider, call=call.operation, idempotency_key=call.key, took=took),
            needs=SEES_MONEY,
        )


def provider_events(rows: OrderRows) -> Iterator[Entry]:
    for event in rows.messages:
        yield Entry(
            event.received_at,
            Kind.MESSAGE,
            words.MESSAGES.get(event.type, event.type),
            event.last_error or words.progress(event),
            "" if event.processed_at else "bad" if event.last_error else "warn",
            facts(
                event=event.event_id,
                type=event.type,
                worked_on=moment(event.processed_at),
                set_aside=moment(event.set_aside_at),
                came=f"{event.deliveries} times" if event.deliveries != 1 else "",
            ),
            needs=SEES_MONEY,
            again=reverse("admin:shop_providerevent_again", args=[event.pk]) if failed(event) else "",
        )


def failed(event: ProviderEvent) -> bool:
    """Whether it could not be worked on."""
    return not event.processed_at and bool(event.last_error or event.set_aside_at)


def events(rows: OrderRows) -> Iterator[Entry]:
    names = {event.pk: words.event(event.name) for event in rows.events}
    for event in rows.events:
        published = f"published {moment(event.published_at)}" if event.published_at else event.get_state_display()
        detail = {key: str(value) for key, value in event.detail.items()}
        mood = {"dead": "bad", "pending": "warn"}.get(event.state, "")
        yield Entry(
            event.created_at,
            Kind.EVENT,
            f"Announced: {names[event.pk]}",
            event.last_error or published,
            mood,
            facts(**(detail | {"event": event.name, "id": str(event.pk)})),
        )
    for done in rows.reactions:
        title = f"{words.consumer(done.consumer)} reacted to: {names[done.event_id]}"
        yield Entry(done.handled_at, Kind.EVENT, title, facts=facts(consumer=done.consumer))


def mails(rows: OrderRows) -> Iterator[Entry]:
    for mail in rows.mails:
        link = reverse("admin:shop_outgoingmail_change", args=[mail.pk])
        told = facts(to=mail.to, key=mail.key, attempts=str(mail.attempts))
        mood = "bad" if mail.state == mail.State.FAILED else ""
        note = mail.last_error if mail.sent_at is None else ""
        yield Entry(mail.created_at, Kind.MAIL, f"Queued: {mail.subject}", note, mood, told, link, SEES_MAILS)
        if mail.sent_at:
            yield Entry(mail.sent_at, Kind.MAIL, f"Sent: {mail.subject}", "", "good", told, link, SEES_MAILS)


def refunds(rows: OrderRows) -> Iterator[Entry]:
    for refund in rows.refunds:
        amount, reason = Money(refund.amount, refund.currency), refund.get_reason_display()
        lines = "; ".join(f"{line.quantity} x {line.order_line.sku}" for line in refund.lines.all())
        told = facts(by=who(refund.actor), lines=lines, provider=refund.provider_id or "", note=refund.note)
        title = f"Refund of {amount} asked for"
        yield Entry(refund.created_at, Kind.REFUND, title, reason, "", told, needs=SEES_MONEY)
        if refund.done_at or refund.last_error:
            mood = {"succeeded": "good", "failed": "bad"}.get(refund.state, "warn")
            at, title = refund.done_at or refund.updated_at, f"Refund of {amount}: {refund.get_state_display().lower()}"
            yield Entry(at, Kind.REFUND, title, refund.last_error, mood, told, needs=SEES_MONEY)


def documents(rows: OrderRows) -> Iterator[Entry]:
    for document in rows.documents:
        told = facts(amount=str(document.total), tax=str(document.tax_money))
        title = f"{document.get_kind_display()} {document.number} written"
        yield Entry(document.issued_at, Kind.DOCUMENT, title, facts=told)


def disputes(rows: OrderRows) -> Iterator[Entry]:
    for dispute in rows.disputes:
        amount = Money(dispute.amount, dispute.currency)
        told = facts(dispute=dispute.provider_id, withdrawn=str(Money(dispute.withdrawn, dispute.currency)))
        title = f"The buyer's bank disputes {amount}"
        yield Entry(dispute.created_at, Kind.HOLD, title, dispute.reason, "bad", told, needs=SEES_MONEY)
        if dispute.closed_at:
            title = f"The dispute over {amount} ended: {dispute.state}"
            yield Entry(dispute.closed_at, Kind.HOLD, title, facts=told, needs=SEES_MONEY)


def holds(rows: OrderRows) -> Iterator[Entry]:
    for hold in rows.holds:
        told = facts(source=hold.source)
        title = f"Must not be sent: {hold.get_kind_display().lower()}"
        yield Entry(hold.placed_at, Kind.HOLD, title, hold.reason, "bad", told)
        if hold.lifted_at:
            title = f"May be sent again: {hold.get_kind_display().lower()}"
            yield Entry(hold.lifted_at, Kind.HOLD, title, "", "good", facts(by=who(hold.lifted_by)))


def packing(rows: OrderRows) -> Iterator[Entry]:
    for task in rows.tasks:
        link = reverse("admin:shop_packingtask_change", args=[task.pk])
        yield Entry(
            task.created_at, Kind.STOCK, f"To be packed: {task.number}", str(task.location), "", (), link, SEES_PACKING
        )
        if task.packed_at:
            words = f"Packed into parcel {task.shipment.number}" if task.shipment else "Nothing of it could be packed"
            mood = "good" if task.shipment else "bad"
            yield Entry(
                task.packed_at, Kind.STOCK, words, task.number, mood, facts(by=who(task.packed_by)), link, SEES_PACKING
            )


def alerts(rows: OrderRows) -> Iterator[Entry]:
    for alert in rows.alerts:
        link = reverse("admin:shop_alert_change", args=[alert.pk])
        needs = "" if alert.area == Alert.Area.STOCK else SEES_MONEY
        seen = f"{alert.times} times, last {moment(alert.last_seen_at)}" if alert.times > 1 else ""
        told = facts(what_to_do=alert.advice, seen=seen)
        mood = "bad" if alert.is_open else ""
        yield Entry(alert.raised_at, Kind.ALERT, alert.title, "", mood, told, link, needs)
        if alert.closed_at:
            by = who(alert.closed_by) or "the shop, when it was so no longer"
            yield Entry(alert.closed_at, Kind.ALERT, f"Closed: {alert.title}", "", "good", facts(by=by), link, needs)


SOURCES: tuple[Callable[[OrderRows], Iterator[Entry]], ...] = (
    requests,
    state_changes,
    stock_movements,
    payments,
    provider_calls,
    provider_events,
    events,
    mails,
    refunds,
    documents,
    disputes,
    holds,
    packing,
    alerts,
)


def facts(**named: str) -> Facts:
    """Those that say something, with their names in words."""
    return tuple((name.replace("_", " ").capitalize(), value) for name, value in named.items() if value)


def moment(at: datetime | None) -> str:
    """A time in the shop's time zone, to the second; empty for none."""
    return date_format(timezone.localtime(at), "j M Y, H:i:s") if at else ""


def who(user: Any) -> str:
    return str(user.get_full_name() or user) if user else ""
