"""What staff see of mails."""

import pytest
from django.test import Client

from shop.accounts import mails
from shop.mail.models import OutgoingMail
from shop.mail.services import queue_mail
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


def page_of(mail: OutgoingMail) -> str:
    client = Client()
    client.force_login(make_user("boss@example.org", is_staff=True, is_superuser=True))
    return client.get(f"/admin/shop/outgoingmail/{mail.pk}/change/").content.decode()


def test_staff_never_see_the_link_into_somebody_elses_account() -> None:
    mails.reset_password(make_user())
    mail = OutgoingMail.objects.get()
    assert "?code=" in mail.text
    page = page_of(mail)
    assert "Choose a new password" in page and "code=" not in page


def test_staff_see_the_text_of_other_mails() -> None:
    context = {"subject": "Heading", "paragraphs": ["A sentence."], "label": "Go", "url": "https://example.org/go"}
    queue_mail(key="other:1", to="a@example.org", template="account", context=context)
    assert "A sentence." in page_of(OutgoingMail.objects.get())
