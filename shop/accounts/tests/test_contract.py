"""What the shop expects of whoever keeps the identities: one suite over its own tables and over a user pool.

Signing up and in, and out for good; `test_contract_changes.py` goes on."""

import pytest

from shop.accounts.tests.conftest import Keeper
from shop.accounts.tests.keeper_builders import (
    ANN,
    BEN,
    OTHER,
    PASSWORD,
    account,
    another,
    confirm,
    refused,
    sign_up,
    signed_in,
)
from shop.adapters.accounts import (
    CodeRefused,
    NotConfirmed,
    PasswordRefused,
    SignInLapsed,
    SignUp,
    WrongCredentials,
)
from shop.mail.models import OutgoingMail

pytestmark = pytest.mark.django_db


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
    assert keeper.provider.subject_of(email=ANN) == first.subject
    assert keeper.provider.subject_of(email="nobody@example.com") == ""


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
