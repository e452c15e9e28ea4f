"""Codes in mailed links: of one account, one purpose and one use."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import transaction

from shop.accounts.links import LASTS, Purpose, code_for, holder_of_code
from shop.accounts.models import User
from shop.accounts.security_models import SignIn
from shop.adapters.accounts import CodeRefused
from shop.core import clock
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


def read(code: str, purpose: Purpose) -> User:
    with transaction.atomic():
        return holder_of_code(code, purpose)


def refused(code: str, purpose: Purpose) -> None:
    with pytest.raises(CodeRefused):
        read(code, purpose)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_code_names_its_user_and_only_for_its_purpose(purpose: Purpose) -> None:
    user = make_user()
    code = code_for(user, purpose)
    assert read(code, purpose) == user
    for other in set(Purpose) - {purpose}:
        refused(code, other)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_code_ends_in_time(purpose: Purpose, monkeypatch: pytest.MonkeyPatch) -> None:
    user, now = make_user(), clock.now()
    seconds = LASTS[purpose]
    monkeypatch.setattr("django.core.signing.time.time", lambda: now.timestamp())
    code = code_for(user, purpose)
    later = now + timedelta(seconds=seconds - 2)
    monkeypatch.setattr("django.core.signing.time.time", lambda: later.timestamp())
    assert read(code, purpose) == user
    too_late = now + timedelta(seconds=seconds + 2)
    monkeypatch.setattr("django.core.signing.time.time", lambda: too_late.timestamp())
    refused(code, purpose)


def test_links_last_three_days_an_hour_and_a_day() -> None:
    assert LASTS == {Purpose.CONFIRM: 259_200, Purpose.RESET: 3_600, Purpose.EMAIL: 86_400}


@pytest.mark.parametrize(
    ("purpose", "changed"),
    [
        (Purpose.CONFIRM, {"email_confirmed_at": clock.now()}),
        (Purpose.CONFIRM, {"password": "of whoever signed up after"}),
        (Purpose.CONFIRM, {"email": "moved@example.org"}),
        (Purpose.RESET, {"password": "already chosen"}),
        (Purpose.RESET, {"email": "moved@example.org"}),
        (Purpose.EMAIL, {"pending_email": ""}),
        (Purpose.EMAIL, {"pending_email": "third@example.org"}),
        (Purpose.EMAIL, {"password": "changed since"}),
        (Purpose.RESET, {"is_active": False}),
    ],
)
def test_a_code_is_void_once_what_it_is_about_has_changed(purpose: Purpose, changed: dict[str, Any]) -> None:
    user = make_user(email_confirmed_at=None, pending_email="second@example.org")
    code = code_for(user, purpose)
    assert read(code, purpose) == user
    User.objects.update(**changed)
    refused(code, purpose)


def test_a_reset_link_is_void_once_its_owner_has_signed_in() -> None:
    user = make_user()
    SignIn.objects.create(user=user, started_at=clock.now() - timedelta(hours=2))
    code = code_for(user, Purpose.RESET)
    SignIn.objects.create(user=make_user("bob@example.org"))
    assert read(code, Purpose.RESET) == user
    SignIn.objects.create(user=user)
    refused(code, Purpose.RESET)


@pytest.mark.parametrize("code", ["", "nonsense", "a:b:c", "\x00", "ä:ö:ü", "x" * 5000])
def test_nonsense_is_refused(code: str) -> None:
    refused(code, Purpose.RESET)


def test_a_code_under_another_key_or_of_another_shape_is_refused() -> None:
    user = make_user()
    salt = "shop.accounts.links.reset"
    refused(signing.dumps([user.pk, "x"], key="another-secret", salt=salt), Purpose.RESET)
    for shape in ([user.pk, "x"], [user.pk], [None, "x"]):
        refused(signing.dumps(shape, salt=salt), Purpose.RESET)
