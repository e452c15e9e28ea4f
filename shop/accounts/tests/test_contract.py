"""What the shop expects of whoever keeps the identities: one suite over its own tables and over a user pool."""

import json
import time
from dataclasses import replace

import pyotp
import pytest

from shop.accounts.tests.conftest import Keeper
from shop.adapters.accounts import (
    Challenge,
    ChallengeKind,
    CodeRefused,
    Holder,
    NotConfirmed,
    PasswordRefused,
    SignedIn,
    SignInLapsed,
    SignUp,
    TotpStart,
    WrongCredentials,
)
from shop.mail.models import OutgoingMail

pytestmark = pytest.mark.django_db

ANN, BEN = "ann@example.com", "ben@example.com"
PASSWORD, OTHER = "quarry linen in may", "seven grey herons"


def sign_up(keeper: Keeper, email: str = ANN, password: str = PASSWORD, full_name: str = "Ann Archer") -> SignUp:
    return keeper.provider.sign_up(email=email, password=password, full_name=full_name)


def confirm(keeper: Keeper, email: str = ANN, password: str = PASSWORD) -> None:
    keeper.provider.confirm_sign_up(email=email, code=keeper.code(email, "confirm"), password=password)


def account(keeper: Keeper, email: str = ANN, password: str = PASSWORD) -> Holder:
    """Somebody signed up, confirmed, and signed in."""
    assert sign_up(keeper, email, password) is SignUp.CREATED
    confirm(keeper, email, password)
    return holder_of(signed_in(keeper, email, password))


def signed_in(keeper: Keeper, email: str = ANN, password: str = PASSWORD) -> SignedIn:
    found = keeper.provider.sign_in(email=email, password=password)
    assert isinstance(found, SignedIn)
    return found


def holder_of(found: SignedIn) -> Holder:
    return Holder(found.identity.subject, found.identity.email, found.refresh_token)


def refused(keeper: Keeper, email: str = ANN, password: str = PASSWORD) -> None:
    with pytest.raises(WrongCredentials):
        keeper.provider.sign_in(email=email, password=password)


def another(code: str) -> str:
    """A code of the same form that is not this one."""
    return code[:-1] + ("1" if code[-1] != "1" else "2")


def app_code(start: TotpStart, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return pyotp.TOTP(start.secret.upper()).at(int(time.time()) + 30 * steps)


def with_totp(keeper: Keeper, holder: Holder) -> TotpStart:
    start = keeper.provider.start_totp(holder=holder)
    keeper.provider.confirm_totp(holder=holder, start=start, code=app_code(start))
    return start


def asked(keeper: Keeper) -> Challenge:
    found = keeper.provider.sign_in(email=ANN, password=PASSWORD)
    assert isinstance(found, Challenge)
    return found


def test_who_signs_up_and_confirms_can_sign_in(keeper: Keeper) -> None:
    assert sign_up(keeper) is SignUp.CREATED
    confirm(keeper)
    found = signed_in(keeper)
    assert (found.identity.email, found.identity.full_name) == (ANN, "Ann Archer")
    assert found.identity.email_confirmed is True
    assert found.with_second_step is False
    assert not found.identity.groups


def test_somebody_is_the_same_at_every_sign_in(keeper: Keeper) -> None:
    first = account(keeper)
    assert signed_in(keeper).identity.subject == first.subject != account(keeper, BEN).subject


def test_names_and_addresses_are_kept_as_they_are(keeper: Keeper) -> None:
    email, name = "o'neil+news@example.com", "Zoë “Ann” O’Néil <b>& Söhne</b>"
    sign_up(keeper, email, full_name=name)
    confirm(keeper, email)
    found = signed_in(keeper, email).identity
    assert (found.email, found.full_name) == (email, name)


def test_nobody_is_signed_in_before_the_e_mail_is_confirmed(keeper: Keeper) -> None:
    sign_up(keeper)
    with pytest.raises((NotConfirmed, WrongCredentials)):
        keeper.provider.sign_in(email=ANN, password=PASSWORD)


def test_a_sign_up_that_was_never_confirmed_starts_anew(keeper: Keeper) -> None:
    """Somebody else's password must not stay on an address that its owner confirms later."""
    sign_up(keeper, password=OTHER, full_name="Mallory")
    first = keeper.code(ANN, "confirm")
    assert sign_up(keeper) is SignUp.CREATED
    with pytest.raises(CodeRefused):
        keeper.provider.confirm_sign_up(email=ANN, code=first, password=PASSWORD)
    confirm(keeper)
    refused(keeper, password=OTHER)
    assert signed_in(keeper).identity.full_name == "Ann Archer"


def test_nobody_confirms_the_password_of_a_stranger(keeper: Keeper) -> None:
    """Who signed up last need not own the address; its owner gets the newest code, and proves their own password."""
    sign_up(keeper)
    sign_up(keeper, password=OTHER, full_name="Mallory")
    with pytest.raises(WrongCredentials):
        confirm(keeper)
    with pytest.raises((NotConfirmed, WrongCredentials)):
        keeper.provider.sign_in(email=ANN, password=OTHER)
    refused(keeper)


def test_whoever_could_not_confirm_chooses_a_new_password_by_mail(keeper: Keeper) -> None:
    sign_up(keeper, password=OTHER, full_name="Mallory")
    with pytest.raises(WrongCredentials):
        confirm(keeper)
    keeper.provider.forgot_password(email=ANN)
    keeper.provider.reset_password(email=ANN, code=keeper.code(ANN, "reset"), password=PASSWORD)
    refused(keeper, password=OTHER)
    assert signed_in(keeper).identity.email_confirmed is True


def test_the_right_password_confirms_and_proves_who_it_is(keeper: Keeper) -> None:
    sign_up(keeper)
    found = keeper.provider.confirm_sign_up(email=ANN, code=keeper.code(ANN, "confirm"), password=PASSWORD)
    assert found is not None
    assert (found.identity.email, found.identity.email_confirmed) == (ANN, True)
    assert found.identity.subject == signed_in(keeper).identity.subject


def test_signing_up_with_an_account_changes_nothing(keeper: Keeper) -> None:
    account(keeper)
    before = keeper.code(ANN, "confirm")
    assert sign_up(keeper, password=OTHER, full_name="Mallory") is SignUp.EXISTS
    assert keeper.code(ANN, "confirm") == before
    refused(keeper, password=OTHER)
    assert signed_in(keeper).identity.full_name == "Ann Archer"


def told(email: str) -> list[str]:
    return list(OutgoingMail.objects.filter(to=email, key__startswith="account:").values_list("subject", flat=True))


def test_whose_address_is_asked_for_again_is_told_by_mail_alone(keeper: Keeper) -> None:
    holder = account(keeper)
    account(keeper, BEN)
    before = told(BEN)
    sign_up(keeper, BEN, OTHER)
    assert sorted(told(BEN)) == sorted([*before, "You have an account already"])
    keeper.provider.change_email(holder=holder, email=BEN)
    assert sorted(told(BEN)) == sorted([*before, *["You have an account already"] * 2])


@pytest.mark.parametrize("password", ["short", "password123", "ann@example.com", "1234567890", ""])
def test_a_weak_password_makes_no_account_and_says_why(keeper: Keeper, password: str) -> None:
    with pytest.raises(PasswordRefused) as caught:
        sign_up(keeper, password=password)
    assert caught.value.reasons and all(reason.endswith(".") for reason in caught.value.reasons)
    assert keeper.code(ANN, "confirm") == ""
    refused(keeper, password=password)


def test_a_wrong_code_confirms_nothing(keeper: Keeper) -> None:
    sign_up(keeper)
    for code in (another(keeper.code(ANN, "confirm")), "", " ", "nonsense", "é" * 50, "0" * 5000):
        with pytest.raises(CodeRefused):
            keeper.provider.confirm_sign_up(email=ANN, code=code, password=PASSWORD)
    with pytest.raises((NotConfirmed, WrongCredentials)):
        keeper.provider.sign_in(email=ANN, password=PASSWORD)
    confirm(keeper)
    signed_in(keeper)


def test_a_code_confirms_once_and_only_its_own_account(keeper: Keeper) -> None:
    sign_up(keeper)
    code = keeper.code(ANN, "confirm")
    sign_up(keeper, BEN)
    with pytest.raises(CodeRefused):
        keeper.provider.confirm_sign_up(email=BEN, code=code, password=PASSWORD)
    confirm(keeper)
    with pytest.raises(CodeRefused):
        keeper.provider.confirm_sign_up(email=ANN, code=code, password=PASSWORD)


def test_nobody_at_all_has_no_code_to_confirm(keeper: Keeper) -> None:
    with pytest.raises(CodeRefused):
        keeper.provider.confirm_sign_up(email=ANN, code="123456", password=PASSWORD)


def test_a_code_is_sent_again_only_where_one_is_waited_for(keeper: Keeper) -> None:
    keeper.provider.resend_confirmation(email=BEN)
    assert keeper.code(BEN, "confirm") == ""
    sign_up(keeper)
    keeper.provider.resend_confirmation(email=ANN)
    confirm(keeper)
    before = keeper.code(ANN, "confirm")
    keeper.provider.resend_confirmation(email=ANN)
    assert keeper.code(ANN, "confirm") == before


def test_no_account_another_password_and_a_disabled_account_are_not_told_apart(keeper: Keeper) -> None:
    holder = account(keeper)
    refused(keeper, BEN)
    for password in (OTHER, "", " ", PASSWORD + " ", PASSWORD.upper(), "a" * 10_000, "\0"):
        refused(keeper, password=password)
    signed_in(keeper)
    keeper.disable(holder.subject)
    refused(keeper)


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


def test_signing_out_again_changes_nothing(keeper: Keeper) -> None:
    holder = account(keeper)
    for _ in range(2):
        keeper.provider.sign_out(holder=holder)
        keeper.provider.sign_out_everywhere(holder=holder)
    signed_in(keeper)


def test_a_deleted_account_signs_nobody_in(keeper: Keeper) -> None:
    holder = account(keeper)
    for _ in range(2):
        keeper.provider.delete(holder=holder)
    refused(keeper)
    keeper.provider.forgot_password(email=ANN)
    assert keeper.code(ANN, "reset") == ""
    with pytest.raises(SignInLapsed):
        keeper.provider.groups(subject=holder.subject)


def test_a_disabled_account_is_told_when_its_groups_are_asked_for(keeper: Keeper) -> None:
    holder = account(keeper)
    assert not keeper.provider.groups(subject=holder.subject)
    keeper.disable(holder.subject)
    with pytest.raises(SignInLapsed):
        keeper.provider.groups(subject=holder.subject)
