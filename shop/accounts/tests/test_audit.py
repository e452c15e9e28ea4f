"""What is written down about accounts, and how long it is kept."""

from datetime import UTC, datetime

import pytest
from django.test import RequestFactory

from shop.accounts.audit import forget_old_events, note
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent

pytestmark = pytest.mark.django_db


def test_a_note_has_the_address_and_the_browser_of_its_request() -> None:
    ada = User.objects.create_user("ada@example.com")
    request = RequestFactory().get("/", headers={"user-agent": "Fox\r\nSet-Cookie: x" + "y" * 300})
    written = note(AccountEvent.Kind.SIGNED_IN, request=request, user=ada, note="with\0 a code")
    kept = AccountEvent.objects.get()
    assert (kept.pk, kept.user, kept.kind) == (written.pk, ada, "signed-in")
    assert (kept.address, kept.email, kept.note) == ("127.0.0.1", "", "with  a code")
    assert kept.agent == "Fox  Set-Cookie: x" + "y" * 182


def test_a_note_without_a_request_or_an_account_keeps_what_was_typed() -> None:
    note(AccountEvent.Kind.SIGN_IN_REFUSED, email="nobody@example.com" * 20)
    kept = AccountEvent.objects.get()
    assert (kept.user, kept.address, kept.agent) == (None, None, "")
    assert len(kept.email) == 254


def test_events_are_forgotten_after_thirteen_months(monkeypatch: pytest.MonkeyPatch) -> None:
    for day in (datetime(2025, 10, 1, tzinfo=UTC), datetime(2025, 11, 1, tzinfo=UTC)):
        AccountEvent.objects.create(kind=AccountEvent.Kind.SIGNED_IN, at=day)
    monkeypatch.setattr("shop.core.clock.now", lambda: datetime(2026, 11, 22, tzinfo=UTC))
    assert forget_old_events() == 1
    assert AccountEvent.objects.get().at.month == 11
