"""What the shop expects of whoever keeps the identities: new passwords, new e-mails, and the second step."""

import json
from dataclasses import replace

import pytest

from shop.accounts.tests.conftest import Keeper
from shop.accounts.tests.keeper_builders import (
    ANN,
    BEN,
    OTHER,
    PASSWORD,
    account,
    another,
    app_code,
    asked,
    confirm,
    refused,
    sign_up,
    signed_in,
    with_totp,
)
from shop.adapters.accounts import (
    ChallengeKind,
    CodeRefused,
    PasswordRefused,
    SignedIn,
    SignInLapsed,
    WrongCredentials,
)

pytestmark = pytest.mark.django_db


def test_a_new_password_takes_the_place_of_a_forgotten_one(keeper: Keeper) -> None:
    account(keeper)
    keeper.provider.forgot_password(email=ANN)
    code = keeper.code(ANN, "reset")
    assert keeper.provider.reset_password(email=ANN, code=code, password=OTHER) == ANN
    refused(keeper)
    signed_in(keeper, password=OTHER)
    with pytest.raises(CodeRefused):
        keeper.provider.reset_password(email=ANN, code=code, password=PASSWORD)
    signed_in(keeper, password=OTHER)


def test_a_wrong_code_resets_nothing(keeper: Keeper) -> None:
    account(keeper)
    keeper.provider.forgot_password(email=ANN)
    for code in (another(keeper.code(ANN, "reset")), "", "nonsense"):
        with pytest.raises(CodeRefused):
            keeper.provider.reset_password(email=ANN, code=code, password=OTHER)
    signed_in(keeper)


def test_a_code_of_one_purpose_is_none_for_another(keeper: Keeper) -> None:
    sign_up(keeper)
    with pytest.raises(CodeRefused):
        keeper.provider.reset_password(email=ANN, code=keeper.code(ANN, "confirm"), password=OTHER)
    confirm(keeper)
    signed_in(keeper)


def test_a_code_resets_only_its_own_account(keeper: Keeper) -> None:
    account(keeper)
    account(keeper, BEN)
    keeper.provider.forgot_password(email=ANN)
    with pytest.raises(CodeRefused):
        keeper.provider.reset_password(email=BEN, code=keeper.code(ANN, "reset"), password=OTHER)
    signed_in(keeper, BEN)


def test_a_weak_new_password_leaves_the_code_good(keeper: Keeper) -> None:
    account(keeper)
    keeper.provider.forgot_password(email=ANN)
    code = keeper.code(ANN, "reset")
    with pytest.raises(PasswordRefused):
        keeper.provider.reset_password(email=ANN, code=code, password="short")
    signed_in(keeper)
    keeper.provider.reset_password(email=ANN, code=code, password=OTHER)
    signed_in(keeper, password=OTHER)


def test_who_has_no_account_gets_no_mail_to_reset_it(keeper: Keeper) -> None:
    keeper.provider.forgot_password(email=BEN)
    assert keeper.code(BEN, "reset") == ""


def test_a_password_is_changed_by_who_knows_the_old_one(keeper: Keeper) -> None:
    holder = account(keeper)
    with pytest.raises(WrongCredentials):
        keeper.provider.change_password(holder=holder, old=OTHER, new="another good phrase")
    with pytest.raises(PasswordRefused):
        keeper.provider.change_password(holder=holder, old=PASSWORD, new="short")
    signed_in(keeper)
    keeper.provider.change_password(holder=holder, old=PASSWORD, new=OTHER)
    refused(keeper)
    signed_in(keeper, password=OTHER)


def test_an_e_mail_changes_once_the_new_one_is_confirmed(keeper: Keeper) -> None:
    holder = account(keeper)
    keeper.provider.change_email(holder=holder, email=BEN)
    assert signed_in(keeper).identity.email == ANN
    refused(keeper, BEN)
    code = keeper.code(BEN, "change")
    with pytest.raises(CodeRefused):
        keeper.provider.confirm_email(holder=holder, code=another(code))
    assert keeper.provider.confirm_email(holder=holder, code=code) == BEN
    refused(keeper, ANN)
    found = signed_in(keeper, BEN).identity
    assert (found.subject, found.email, found.email_confirmed) == (holder.subject, BEN, True)
    with pytest.raises(CodeRefused):
        keeper.provider.confirm_email(holder=holder, code=code)


def test_an_e_mail_that_somebody_has_is_not_given_away(keeper: Keeper) -> None:
    holder, ben = account(keeper), account(keeper, BEN, OTHER)
    keeper.provider.change_email(holder=holder, email=BEN)
    assert keeper.code(BEN, "change") == ""
    assert signed_in(keeper).identity.email == ANN
    assert signed_in(keeper, BEN, OTHER).identity.subject == ben.subject


def test_an_e_mail_that_somebody_took_meanwhile_is_refused(keeper: Keeper) -> None:
    holder = account(keeper)
    keeper.provider.change_email(holder=holder, email=BEN)
    code = keeper.code(BEN, "change")
    ben = account(keeper, BEN, OTHER)
    with pytest.raises(CodeRefused):
        keeper.provider.confirm_email(holder=holder, code=code)
    assert signed_in(keeper).identity.email == ANN
    assert signed_in(keeper, BEN, OTHER).identity.subject == ben.subject


def test_a_code_for_an_e_mail_is_of_no_use_to_somebody_else(keeper: Keeper) -> None:
    holder, ben = account(keeper), account(keeper, BEN)
    keeper.provider.change_email(holder=holder, email="new@example.com")
    with pytest.raises(CodeRefused):
        keeper.provider.confirm_email(holder=ben, code=keeper.code("new@example.com", "change"))
    assert signed_in(keeper, BEN).identity.email == BEN


def test_two_steps_are_asked_for_once_the_app_showed_its_code(keeper: Keeper) -> None:
    holder = account(keeper)
    assert keeper.provider.has_totp(holder=holder) is False
    start = keeper.provider.start_totp(holder=holder)
    with pytest.raises(CodeRefused):
        keeper.provider.confirm_totp(holder=holder, start=start, code=another(app_code(start)))
    assert keeper.provider.has_totp(holder=holder) is False
    signed_in(keeper)
    codes = keeper.provider.confirm_totp(holder=holder, start=start, code=app_code(start))
    assert bool(codes) is keeper.provider.has_recovery_codes
    assert keeper.provider.has_totp(holder=holder) is True
    assert asked(keeper).kind is ChallengeKind.CODE


def test_a_challenge_can_be_answered_again_after_a_wrong_code(keeper: Keeper) -> None:
    holder = account(keeper)
    start = with_totp(keeper, holder)
    challenge = asked(keeper)
    for code in ("", "12345", "nonsense", another(app_code(start, steps=1))):
        with pytest.raises(CodeRefused):
            keeper.provider.answer(challenge=challenge, answer=code)
    found = keeper.provider.answer(challenge=challenge, answer=app_code(start, steps=1))
    assert isinstance(found, SignedIn)
    assert (found.identity.subject, found.with_second_step) == (holder.subject, True)


def test_a_challenge_that_nobody_was_asked_is_over(keeper: Keeper) -> None:
    start = with_totp(keeper, account(keeper))
    challenge = asked(keeper)
    unknown = json.dumps({"session": "s" * 40, "user": "nobody", "second_step": False})
    for state in ("", "nonsense", "{}", "[]", unknown):
        with pytest.raises(SignInLapsed):
            keeper.provider.answer(challenge=replace(challenge, state=state), answer=app_code(start, steps=1))


def test_without_the_app_the_password_is_enough_again(keeper: Keeper) -> None:
    holder = account(keeper)
    with_totp(keeper, holder)
    keeper.provider.remove_totp(holder=holder)
    keeper.provider.remove_totp(holder=holder)
    assert keeper.provider.has_totp(holder=holder) is False
    signed_in(keeper)
