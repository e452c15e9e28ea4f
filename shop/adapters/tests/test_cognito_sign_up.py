"""The calls by which somebody signs up, confirms, and chooses a new password in a user pool."""

from typing import Any

import pytest
from botocore.stub import Stubber

from shop.adapters.accounts import (
    AccountsUnavailable,
    Challenge,
    ChallengeKind,
    SignedIn,
    SignUp,
    WrongCredentials,
)
from shop.adapters.accounts_cognito import CognitoAccounts
from shop.adapters.cognito_client import secret_hash
from shop.adapters.tests.cognito_builders import (
    ANN,
    CHALLENGE,
    CLIENT,
    IDENTITY,
    MARK,
    MARKED,
    NO_MARK,
    OTHER,
    PASSWORD,
    POOL,
    SUBJECT,
    USER,
)

pytestmark = pytest.mark.django_db


def test_signing_up_asks_the_same_whether_there_is_an_account_or_not(stub: Stubber) -> None:
    asked = {"UserPoolId": POOL, "Username": ANN}
    given = {
        "ClientId": CLIENT,
        "Username": ANN,
        "SecretHash": secret_hash(ANN),
        "Password": PASSWORD,
        "UserAttributes": [{"Name": "email", "Value": ANN}, {"Name": "name", "Value": "Ann"}, MARK],
    }
    stub.add_client_error("admin_get_user", "UserNotFoundException", expected_params=asked)
    stub.add_response("sign_up", {"UserConfirmed": False, "UserSub": SUBJECT}, given)
    assert CognitoAccounts().sign_up(email=ANN, password=PASSWORD, full_name="Ann") is SignUp.CREATED
    stub.add_response("admin_get_user", USER, asked)
    stub.add_client_error("sign_up", "UsernameExistsException", expected_params=given)
    assert CognitoAccounts().sign_up(email=ANN, password=PASSWORD, full_name="Ann") is SignUp.EXISTS


@pytest.mark.parametrize("status", ["CONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED", "EXTERNAL_PROVIDER"])
def test_only_an_account_that_was_never_confirmed_is_begun_anew(stub: Stubber, status: str) -> None:
    stub.add_response("admin_get_user", {**USER, "UserStatus": status})
    stub.add_client_error("sign_up", "UsernameExistsException")
    assert CognitoAccounts().sign_up(email=ANN, password=PASSWORD, full_name="") is SignUp.EXISTS


def test_beginning_anew_takes_away_that_account_and_no_other(stub: Stubber) -> None:
    """By its subject: the address may be another account's by then."""
    stub.add_response("admin_get_user", {**USER, "UserStatus": "UNCONFIRMED"})
    stub.add_response("admin_delete_user", {}, {"UserPoolId": POOL, "Username": SUBJECT})
    stub.add_response("sign_up", {"UserConfirmed": False, "UserSub": SUBJECT})
    assert CognitoAccounts().sign_up(email=ANN, password=PASSWORD, full_name="") is SignUp.CREATED


@pytest.mark.parametrize(
    ("code", "expected"),
    [("NotAuthorizedException", WrongCredentials), ("InternalErrorException", AccountsUnavailable)],
)
def test_a_password_that_was_not_proved_is_void_once_confirmed(
    stub: Stubber, code: str, expected: type[Exception]
) -> None:
    stub.add_response("confirm_sign_up", {})
    stub.add_client_error("admin_initiate_auth", code, "No.", 500 if expected is AccountsUnavailable else 400)
    stub.add_response("admin_reset_user_password", {}, {"UserPoolId": POOL, "Username": ANN})
    stub.add_response("admin_user_global_sign_out", {}, {"UserPoolId": POOL, "Username": ANN})
    with pytest.raises(expected):
        CognitoAccounts().confirm_sign_up(email=ANN, code="123456", password=PASSWORD)


def test_the_right_password_takes_the_mark_off(stub: Stubber) -> None:
    stub.add_response("confirm_sign_up", {})
    stub.add_response("admin_initiate_auth", {"AuthenticationResult": MARKED})
    stub.add_response("update_user_attributes", {}, {"AccessToken": "access", "UserAttributes": [NO_MARK]})
    found = CognitoAccounts().confirm_sign_up(email=ANN, code="123456", password=PASSWORD)
    assert found == SignedIn(IDENTITY, "refresh")


@pytest.mark.parametrize("dies_at", ["admin_initiate_auth", "update_user_attributes", "admin_reset_user_password"])
def test_a_crash_while_confirming_lets_nobody_in(stub: Stubber, monkeypatch: pytest.MonkeyPatch, dies_at: str) -> None:
    """The e-mail is confirmed then, and the password in force may be a stranger's: the mark is what keeps them out."""
    stub.add_response("confirm_sign_up", {})
    if dies_at == "update_user_attributes":
        stub.add_response("admin_initiate_auth", {"AuthenticationResult": MARKED})
    if dies_at == "admin_reset_user_password":
        stub.add_client_error("admin_initiate_auth", "NotAuthorizedException", "No.", 400)

    def dies(**params: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(stub.client, dies_at, dies)
        CognitoAccounts().confirm_sign_up(email=ANN, code="123456", password=PASSWORD)
    stub.add_response("admin_initiate_auth", {"AuthenticationResult": MARKED})
    with pytest.raises(WrongCredentials):
        CognitoAccounts().sign_in(email=ANN, password=PASSWORD)


def test_a_new_password_by_mail_takes_the_mark_off_too(stub: Stubber) -> None:
    marked = {**USER, "UserAttributes": [{"Name": "email", "Value": ANN}, MARK]}
    stub.add_response("confirm_forgot_password", {})
    stub.add_response("admin_get_user", marked, {"UserPoolId": POOL, "Username": ANN})
    stub.add_response("admin_initiate_auth", {"AuthenticationResult": MARKED})
    stub.add_response("update_user_attributes", {}, {"AccessToken": "access", "UserAttributes": [NO_MARK]})
    stub.add_response("admin_user_global_sign_out", {})
    assert CognitoAccounts().reset_password(email=ANN, code="123456", password=OTHER) == ANN


def test_a_mark_that_stays_is_told_to_staff(stub: Stubber, caplog: pytest.LogCaptureFixture) -> None:
    stub.add_response("confirm_forgot_password", {})
    stub.add_client_error("admin_get_user", "InternalErrorException", http_status_code=500)
    stub.add_response("admin_user_global_sign_out", {})
    assert CognitoAccounts().reset_password(email=ANN, code="123456", password=OTHER) == ANN
    assert "A new password may have to be chosen once more" in caplog.text


def test_who_chooses_a_password_of_their_own_at_the_first_sign_in_loses_the_mark(stub: Stubber) -> None:
    """Staff gave them the one before."""
    asked = Challenge(ChallengeKind.NEW_PASSWORD, ANN, CHALLENGE.state)
    stub.add_response("admin_respond_to_auth_challenge", {"AuthenticationResult": MARKED})
    stub.add_response("update_user_attributes", {}, {"AccessToken": "access", "UserAttributes": [NO_MARK]})
    assert CognitoAccounts().answer(challenge=asked, answer=OTHER) == SignedIn(IDENTITY, "refresh")


def test_a_password_that_could_not_be_voided_is_told_to_staff(stub: Stubber, caplog: pytest.LogCaptureFixture) -> None:
    stub.add_response("confirm_sign_up", {})
    for operation in ("admin_initiate_auth", "admin_reset_user_password", "admin_user_global_sign_out"):
        stub.add_client_error(operation, "NotAuthorizedException", "No.", 400)
    with pytest.raises(WrongCredentials):
        CognitoAccounts().confirm_sign_up(email=ANN, code="123456", password=PASSWORD)
    assert caplog.text.count("A password that was not proved may be in force") == 2


def test_a_reset_ends_every_sign_in_and_holds_even_if_that_fails(
    stub: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    everywhere = {"UserPoolId": POOL, "Username": ANN}
    stub.add_response("confirm_forgot_password", {})
    stub.add_response("admin_get_user", USER)
    stub.add_response("admin_user_global_sign_out", {}, everywhere)
    assert CognitoAccounts().reset_password(email=ANN, code="123456", password=OTHER) == ANN
    stub.add_response("confirm_forgot_password", {})
    stub.add_response("admin_get_user", USER)
    stub.add_client_error("admin_user_global_sign_out", "InternalErrorException", http_status_code=500)
    assert CognitoAccounts().reset_password(email=ANN, code="123456", password=OTHER) == ANN
    assert "were not ended" in caplog.text
