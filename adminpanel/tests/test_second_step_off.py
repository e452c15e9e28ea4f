"""Turning off the two-step sign-in of somebody who lost the phone and the recovery codes."""

import pyotp
import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from adminpanel.tests.builders import make_staff, signed_in
from shop.accounts import totp
from shop.accounts.models import User
from shop.accounts.people import person_of
from shop.accounts.security_models import AccountEvent, RecoveryCode, SignIn
from shop.accounts.tests.conftest import Keeper, cognito, cognito_address, django, keeper, pool
from shop.accounts.tests.keeper_builders import ANN, account, asked, with_totp
from shop.accounts.tests.keeper_builders import signed_in as let_in
from shop.adapters.accounts import AccountsUnavailable
from shop.core import clock
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_user

__all__ = ["cognito", "cognito_address", "django", "keeper", "pool"]
pytestmark = pytest.mark.django_db
REASON = {"reason": "Came to the desk with a passport"}


def proved(user: User) -> Client:
    """A browser in which they gave their password just now."""
    client = signed_in(user)
    session = client.session
    session["sign_in"] = SignIn.objects.create(user=user).key
    session.save()
    return client


def page_of(person: User) -> str:
    return f"/admin/shop/user/{person.pk}/second-step-off/"


def with_app(email: str = "alice@example.org", role: str = "") -> User:
    person = make_staff(role, email) if role else make_user(email)
    secret = totp.new_secret()
    totp.turn_on(person, secret, pyotp.TOTP(secret).at(clock.now()))
    return person


def is_untouched(person: User) -> bool:
    told = OutgoingMail.objects.exists() or LogEntry.objects.exists() or AccountEvent.objects.exists()
    return totp.is_on(person) and RecoveryCode.objects.filter(user=person).count() == 10 and not told


def test_an_owner_lets_somebody_in_again_whoever_keeps_the_passwords(keeper: Keeper) -> None:
    holder = account(keeper)
    ann = person_of(let_in(keeper).identity)
    with_totp(keeper, holder)
    assert asked(keeper)
    SignIn.objects.create(user=ann)
    OutgoingMail.objects.all().delete()
    client = proved(make_staff("owner"))
    assert "Turn off two-step sign-in of ann" in client.get(page_of(ann)).content.decode()
    assert client.post(page_of(ann), REASON)["Location"] == f"/admin/shop/user/{ann.pk}/change/"
    let_in(keeper)
    assert not SignIn.objects.open().filter(user=ann).exists()
    assert list(OutgoingMail.objects.values_list("to", "subject")) == [(ANN, "Two-step sign-in is off")]
    assert LogEntry.objects.get().change_message == f"Turned off two-step sign-in: {REASON['reason']}"
    event = AccountEvent.objects.get(kind="second-step-off")
    assert (event.user, event.note, event.address) == (ann, "by staff", None)
    again = client.post(page_of(ann), REASON, follow=True).content.decode()
    assert "signs in without a second step already" in again
    assert (OutgoingMail.objects.count(), LogEntry.objects.count()) == (1, 1)


def test_a_reason_has_to_be_given() -> None:
    alice, client = with_app(), proved(make_staff("owner"))
    for reason in ("", "   ", "x" * 121):
        answer = client.post(page_of(alice), {"reason": reason})
        assert answer.status_code == 422
        assert 'class="errorlist"' in answer.content.decode()
    assert is_untouched(alice)


def test_an_owner_who_has_not_proved_themselves_just_now_does_so_first() -> None:
    alice, owner = with_app(), make_staff("owner")
    client = signed_in(owner)
    for answer in (client.get(page_of(alice)), client.post(page_of(alice), REASON)):
        assert answer["Location"] == f"/account/prove/?next={page_of(alice)}"
    assert is_untouched(alice)


def test_nobody_does_it_to_themselves_or_to_somebody_who_holds_more() -> None:
    owner = with_app("owner@example.org", "owner")
    client = proved(owner)
    assert client.post(page_of(owner), REASON)["Location"] == "/account/security/"
    assert is_untouched(owner)
    boss = with_app("boss@example.org")
    User.objects.filter(pk=boss.pk).update(is_superuser=True, is_staff=True)
    assert client.post(page_of(boss), REASON).status_code == 403
    assert is_untouched(boss)


@pytest.mark.parametrize("role", ["customer care", "warehouse"])
def test_other_roles_neither_see_the_button_nor_use_it(role: str) -> None:
    alice, client = with_app(), proved(make_staff(role))
    assert (client.get(page_of(alice)).status_code, client.post(page_of(alice), REASON).status_code) == (403, 403)
    assert "second-step-off" not in client.get(f"/admin/shop/user/{alice.pk}/change/").content.decode()
    assert is_untouched(alice)
    assert "second-step-off" in proved(make_staff("owner")).get(f"/admin/shop/user/{alice.pk}/change/").content.decode()


def test_of_a_disabled_account_or_while_nobody_answers_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    alice, client = with_app(), proved(make_staff("owner"))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert "this account is disabled" in client.post(page_of(alice), REASON, follow=True).content.decode()
    User.objects.filter(pk=alice.pk).update(is_active=True)

    def away(self: object, *, holder: object) -> None:
        raise AccountsUnavailable("timeout")

    monkeypatch.setattr("shop.accounts.own.OwnAccounts.remove_totp", away)
    assert client.post(page_of(alice), REASON).status_code == 303
    assert is_untouched(alice)
    assert client.get("/admin/shop/user/nobody/second-step-off/").status_code == 404
