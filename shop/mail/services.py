"""Queueing mails with the change they tell of, and sending what is due."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.validators import validate_email
from django.db import transaction
from django.template import Context, Engine
from django.utils.module_loading import import_string

from shop.adapters.kick import rows_wait
from shop.adapters.mail import Attachment, Mail, MailRefused, MailSender, MailWaits, digest_of
from shop.adapters.notices import StaffNotices
from shop.core import clock
from shop.core.attempts import one_by_one
from shop.core.crash import crash_point
from shop.core.logs import measure
from shop.mail.feedback import tell_bounced
from shop.mail.models import MailAttachment, MailRefusal, OutgoingMail

log = logging.getLogger(__name__)

State = OutgoingMail.State
MAILS_A_BATCH = 10
# When no mail goes at all.
MAILS_WAIT = timedelta(minutes=5)


def queue_mail(
    *,
    key: str,
    to: str,
    template: str,
    context: dict[str, Any],
    attachments: Sequence[Attachment] = (),
    marketing: bool = False,
) -> None:
    """Write a mail from templates/emails/<template>.{subject.txt,txt,html}; the same key twice is one mail.

    A mail whose context has an `order` is filed under its number. marketing: one that nobody needs, which is not sent
    to whoever called the shop's mails spam. To somebody who was forgotten nothing is written. Raises ValidationError
    for what is no address.
    """
    validate_email(to)
    if to.endswith(".invalid"):
        # Nobody has such an address (RFC 2606): it stands where somebody asked to be forgotten.
        return
    mail = _written(key, to, template, context)
    mail.marketing = marketing
    _queue(mail)
    if attachments:
        _attach(key, attachments)


def tell_staff(*, key: str, template: str, context: dict[str, Any]) -> None:
    """Write a notice to the staff from templates/emails/<template>, for each address of settings.STAFF_NOTICES."""
    notices: StaffNotices = import_string(settings.STAFF_NOTICES)()
    for number, to in enumerate(notices.addresses()):
        mail = _written(f"{key}:{number}", to, template, context)
        mail.channel = OutgoingMail.Channel.STAFF
        _queue(mail)


def send_due_mail() -> int:
    """Send the mails that are due, oldest first; returns how many went. Never call it inside a transaction."""
    senders: dict[str, MailSender] = {
        OutgoingMail.Channel.MAIL: import_string(settings.MAIL_SENDER)(),
        OutgoingMail.Channel.STAFF: import_string(settings.STAFF_NOTICES)(),
    }
    return sum(_send(senders[row.channel], row) for row in one_by_one(OutgoingMail.objects.due, MAILS_A_BATCH))


def _written(key: str, to: str, template: str, context: dict[str, Any]) -> OutgoingMail:
    return OutgoingMail(
        key=key,
        digest=digest_of(key),
        about=getattr(context.get("order"), "number", ""),
        to=to,
        # On one line: a name with a line break must not become a header of its own.
        subject=" ".join(_render(f"{template}.subject.txt", context).split())[:200],
        text=_render(f"{template}.txt", context),
        html=_render(f"{template}.html", context),
    )


def _queue(mail: OutgoingMail) -> None:
    OutgoingMail.objects.bulk_create([mail], ignore_conflicts=True)
    rows_wait()


def _attach(key: str, files: Sequence[Attachment]) -> None:
    """The mail of that key gets its files; one that has them already keeps them."""
    mail = OutgoingMail.objects.get(key=key)
    rows = [MailAttachment(mail=mail, **vars(file)) for file in files]
    MailAttachment.objects.bulk_create(rows, ignore_conflicts=True)


def _send(sender: MailSender, row: OutgoingMail) -> bool:
    """Send a claimed mail and note what became of it; whether it went."""
    # Only while pending: another worker may have finished one whose claim ran out meanwhile.
    pending = OutgoingMail.objects.filter(pk=row.pk, state=State.PENDING)
    crash_point("mail-claimed")
    if why := refusal(row):
        withhold(row, why)
        return False
    try:
        files = tuple(Attachment(f.name, f.content_type, bytes(f.content)) for f in row.attachments.all())
        sender.send(Mail(row.key, row.to, row.subject, row.text, row.html, files))
    except MailRefused as error:
        log.warning("mail %s is refused: %s", row.key, error)
        measure({"MailsFailed": 1})
        pending.update(state=State.FAILED, last_error=str(error)[:2000])
        return False
    except MailWaits as error:
        log.warning("mail %s waits: %s", row.key, error)
        # Not counted: however long it takes, the mail is not given up. The sentinel tells after an hour.
        pending.update(next_attempt_at=clock.now() + MAILS_WAIT, attempts=row.attempts - 1, last_error=str(error))
        return False
    except Exception as error:  # noqa: BLE001 - whatever the sender raised, the row says it and is tried again
        log.warning("mail %s was not sent: %r", row.key, error)
        measure({"MailsFailed": 1})
        pending.update(**row.after_failure(repr(error), given_up=State.FAILED))
        return False
    measure({"MailsSent": 1})
    crash_point("mail-before-mark")
    pending.update(state=State.SENT, sent_at=clock.now(), last_error="")
    return True


def refusal(row: OutgoingMail) -> str:
    """Why this mail must not be sent, in words; empty when it may.

    Nothing goes to an address that does not exist; whoever called mails spam still gets those they need.
    """
    kinds = {MailRefusal.Kind.BOUNCE, *([MailRefusal.Kind.COMPLAINT] if row.marketing else [])}
    found = MailRefusal.objects.standing(row.to).filter(kind__in=kinds).first()
    return f"{found.get_kind_display()} on {found.noted_at:%-d %B %Y}. {found.words}" if found else ""


@transaction.atomic
def withhold(row: OutgoingMail, why: str) -> None:
    """Note that a mail is not sent, for that reason, and tell of it if it is about an order."""
    pending = OutgoingMail.objects.filter(pk=row.pk, state=State.PENDING)
    if pending.update(state=State.WITHHELD, last_error=why):
        tell_bounced(row, why)


def _render(name: str, context: dict[str, Any]) -> str:
    """Text is written as it is, HTML escaped."""
    engine = Engine.get_default()
    return engine.get_template(f"emails/{name}").render(Context(context, autoescape=name.endswith(".html")))
