"""Addresses that get no more mail, in the staff site."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from shop.mail.models import MailRefusal, OutgoingMail
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db

LIST = reverse("admin:shop_mailrefusal_changelist")


@pytest.fixture
def care(client: Client) -> Client:
    """Signed in as customer care."""
    user = make_user("care@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name="customer care"))
    client.force_login(user)
    return client


def refusal(email: str = "gone@example.org", **fields: object) -> MailRefusal:
    return MailRefusal.objects.create(email=email, kind="bounce", feedback_id=email, words="5.1.1 unknown", **fields)


def lift(client: Client, *rows: MailRefusal) -> str:
    chosen = {"action": "lift", "_selected_action": [row.pk for row in rows]}
    return client.post(LIST, chosen, follow=True).content.decode()


def test_staff_lift_a_refusal_under_their_name_once(care: Client) -> None:
    row = refusal()
    assert "gone@example.org" in care.get(LIST).content.decode()
    assert "1 address gets mails again." in lift(care, row)
    row.refresh_from_db()
    assert (row.lifted_by is None, row.lifted_at is None) == (False, False)
    first = row.lifted_at
    assert "These had been lifted before." in lift(care, row)
    row.refresh_from_db()
    assert row.lifted_at == first


def test_a_refusal_cannot_be_edited(care: Client) -> None:
    row = refusal()
    url = reverse("admin:shop_mailrefusal_change", args=[row.pk])
    assert care.get(url).status_code == 200
    assert care.post(url, {"email": "other@example.org"}).status_code == 403
    row.refresh_from_db()
    assert row.email == "gone@example.org"


def test_the_list_of_mails_shows_what_became_of_each_and_a_withheld_one_can_be_sent_again(care: Client) -> None:
    fields = {"to": "gone@example.org", "subject": "Your order", "text": "T"}
    OutgoingMail.objects.create(key="a", state="sent", outcome="bounced", **fields)
    held = OutgoingMail.objects.create(key="b", state="withheld", **fields)
    page = care.get(reverse("admin:shop_outgoingmail_changelist")).content.decode()
    assert "Bounced" in page
    assert "Not sent: address refused" in page
    chosen = {"action": "resend", "_selected_action": [held.pk]}
    care.post(reverse("admin:shop_outgoingmail_changelist"), chosen)
    held.refresh_from_db()
    assert held.state == "pending"
