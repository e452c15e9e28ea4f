import email
import email.policy
from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.template import Engine
from pytest_django import Settings

from shop.adapters.mail import Mail, MailRefused, MailSender, MailWaits
from shop.adapters.mail_files import FileMailSender
from shop.core import clock
from shop.core.attempts import MAX_ATTEMPTS
from shop.mail.models import OutgoingMail
from shop.mail.services import queue_mail, send_due_mail
from shop.tests.parallel import in_parallel

TEMPLATES = {
    "emails/greeting.subject.txt": "Hello {{ name }}\n",
    "emails/greeting.txt": "Dear {{ name }},",
    "emails/greeting.html": "<p>Dear {{ name }},</p>",
}


@pytest.fixture(autouse=True)
def greeting(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A template of the tests' own, and a folder of their own."""
    engine = Engine(loaders=[("django.template.loaders.locmem.Loader", TEMPLATES)])
    monkeypatch.setattr(Engine, "get_default", lambda: engine)
    settings.MAIL_DIR = tmp_path / "mail"


def greet(name: str = "Sam", key: str = "greeting:1", to: str = "sam@example.com") -> None:
    queue_mail(key=key, to=to, template="greeting", context={"name": name})


def mails(settings: Settings) -> list[EmailMessage]:
    paths = sorted(Path(settings.MAIL_DIR).iterdir())
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).strip()


class BrokenSender(MailSender):
    def send(self, mail: Mail) -> None:
        raise ConnectionError("the mail service is away")


class RefusingSender(MailSender):
    def send(self, mail: Mail) -> None:
        raise MailRefused("too big")


class WaitingSender(MailSender):
    def send(self, mail: Mail) -> None:
        raise MailWaits("sending is paused")


class CountingSender(FileMailSender):
    sent: list[str] = []

    def send(self, mail: Mail) -> None:
        self.sent.append(mail.key)
        super().send(mail)


class DyingSender(FileMailSender):
    """Sends, and takes the process with it before anybody hears of it."""

    def send(self, mail: Mail) -> None:
        super().send(mail)
        raise KeyboardInterrupt


@pytest.mark.django_db
def test_html_is_escaped_and_text_is_not() -> None:
    greet("<b>O'Brien & Co</b>")
    row = OutgoingMail.objects.get()
    assert row.subject == "Hello <b>O'Brien & Co</b>"
    assert row.text == "Dear <b>O'Brien & Co</b>,"
    assert row.html == "<p>Dear &lt;b&gt;O&#x27;Brien &amp; Co&lt;/b&gt;,</p>"


@pytest.mark.django_db
def test_the_same_key_is_one_mail() -> None:
    greet("Sam")
    greet("Somebody else")
    assert [row.subject for row in OutgoingMail.objects.all()] == ["Hello Sam"]


@pytest.mark.django_db
def test_a_name_with_line_breaks_adds_no_header() -> None:
    greet("Sam\r\nBcc: everybody@example.com\n\nBuy this")
    assert OutgoingMail.objects.get().subject == "Hello Sam Bcc: everybody@example.com Buy this"


@pytest.mark.django_db
@pytest.mark.parametrize("to", ["nobody", "a@example.com\nBcc: b@example.com", "a@example.com, b@example.com", ""])
def test_what_is_no_address_is_refused(to: str) -> None:
    with pytest.raises(ValidationError):
        greet(to=to)
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db
def test_a_due_mail_becomes_a_file_with_both_bodies(settings: Settings) -> None:
    greet("Zoë 🧵 سارة")
    assert send_due_mail() == 1
    (mail,) = mails(settings)
    assert (mail["subject"], mail["to"]) == ("Hello Zoë 🧵 سارة", "sam@example.com")
    assert mail["from"] == f"AspireClothes <{settings.SHOP_EMAIL}>"
    assert body(mail, "plain") == "Dear Zoë 🧵 سارة,"
    assert body(mail, "html") == "<p>Dear Zoë 🧵 سارة,</p>"
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts, row.last_error, row.sent_at is None) == ("sent", 1, "", False)
    assert send_due_mail() == 0


@pytest.mark.django_db
def test_a_mail_that_cannot_go_waits_and_says_why(settings: Settings) -> None:
    settings.MAIL_SENDER = f"{__name__}.BrokenSender"
    greet()
    assert send_due_mail() == 0
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts) == ("pending", 1)
    assert row.last_error == "ConnectionError('the mail service is away')"
    assert row.next_attempt_at > clock.now()


@pytest.mark.django_db
def test_a_mail_that_no_sender_would_take_is_given_up_at_once(settings: Settings) -> None:
    settings.MAIL_SENDER = f"{__name__}.RefusingSender"
    greet()
    assert send_due_mail() == 0
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("failed", 1, "too big")


@pytest.mark.django_db
def test_mails_wait_as_long_as_none_goes_and_are_not_given_up(settings: Settings) -> None:
    settings.MAIL_SENDER = f"{__name__}.WaitingSender"
    greet()
    OutgoingMail.objects.update(attempts=MAX_ATTEMPTS - 1)
    before = clock.now()
    assert send_due_mail() == 0
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("pending", MAX_ATTEMPTS - 1, "sending is paused")
    assert timedelta(minutes=4) < row.next_attempt_at - before < timedelta(minutes=6)


@pytest.mark.django_db
def test_a_mail_is_given_up_after_the_last_attempt(settings: Settings) -> None:
    settings.MAIL_SENDER = f"{__name__}.BrokenSender"
    greet()
    OutgoingMail.objects.update(attempts=MAX_ATTEMPTS - 1)
    send_due_mail()
    OutgoingMail.objects.update(next_attempt_at=clock.now())
    assert OutgoingMail.objects.get().state == "failed"
    assert not OutgoingMail.objects.due().exists()


@pytest.mark.django_db
def test_a_run_ends_between_two_mails_and_leaves_the_others_as_they_were(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda ends a call that takes too long, and a mail in the middle of it would go twice."""
    for number in range(5):
        greet(key=f"greeting:{number}")
    seconds = [0.0]
    settings.MAIL_SENDER, settings.RUN_SECONDS = f"{__name__}.CountingSender", 7.0
    monkeypatch.setattr("shop.core.attempts.time.monotonic", lambda: seconds[0])
    sent: list[str] = []
    monkeypatch.setattr(CountingSender, "sent", sent)
    send = CountingSender.send

    def slowly(self: CountingSender, mail: Mail) -> None:
        seconds[0] += 4.0
        send(self, mail)

    monkeypatch.setattr(CountingSender, "send", slowly)
    assert send_due_mail() == 2
    assert sent == ["greeting:0", "greeting:1"]
    left = OutgoingMail.objects.due()
    assert [(row.key, row.attempts) for row in left.order_by("key")] == [(f"greeting:{n}", 0) for n in (2, 3, 4)]
    assert (send_due_mail(), send_due_mail(), len(sent)) == (2, 1, 5)


@pytest.mark.django_db(transaction=True)
def test_a_crash_after_sending_leaves_one_file_however_often_it_is_repeated(settings: Settings) -> None:
    settings.MAIL_SENDER = f"{__name__}.DyingSender"
    greet()
    with pytest.raises(KeyboardInterrupt):
        send_due_mail()
    assert OutgoingMail.objects.get().state == "pending"
    settings.MAIL_SENDER = f"{__name__}.CountingSender"
    OutgoingMail.objects.update(next_attempt_at=clock.now())
    assert send_due_mail() == 1
    assert len(mails(settings)) == 1


@pytest.mark.django_db(transaction=True)
def test_senders_at_the_same_moment_send_each_mail_once(settings: Settings) -> None:
    settings.MAIL_SENDER = f"{__name__}.CountingSender"
    CountingSender.sent.clear()
    for number in range(25):
        greet(key=f"greeting:{number}")
    assert in_parallel(send_due_mail, 3) == []
    assert Counter(CountingSender.sent) == Counter(f"greeting:{number}" for number in range(25))


@pytest.mark.parametrize("key", ["../../etc/passwd", "a/b\\c:d", "x" * 120, "🧵", ""])
def test_no_key_leaves_the_folder(key: str, settings: Settings) -> None:
    FileMailSender().send(Mail(key, "sam@example.com", "s", "t", "h"))
    (path,) = Path(settings.MAIL_DIR).rglob("*")
    assert path.parent == settings.MAIL_DIR
    assert path.suffix == ".eml"
