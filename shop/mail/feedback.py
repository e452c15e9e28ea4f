"""What the mail service tells of mails that it took: bounced, called spam; delivered, where it is asked to.

infra/mail.yaml asks for bounces and complaints alone, so an outcome of "delivered" is rare: what it asks for is a line
there, and a topic with more on it (the older notifications) is read all the same.
It may tell a thing twice, and things in any order: each is noted once, and a mail's outcome only ever moves up. The
form is that of SES events (or its older notifications), which come through a topic into a queue.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from shop.adapters.mail_ses import TAG
from shop.adapters.queue import Malformed, Record, body_of, handle_each, object_in
from shop.core import clock
from shop.core.redacting import redacted
from shop.core.storable import storable
from shop.events.services import emit
from shop.mail.models import MailRefusal, OutgoingMail

Outcome = OutgoingMail.Outcome
Kind = MailRefusal.Kind
RANKS = list(Outcome.values)


@dataclass(frozen=True)
class News:
    """One piece of news about one mail. refused: why its addresses get no more, if so."""

    digest: str
    outcome: Outcome
    at: datetime
    words: str
    id: str = ""
    refused: Kind | None = None
    addresses: tuple[str, ...] = ()


def receive(records: Sequence[Record]) -> None:
    """Note a batch from the queue. Raises BatchFailed when any message could not be read, once all others were."""
    handle_each(records, _handle)


def _handle(record: Record) -> None:
    told = body_of(record)
    if "Message" in told:
        told = object_in(told["Message"])
    try:
        news = read(told)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise Malformed(f"not what SES tells of a mail: {error!r}") from error
    if news:
        note(news)


def read(told: Mapping[str, Any]) -> News | None:
    """The news in an event of SES; None for events that change nothing here, such as one that a mail was sent."""
    kind = str(told.get("eventType") or told["notificationType"])
    digest = "".join(told["mail"].get("tags", {}).get(TAG, [])[:1])
    if kind not in READERS:
        return None
    return READERS[kind](digest, told[kind[0].lower() + kind[1:]])


def _bounce(digest: str, part: Mapping[str, Any]) -> News:
    """Permanent: the address does not exist. Everything else may be otherwise tomorrow."""
    who = part["bouncedRecipients"]
    words = f"{part['bounceType']}, {part.get('bounceSubType', '')}: {who[0].get('diagnosticCode', '')}"
    if part["bounceType"] != "Permanent":
        return News(digest, Outcome.SOFT, _when(part), words)
    told = part["feedbackId"][:120]
    return News(digest, Outcome.BOUNCED, _when(part), words, told, Kind.BOUNCE, tuple(_addresses(who)))


def _complaint(digest: str, part: Mapping[str, Any]) -> News | None:
    why = str(part.get("complaintFeedbackType") or "no reason given")
    if why == "not-spam":
        return None
    who = tuple(_addresses(part["complainedRecipients"]))
    return News(digest, Outcome.COMPLAINED, _when(part), why, part["feedbackId"][:120], Kind.COMPLAINT, who)


def _delivery(digest: str, part: Mapping[str, Any]) -> News:
    return News(digest, Outcome.DELIVERED, _when(part), str(part.get("smtpResponse", "")))


def _delay(digest: str, part: Mapping[str, Any]) -> News:
    return News(digest, Outcome.SOFT, _when(part), f"SES goes on trying: {part.get('delayType', '')}")


READERS = {"Bounce": _bounce, "Complaint": _complaint, "Delivery": _delivery, "DeliveryDelay": _delay}


def _addresses(recipients: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """In small letters, without what is none: nobody could lift or understand such a refusal."""
    for recipient in recipients:
        address = parseaddr(recipient["emailAddress"])[1].lower()[:254]
        if "@" in address and address.isprintable():
            yield address


def _when(part: Mapping[str, Any]) -> datetime:
    """Now, where it says no time, or one that no table can keep."""
    try:
        found = parse_datetime(str(part.get("timestamp", "")))
    except ValueError:
        # The form of a day that there is not.
        found = None
    return found if found and found.tzinfo and 1990 < found.year < 9000 else clock.now()


@transaction.atomic
def note(news: News) -> None:
    """Write it on the mail, unless something weightier stands there, and refuse the address from now on."""
    words = redacted(storable(news.words))[:300]
    if news.refused:
        refusal = {"kind": news.refused, "words": words, "feedback_id": news.id, "noted_at": news.at}
        rows = [MailRefusal(email=email, **refusal) for email in news.addresses]
        MailRefusal.objects.bulk_create(rows, ignore_conflicts=True)
    mail = OutgoingMail.objects.select_for_update().filter(digest=news.digest).first() if news.digest else None
    if mail and RANKS.index(news.outcome) > RANKS.index(mail.outcome):
        mail.outcome, mail.outcome_at, mail.outcome_words = news.outcome, news.at, words
        mail.save(update_fields=["outcome", "outcome_at", "outcome_words"])
        if news.outcome == Outcome.BOUNCED:
            tell_bounced(mail, words)


def tell_bounced(mail: OutgoingMail, why: str) -> None:
    """Say that a mail about an order does not reach its reader. The mail of an alert must not make an alert."""
    if mail.about and mail.channel == OutgoingMail.Channel.MAIL:
        emit("MailBounced", {"mail_id": mail.pk, "number": mail.about, "reason": why})
