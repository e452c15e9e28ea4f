"""Name and consents."""

import pytest
from django.test import Client

from shop.accounts.consents import record
from shop.accounts.customer_models import Consent
from shop.accounts.models import User
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client: Client) -> User:
    user = make_user(full_name="Alice Adeyemi")
    client.force_login(user)
    return user


def save(client: Client, **fields: str) -> int:
    return client.post("/account/details/", {"name": "Alice Adeyemi", **fields}).status_code


def test_name_and_letter_are_saved_and_the_page_says_so(client: Client, alice: User) -> None:
    assert save(client, name="  Alice   Okafor ", news="on") == 303
    alice.refresh_from_db()
    assert alice.full_name == "Alice Okafor"
    page = client.get("/account/details/").content.decode()
    assert "Saved." in page and "Hello, Alice" in page and "checked" in page


def test_a_changed_mind_is_shown_as_its_history(client: Client, alice: User) -> None:
    save(client, news="on")
    save(client)
    save(client)
    assert list(Consent.objects.values_list("given", "source", "user")) == [
        (False, "account", alice.pk),
        (True, "account", alice.pk),
    ]
    page = client.get("/account/details/").content.decode()
    assert page.count("one letter a month about new pieces") == 3


def test_without_a_name_nothing_is_saved(client: Client, alice: User) -> None:
    assert save(client, name=" ", news="on") == 200
    alice.refresh_from_db()
    assert alice.full_name == "Alice Adeyemi" and not Consent.objects.exists()


def test_what_the_form_does_not_ask_for_is_not_taken(client: Client, alice: User) -> None:
    save(client, is_staff="1", is_superuser="1", email="root@example.org", email_confirmed_at="", subject="x")
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser, alice.subject) == (False, False, None)
    assert alice.email == "alice@example.org" and alice.email_confirmed_at is not None


def test_another_e_mail_s_consents_are_not_shown(client: Client, alice: User) -> None:
    record(email="bob@example.org", given=True, source=Consent.Source.CHECKOUT)
    assert "Nothing yet" in client.get("/account/details/").content.decode()
