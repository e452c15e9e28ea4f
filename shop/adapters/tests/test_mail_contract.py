"""What holds of every sender of mails; and what SES refuses."""

import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from unittest.mock import ANY
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from botocore.stub import Stubber
from django.core.mail import BadHeaderError
from django.db import transaction
from moto.ses.models import ses_backends
from pytest_django import Settings

from sandbox.cloud.server import ACCOUNT, REGION
from shop.adapters import mail_ses
from shop.adapters.aws import client
from shop.adapters.mail import Attachment, Mail, MailRefused, MailSender, MailWaits
from shop.adapters.mail_files import FileMailSender
from shop.adapters.mail_ses import SesMailSender

pytestmark = pytest.mark.django_db(transaction=True)

Read = Callable[[], list[EmailMessage]]


def mail(key: str = "", **changes: object) -> Mail:
    fields = {
        "to": "zoe@example.org",
        "subject": "Zoë – your order 🧵",
        "text": "Dear Zoë,",
        "html": "<p>Dear Zoë,</p>",
    }
    return Mail(key=key or f"order:{uuid4()}", **(fields | changes))  # type: ignore[arg-type]


def parsed(content: bytes | str) -> EmailMessage:
    raw = content if isinstance(content, bytes) else content.encode()
    return email.message_from_bytes(raw, policy=email.policy.default)


@pytest.fixture(params=["files", "SES"])
def sender(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> tuple[MailSender, Read]:
    """A sender, and what it has sent."""
    if request.param == "files":
        settings.MAIL_DIR = tmp_path
        return FileMailSender(), lambda: [parsed(path.read_bytes()) for path in sorted(tmp_path.iterdir())]
    request.getfixturevalue("cloud")
    client("sesv2").create_email_identity(EmailIdentity=settings.SHOP_EMAIL.rpartition("@")[2])
    settings.MAIL_CONFIGURATION_SET = "shop"
    box = ses_backends[ACCOUNT][REGION]
    before = len(box.sent_messages)
    return SesMailSender(), lambda: [parsed(each.raw_data) for each in box.sent_messages[before:]]


def test_a_mail_arrives_with_its_words_and_both_bodies(sender: tuple[MailSender, Read], settings: Settings) -> None:
    send, read = sender
    sent = mail()
    send.send(sent)
    (got,) = read()
    assert (got["subject"], got["to"]) == ("Zoë – your order 🧵", "zoe@example.org")
    assert got["from"] == f"{settings.SHOP_NAME} <{settings.SHOP_EMAIL}>"
    assert got["message-id"] == f"<{sent.digest}@{settings.SHOP_EMAIL.rpartition('@')[2]}>"
    bodies = [got.get_body((kind,)) for kind in ("plain", "html")]
    assert [body and body.get_content().strip() for body in bodies] == ["Dear Zoë,", "<p>Dear Zoë,</p>"]


def test_files_go_along_byte_for_byte(sender: tuple[MailSender, Read]) -> None:
    send, read = sender
    content = bytes(range(256)) * 100
    send.send(mail(attachments=(Attachment("invoice.pdf", "application/pdf", content),)))
    (got,) = read()
    (file,) = got.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        "invoice.pdf",
        "application/pdf",
        content,
    )


def test_a_repeat_has_the_same_message_id(sender: tuple[MailSender, Read]) -> None:
    send, read = sender
    again = mail()
    send.send(again)
    send.send(again)
    assert len({got["message-id"] for got in read()}) == 1


def test_a_line_break_in_a_subject_goes_nowhere(sender: tuple[MailSender, Read]) -> None:
    send, read = sender
    with pytest.raises((BadHeaderError, MailRefused)):
        send.send(mail(subject="Hello\nBcc: all@example.org"))
    assert read() == []


@pytest.fixture
def ses(cloud: str, settings: Settings) -> Stubber:
    settings.MAIL_CONFIGURATION_SET = "shop"
    return Stubber(client("sesv2", tries=mail_ses.TRIES))


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("MessageRejected", MailRefused, "SES does not take this mail: told"),
        ("BadRequestException", MailRefused, "SES finds a fault in this mail: told"),
        ("TooManyRequestsException", ClientError, "TooManyRequestsException"),
        ("LimitExceededException", MailWaits, "limit of mails in 24 hours"),
        ("AccountSuspendedException", MailWaits, "suspended the account's sending for good: open a case"),
        ("SendingPausedException", MailWaits, "sending is paused"),
        ("MailFromDomainNotVerifiedException", MailWaits, "MAIL FROM"),
        ("NotFoundException", MailWaits, "MAIL_CONFIGURATION_SET"),
        ("ExpiredTokenException", MailWaits, "credentials have expired"),
        ("AccessDeniedException", MailWaits, "ses:SendRawEmail"),
    ],
)
def test_what_ses_refuses_says_whether_to_try_again(code: str, kind: type[Exception], words: str, ses: Stubber) -> None:
    ses.add_client_error("send_email", code, "told")
    with ses, pytest.raises(kind, match=words):
        SesMailSender().send(mail())


def test_an_answer_nobody_knows_comes_again_as_it_is(ses: Stubber) -> None:
    ses.add_client_error("send_email", "InternalServiceErrorException", "told")
    with ses, pytest.raises(Exception, match="InternalServiceErrorException"):
        SesMailSender().send(mail())


def test_an_account_in_the_sandbox_waits(ses: Stubber) -> None:
    ses.add_client_error("send_email", "MessageRejected", "Email address is not verified. The following identities")
    with ses, pytest.raises(MailWaits, match="still in SES's sandbox"):
        SesMailSender().send(mail())


def test_no_answer_in_time_comes_again(cloud: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*args: object, **kwargs: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://email.example")

    monkeypatch.setattr(client("sesv2", tries=mail_ses.TRIES), "send_email", silent)
    with pytest.raises(ReadTimeoutError):
        SesMailSender().send(mail())


def test_a_mail_whose_answer_is_lost_went_once(cloud: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def lost(session: URLLib3Session, request: Any) -> None:
        asked.append(request.url)
        raise ReadTimeoutError(endpoint_url=request.url)

    monkeypatch.setattr(URLLib3Session, "send", lost)
    with pytest.raises(ReadTimeoutError):
        SesMailSender().send(mail())
    assert len(asked) == 1


def test_what_ses_is_given_names_the_configuration_set_and_our_mail(ses: Stubber, settings: Settings) -> None:
    sent = mail()
    ses.add_response(
        "send_email",
        {"MessageId": "0100"},
        {
            "FromEmailAddress": f"{settings.SHOP_NAME} <{settings.SHOP_EMAIL}>",
            "Destination": {"ToAddresses": ["zoe@example.org"]},
            "Content": {"Raw": {"Data": ANY}},
            "ConfigurationSetName": "shop",
            "EmailTags": [{"Name": "mail", "Value": sent.digest}],
        },
    )
    with ses:
        SesMailSender().send(sent)
        ses.assert_no_pending_responses()


def test_a_mail_that_is_too_big_is_refused_before_anybody_is_asked(
    ses: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_ses, "MAX_BYTES", 10_000)
    big = Attachment("big.bin", "application/octet-stream", b"x" * 10_000)
    with ses, pytest.raises(MailRefused, match="bytes are more than 10000"):
        SesMailSender().send(mail(attachments=(big,)))


def test_ses_is_never_asked_inside_a_transaction(ses: Stubber) -> None:
    with ses, pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        SesMailSender().send(mail())
