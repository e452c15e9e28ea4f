"""Notices to the staff through a topic, to which whoever wants them subscribes, by mail or text message."""

import unicodedata

from django.conf import settings

from shop.adapters.aws import client
from shop.adapters.mail import Mail
from shop.adapters.network import refuse_inside_transaction
from shop.adapters.notices import StaffNotices

# What SNS takes: a subject shorter than 100 characters, all of them ASCII, and 256 KB in all.
SUBJECT = 99
TEXT_BYTES = 250 * 1024


class TopicNotices(StaffNotices):
    """Publishes to settings.STAFF_TOPIC_ARN."""

    def addresses(self) -> list[str]:
        return [settings.STAFF_TOPIC_ARN]

    def send(self, mail: Mail) -> None:
        refuse_inside_transaction()
        text = mail.text.encode()[:TEXT_BYTES].decode(errors="ignore")
        client("sns").publish(
            TopicArn=settings.STAFF_TOPIC_ARN,
            Subject=subject_of(mail),
            Message=text or mail.subject or mail.key,
            MessageAttributes={"about": {"DataType": "String", "StringValue": mail.key.partition(":")[0] or "notice"}},
        )


def subject_of(mail: Mail) -> str:
    """On one line and in ASCII: 'Zoë – £5' becomes 'Zoe - GBP 5'."""
    spelt = mail.subject.replace("£", "GBP ").replace("€", "EUR ").replace("–", "-").replace("’", "'")
    plain = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    line = " ".join("".join(each if each.isprintable() else " " for each in plain).split())
    return line[:SUBJECT] or "Notice from the shop"
