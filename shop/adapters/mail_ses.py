"""Mails of the cloud: Amazon SES, raw, so that they are byte for byte what the other senders make of them.

SES puts a Message-ID and a Date of its own in place of ours. What ties its later news to our mail is a tag, which it
repeats in each of them (shop/mail/feedback.py). A try with a lost answer may have sent the mail: it then comes twice.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import BadHeaderError

from shop.adapters.aws import client
from shop.adapters.mail import Mail, MailRefused, MailSender, MailWaits, compose
from shop.adapters.network import refuse_inside_transaction

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# SES takes 40 MB, but most mailboxes no more than 25 MB.
MAX_BYTES = 25 * 1024 * 1024
# What was not answered may have gone: the client by itself would at once send it again, and again.
TRIES = 1
# The tag with the mail's digest.
TAG = "mail"

# Whatever this mail is, it will never be taken.
NEVER = {
    "MessageRejected": "SES does not take this mail",
    "BadRequestException": "SES finds a fault in this mail",
}
# Nothing goes until somebody or some time has changed something.
LATER = {
    "LimitExceededException": "the account's limit of mails in 24 hours is reached",
    "AccountSuspendedException": "AWS has suspended the account's sending for good: open a case with AWS support",
    "SendingPausedException": "sending is paused, of the account or the configuration set: see its reputation in SES",
    "MailFromDomainNotVerifiedException": "SES does not see the shop's MAIL FROM domain as verified",
    "NotFoundException": "SES does not know the configuration set (MAIL_CONFIGURATION_SET)",
    "ExpiredTokenException": "the function's AWS credentials have expired",
    "AccessDeniedException": "the function may not send mails: its role lacks ses:SendRawEmail",
}
# With words that say more than the code does.
SANDBOX = "is not verified"


class SesMailSender(MailSender):
    """Sends through SES, in settings.MAIL_CONFIGURATION_SET, which has it tell of bounces and complaints."""

    def send(self, mail: Mail) -> None:
        refuse_inside_transaction()
        # Heavy, and only this adapter needs it.
        from botocore.exceptions import ClientError  # noqa: PLC0415

        content = _raw(mail)
        try:
            client("sesv2", tries=TRIES).send_email(
                FromEmailAddress=f"{settings.SHOP_NAME} <{settings.SHOP_EMAIL}>",
                Destination={"ToAddresses": [mail.to]},
                Content={"Raw": {"Data": content}},
                ConfigurationSetName=settings.MAIL_CONFIGURATION_SET,
                EmailTags=[{"Name": TAG, "Value": mail.digest}],
            )
        except ClientError as error:
            raise _meaning(error) from error


def _raw(mail: Mail) -> bytes:
    try:
        content = compose(mail).message().as_bytes()
    except BadHeaderError as error:
        raise MailRefused(f"a line break in its subject or address: {error}") from error
    if len(content) > MAX_BYTES:
        raise MailRefused(f"{len(content)} bytes are more than {MAX_BYTES}, the most that is sent")
    return content


def _meaning(error: "ClientError") -> Exception:
    """What an answer of SES means for the mail. One that is in no table, such as throttling, comes again as it is."""
    told = error.response.get("Error", {})
    code, words = told.get("Code", ""), told.get("Message", "")
    if code == "MessageRejected" and SANDBOX in words:
        return MailWaits(f"sender or reader is not verified, or the account still in SES's sandbox: {words}")
    if code in NEVER:
        return MailRefused(f"{NEVER[code]}: {words}")
    return MailWaits(f"{LATER[code]}: {words}") if code in LATER else error
