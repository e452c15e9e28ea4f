"""The port that reaches the staff: what was sold, what needs somebody, what runs low."""

import logging
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.module_loading import import_string

from shop.adapters.mail import Mail, MailSender

log = logging.getLogger(__name__)


class StaffNotices(MailSender, Protocol):
    """Sends a notice as a mail sender sends a mail, once to each of its addresses."""

    def addresses(self) -> list[str]:
        """Where a notice goes now; often nowhere."""


class MailNotices(StaffNotices):
    """A mail to each of settings.STAFF_EMAILS, by the shop's mail sender."""

    def addresses(self) -> list[str]:
        """Those that are addresses: a wrong one must not undo what the notice is about."""
        found = []
        for address in settings.STAFF_EMAILS:
            try:
                validate_email(address)
                found.append(address)
            except ValidationError:
                log.exception("%r in STAFF_EMAILS is no address", address)
        return found

    def send(self, mail: Mail) -> None:
        sender: MailSender = import_string(settings.MAIL_SENDER)()
        sender.send(mail)
