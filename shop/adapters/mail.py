"""The port that sends mails."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMultiAlternatives


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """A mail as it is to be read: text with an HTML twin. The key names it; one key is one mail."""

    key: str
    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()

    @property
    def digest(self) -> str:
        return digest_of(self.key)


def digest_of(key: str) -> str:
    """A short name of a mail's key, the same each time."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


class MailRefused(Exception):
    """This mail will never go, whoever tries again; the message says why, in words for staff."""


class MailWaits(Exception):
    """No mail goes until somebody does something about it, or a day is over; the words tell staff what."""


class MailSender(Protocol):
    def send(self, mail: Mail) -> None:
        """Hand the mail over. Never in a transaction.

        Raises MailRefused for a mail that is not to come again; after anything else the same mail does, and after
        MailWaits as often as it takes.
        """


def compose(mail: Mail) -> EmailMultiAlternatives:
    """The mail with its headers. A repeat has the same Message-ID, so that mailboxes can tell it is one.

    Rendering it (`.message()`) raises BadHeaderError for a line break in the subject or an address.
    """
    domain = settings.SHOP_EMAIL.rpartition("@")[2]
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        from_email=f"{settings.SHOP_NAME} <{settings.SHOP_EMAIL}>",
        to=[mail.to],
        headers={"Message-ID": f"<{mail.digest}@{domain}>"},
    )
    message.attach_alternative(mail.html, "text/html")
    for file in mail.attachments:
        message.attach(file.name, file.content, file.content_type)
    return message
