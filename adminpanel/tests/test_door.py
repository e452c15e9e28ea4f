"""The way into the staff site: through the shop's sign-in page, and asked again every 15 minutes."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from adminpanel.tests.builders import make_staff, signed_in
from shop.accounts.models import User
from shop.accounts.security_models import SignIn
from shop.adapters.accounts import AccountsUnavailable, SignInLapsed
from shop.core import clock
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-1"


@pytest.fixture
def mei() -> User:
    user = make_staff("analyst", "mei@example.org")
    user.set_password(PASSWORD)
    user.email_confirmed_at = clock.now()
    user.save()
    return user


@pytest.fixture
def staff(mei: User) -> Client:
    """A browser that signed in by the page."""
    client = Client()
    client.post("/account/login/", {"email": mei.email, "password": PASSWORD})
    return client


def asked(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[str]:
    """The provider's answer to which groups somebody has, and whom it was asked about."""
    subjects = []

    def groups(self: object, *, subject: str) -> Any:
        subjects.append(subject)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("shop.accounts.own.OwnAccounts.groups", groups)
    return subjects


def minutes_pass(minutes: int) -> None:
    SignIn.objects.update(checked_at=clock.now() - timedelta(minutes=minutes))


def test_strangers_come_to_the_shops_sign_in_page_and_back_to_where_they_wanted(mei: User) -> None:
    client = Client()
    assert client.get("/admin/shop/product/?q=tee")["Location"] == "/admin/login/?next=/admin/shop/product/%3Fq%3Dtee"
    sign_in = client.get("/admin/login/?next=/admin/shop/product/%3Fq%3Dtee")
    assert sign_in["Location"] == "/account/login/?next=/admin/shop/product/%3Fq%3Dtee"
    page = client.post(sign_in["Location"], {"email": mei.email, "password": PASSWORD, "next": "/admin/shop/product/"})
    assert page["Location"] == "/admin/shop/product/"
    assert client.get("/admin/shop/product/").status_code == 200


def test_the_door_leads_nowhere_but_into_this_site() -> None:
    answer = Client().get("/admin/login/?next=https://evil.example/")
    assert answer["Location"] == "/account/login/?next=/admin/"


def test_a_password_posted_to_the_old_form_signs_nobody_in(mei: User) -> None:
    client = Client()
    client.post("/admin/login/", {"username": mei.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_a_customer_is_told_in_words_why_not() -> None:
    client = signed_in(make_user("alice@example.org"))
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    refused = client.get("/admin/login/?next=/admin/")
    assert refused.status_code == 403
    assert "has no staff role" in refused.content.decode()


def test_leaving_ends_the_sign_in(staff: Client) -> None:
    assert staff.get("/admin/logout/").status_code == 405
    assert staff.post("/admin/logout/")["Location"] == "/account/login/"
    assert SignIn.objects.get().ended_at is not None
    assert staff.get("/admin/").status_code == 302


def test_the_provider_is_asked_at_most_once_in_15_minutes(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    subjects = asked(monkeypatch, frozenset({"analyst"}))
    minutes_pass(14)
    assert staff.get("/admin/").status_code == 200
    assert subjects == []
    minutes_pass(15)
    assert [staff.get("/admin/").status_code for _ in range(3)] == [200] * 3
    assert len(subjects) == 1


def test_a_role_that_was_taken_away_is_gone_within_15_minutes(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, frozenset())
    assert staff.get("/admin/").status_code == 200
    minutes_pass(15)
    assert staff.get("/admin/").status_code == 302
    assert staff.get("/admin/login/").status_code == 403


def test_another_role_holds_from_the_very_request_that_asked(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, frozenset({"marketing"}))
    assert staff.get("/admin/shop/stockmovement/").status_code == 200
    minutes_pass(15)
    assert staff.get("/admin/shop/stockmovement/").status_code == 403
    assert staff.get("/admin/shop/sale/").status_code == 200


def test_a_disabled_account_is_signed_out(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, SignInLapsed("disabled"))
    minutes_pass(15)
    assert staff.get("/admin/shop/product/")["Location"] == "/account/login/?next=/admin/shop/product/"
    assert "_auth_user_id" not in staff.session


def test_no_answer_is_no_yes(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, AccountsUnavailable("timeout"))
    minutes_pass(15)
    closed = staff.get("/admin/")
    assert closed.status_code == 503
    assert "staff role still stands" in closed.content.decode()
    asked(monkeypatch, None)
    assert staff.get("/admin/").status_code == 200, "the session outlives the provider's trouble"


def test_a_session_that_no_sign_in_stands_behind_is_asked_about_each_time(
    mei: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = asked(monkeypatch, None)
    client = signed_in(mei)
    assert [client.get("/admin/").status_code for _ in range(2)] == [200, 200]
    assert subjects == [str(mei.pk)] * 2


def test_a_second_step_can_be_asked_of_staff(staff: Client, settings: Any) -> None:
    settings.STAFF_SECOND_STEP = True
    refused = staff.get("/admin/")
    assert refused.status_code == 403
    assert "/account/security/" in refused.content.decode()
    SignIn.objects.update(with_second_step=True)
    assert staff.get("/admin/").status_code == 200


def test_a_sign_in_from_before_the_role_lasts_no_longer_than_those_of_staff(staff: Client) -> None:
    SignIn.objects.update(started_at=clock.now() - timedelta(hours=7, minutes=59))
    assert staff.get("/admin/").status_code == 200
    SignIn.objects.update(started_at=clock.now() - timedelta(hours=8), ends_at=clock.now() + timedelta(days=22))
    assert staff.get("/admin/")["Location"] == "/account/login/?next=/admin/"
    assert SignIn.objects.get().ended_at is not None
