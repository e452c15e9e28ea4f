"""Queueing mails with the change they tell of, and sending what is due."""

import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.validators import validate_email
from django.template import Context, Engine
from django.utils.module_loading import import_string

from shop.adapters.mail import Attachment, Mail, MailSender
from shop.core import clock
from shop.core.attempts import batches
from shop.core.crash import crash_point
from shop.mail.models import MailAttachment, OutgoingMail

log = logging.getLogger(__name__)

State = OutgoingMail.State
MAILS_A_BATCH = 10


def queue_mail(
    *, key: str, to: str, template: str, context: dict[str, Any], attachments: Sequence[Attachment] = ()
) -> None:
    """Write a mail from templates/emails/<template>.{subject.txt,txt,html}; the same key twice is one mail.

    A mail whose context has an `order` is filed under its number. To somebody who was forgotten
    nothing is written. Raises ValidationError for what is no address.
    """
    validate_email(to)
    if to.endswith(".invalid"):
        # Nobody has such an address (RFC 2606): it stands where somebody asked to be forgotten.
        return
    mail = OutgoingMail(
        key=key,
        about=getattr(context.get("order"), "number", ""),
        to=to,
        # On one line: a name with a line break must not become a header of its own.
        subject=" ".join(_render(f"{template}.subject.txt", context).split())[:200],
        text=_render(f"{template}.txt", context),
        html=_render(f"{template}.html", context),
    )
    OutgoingMail.objects.bulk_create([mail], ignore_conflicts=True)
    if attachments:
        _attach(key, attachments)


def send_due_mail() -> int:
    """Send the mails that are due, oldest first; returns how many went. Never call it inside a transaction."""
    sender: MailSender = import_string(settings.MAIL_SENDER)()
    return sum(_send(sender, row) for rows in batches(OutgoingMail.objects.due, MAILS_A_BATCH) for row in rows)


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
    try:
        files = tuple(Attachment(f.name, f.content_type, bytes(f.content)) for f in row.attachments.all())
        sender.send(Mail(row.key, row.to, row.subject, row.text, row.html, files))
    except Exception as error:  # noqa: BLE001 - whatever the sender raised, the row says it and is tried again
        log.warning("mail %s was not sent: %r", row.key, error)
        pending.update(**row.after_failure(repr(error), given_up=State.FAILED))
        return False
    crash_point("mail-before-mark")
    pending.update(state=State.SENT, sent_at=clock.now(), last_error="")
    return True


def _render(name: str, context: dict[str, Any]) -> str:
    """Text is written as it is, HTML escaped."""
    engine = Engine.get_default()
    return engine.get_template(f"emails/{name}").render(Context(context, autoescape=name.endswith(".html")))
