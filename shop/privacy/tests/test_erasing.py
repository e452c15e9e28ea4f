"""Closing an account: the person is gone from every table, the books are as they were."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client

from shop.accounts import mails
from shop.accounts.audit import note
from shop.accounts.consents import record
from shop.accounts.customer_models import Consent
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent, SignIn
from shop.accounts.tests.test_home import invoice_of
from shop.adapters.accounts import AccountsUnavailable, Holder
from shop.core import clock
from shop.mail.models import MailRefusal, OutgoingMail
from shop.mail.services import queue_mail
from shop.marketing.models import Redemption
from shop.orders import services
from shop.orders.joining import join_orders
from shop.orders.models import Order
from shop.payments.forgetting import forget_old_messages
from shop.payments.models import PaymentAttempt, ProviderEvent
from shop.privacy import erasing
from shop.privacy.tests.test_copy import make_customer
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
ERASE = "/account/data/erase/"


@pytest.fixture
def alice(client: Client) -> User:
    user = make_customer("alice@example.org", "Alyce")
    Order.objects.update(phone="0113 496 0000")
    sign_in(client, user)
    return user


def sign_in(client: Client, user: User) -> SignIn:
    """As somebody who has just given their password."""
    client.force_login(user)
    row = SignIn.objects.create(user=user, address="192.0.2.7")
    session = client.session
    session["sign_in"] = row.key
    session.save()
    return row


def order() -> Order:
    return Order.objects.get()


def tables_that_say(text: str) -> set[str]:
    """The tables of the shop in which any column of any row contains that, in any case of letters."""
    found = set()
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            cursor.execute(f'SELECT count(*) FROM "{table}" AS t WHERE t::text ILIKE %s', [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def test_it_asks_first(client: Client, alice: User) -> None:
    assert "Close your account?" in client.get(ERASE).content.decode()
    alice.refresh_from_db()
    assert (alice.email, alice.is_active) == ("alice@example.org", True)


def test_who_sits_down_at_an_open_browser_has_to_give_the_password_first(client: Client, alice: User) -> None:
    SignIn.objects.update(proved_at=clock.now() - timedelta(minutes=11))
    for answer in (client.get(ERASE), client.post(ERASE)):
        assert answer["Location"] == "/account/prove/?next=/account/data/erase/"
    alice.refresh_from_db()
    assert alice.is_active and alice.addresses.exists()


def test_of_a_person_whose_orders_are_over_only_the_books_know_the_name(client: Client, alice: User) -> None:
    LogEntry.objects.create(
        user=alice, content_type=ContentType.objects.get_for_model(User), object_id=str(alice.pk),
        object_repr=alice.email, action_flag=CHANGE,
    )  # fmt: skip
    MailRefusal.objects.create(email="alice@example.org", kind="bounce", feedback_id="f")
    services.move(order(), Order.State.PAID)
    Order.objects.update(delivered_at=clock.now() - timedelta(days=31))
    answer = client.post(ERASE)
    assert (answer.status_code, "Your account is closed" in answer.content.decode()) == (200, True)
    OutgoingMail.objects.update(state="sent")
    erasing.forget_later()
    assert tables_that_say("alice@example.org") == set()
    assert tables_that_say("0113 496 0000") == set()
    assert tables_that_say("192.0.2.7") == set()
    assert tables_that_say("Alyce") == {"shop_order"}


def test_what_the_payment_provider_knew_goes_later_and_the_invoice_stays(client: Client, alice: User) -> None:
    """docs/accounts.md says why."""
    sam = {"customer_email": "alice@example.org"}
    attempt = PaymentAttempt.objects.create(
        order=order(), provider="stripe", state="paid", amount=100, currency="GBP", params=sam, expires_at=clock.now()
    )
    ProviderEvent.objects.create(
        provider="stripe", event_id="e", payload=sam, processed_at=clock.now(), attempt=attempt
    )
    invoice_of(order(), buyer={"email": "alice@example.org"})
    Order.objects.update(delivered_at=clock.now() - timedelta(days=31))
    client.post(ERASE)
    OutgoingMail.objects.update(state="sent")
    erasing.forget_later()
    assert tables_that_say("alice@example.org") == {"shop_paymentattempt", "shop_providerevent", "shop_document"}
    long_ago = clock.now() - timedelta(days=91)
    PaymentAttempt.objects.update(updated_at=long_ago)
    ProviderEvent.objects.update(processed_at=long_ago)
    forget_old_messages()
    assert tables_that_say("alice@example.org") == {"shop_document"}


def test_the_order_stays_as_the_law_asks_without_its_customer(client: Client, alice: User) -> None:
    before = order()
    client.post(ERASE)
    after = order()
    assert after.user is None and after.lines.count() == 1
    for name in ("number", "key", "full_name", "address", "postcode", "grand_total", "tax_total", "state"):
        assert getattr(after, name) == getattr(before, name)


def test_an_order_long_over_loses_its_contact_at_once(client: Client, alice: User) -> None:
    Order.objects.update(placed_at=clock.now() - timedelta(days=181))
    client.post(ERASE)
    assert (order().email, order().phone) == (f"{order().number}@erased.invalid", "")


def test_an_order_under_way_keeps_how_to_reach_its_buyer_until_it_is_over(client: Client, alice: User) -> None:
    services.move(order(), Order.State.PAID)
    client.post(ERASE)
    erasing.forget_later()
    assert (order().email, order().phone) == ("alice@example.org", "0113 496 0000")
    Order.objects.update(delivered_at=clock.now() - timedelta(days=31))
    erasing.forget_later()
    assert (order().email, order().phone) == (f"{order().number}@erased.invalid", "")
    assert erasing.forget_later() == 0


def test_nobody_can_sign_in_with_it_and_every_session_is_over(client: Client, alice: User) -> None:
    other = Client()
    other.force_login(alice)
    answer = client.post(ERASE)
    assert "_auth_user_id" not in client.session, "nothing of theirs is kept for the next person at this browser"
    assert {name for name, cookie in answer.cookies.items() if not cookie.value} >= {"bag", "wish"}
    alice.refresh_from_db()
    assert not alice.is_active and not alice.has_usable_password() and alice.erased_at is not None
    for browser in (client, other):
        assert browser.get("/account/").status_code == 303
    newest = AccountEvent.objects.filter(user=alice).values_list("kind", "agent", "address").first()
    assert newest == ("erased", "", None)


def test_a_newcomer_with_the_same_e_mail_gets_nothing_of_it(client: Client, alice: User) -> None:
    client.post(ERASE)
    newcomer = make_user("alice@example.org", email_confirmed_at=clock.now())
    assert join_orders(newcomer) == 0
    assert not newcomer.consents.exists() and not newcomer.addresses.exists()


def test_the_owner_hears_of_it_at_the_former_address(client: Client, alice: User) -> None:
    client.post(ERASE)
    mail = OutgoingMail.objects.get(to="alice@example.org")
    assert mail.subject == "Your account is closed"


def test_another_customer_keeps_everything(client: Client, alice: User) -> None:
    make_customer("bob@example.org", "Bobby")
    before = tables_that_say("bob@example.org") | tables_that_say("Bobby")
    client.post(ERASE, {"user": "bob@example.org"})
    assert tables_that_say("bob@example.org") | tables_that_say("Bobby") == before


def test_what_stands_under_a_former_or_a_wanted_e_mail_goes_too(client: Client, alice: User) -> None:
    MailRefusal.objects.create(email="old@example.org", kind="bounce", feedback_id="f")
    Consent.objects.create(email="old@example.org", purpose="news", given=True, source="checkout", words="x")
    Redemption.objects.update(customer="old@example.org")
    note(AccountEvent.Kind.EMAIL_CHANGED, user=alice, email="old@example.org")
    mails.email_changed(alice, "old@example.org")
    alice.pending_email = "wanted@example.org"
    alice.save()
    mails.confirm_email(alice)
    client.post(ERASE)
    assert tables_that_say("old@example.org") == set()
    assert tables_that_say("wanted@example.org") == set()


def test_a_former_e_mail_that_is_another_persons_now_is_left_to_them(client: Client, alice: User) -> None:
    note(AccountEvent.Kind.EMAIL_CHANGED, user=alice, email="bob@example.org")
    bob = make_user("bob@example.org")
    mails.password_changed(bob)
    record(email=bob.email, given=True, source=Consent.Source.ACCOUNT, user=bob)
    client.post(ERASE)
    assert OutgoingMail.objects.filter(to="bob@example.org").count() == 1
    assert Consent.objects.standing("bob@example.org", "news")


def test_staff_cannot_close_the_account_they_work_with(client: Client) -> None:
    sign_in(client, make_user(is_staff=True))
    assert client.post(ERASE).status_code == 409
    assert User.objects.get().is_active


def test_a_sign_in_that_cannot_be_read_any_more_is_asked_for_again(client: Client, alice: User) -> None:
    SignIn.objects.update(refresh_token="sealed under a key that is gone")
    assert client.post(ERASE)["Location"] == f"/account/login/?next={ERASE}"
    alice.refresh_from_db()
    assert alice.is_active


def test_a_provider_that_does_not_answer_is_asked_again(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.update(subject="7a1c-sub")
    alice.refresh_from_db()
    asked: list[str] = []

    class Provider:
        works = False

        def delete(self, *, holder: Holder) -> None:
            asked.append(holder.subject)
            if not self.works:
                raise AccountsUnavailable("timeout")

    provider: Any = Provider()
    monkeypatch.setattr(erasing, "accounts", lambda: provider)
    erasing.close_account(Holder("7a1c-sub", alice.email), alice)
    alice.refresh_from_db()
    assert (alice.subject, alice.email) == ("7a1c-sub", f"{alice.pk}@erased.invalid")
    provider.works = True
    erasing.forget_later()
    alice.refresh_from_db()
    assert (alice.subject, asked) == (None, ["7a1c-sub", "7a1c-sub"])


def test_an_address_that_bounced_two_years_ago_is_forgotten() -> None:
    for days in (729, 731):
        at = clock.now() - timedelta(days=days)
        MailRefusal.objects.create(email=f"{days}@example.org", kind="bounce", feedback_id=str(days), noted_at=at)
    assert erasing.forget_later() == 1
    assert MailRefusal.objects.get().email == "729@example.org"


def test_no_mail_is_written_to_somebody_who_was_forgotten() -> None:
    queue_mail(key="x:1", to="A7KM-29QX@erased.invalid", template="account-closed", context={})
    assert not OutgoingMail.objects.exists()
