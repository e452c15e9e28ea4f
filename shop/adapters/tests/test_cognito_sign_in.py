"""The calls by which somebody signs in to a user pool, and what they may do once they have."""

from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from shop.adapters.accounts import (
    AccountsUnavailable,
    Challenge,
    ChallengeKind,
    CodeRefused,
    Holder,
    PasswordRefused,
    SignedIn,
    SignInLapsed,
    TotpStart,
)
from shop.adapters.accounts_cognito import CognitoAccounts
from shop.adapters.cognito_client import secret_hash
from shop.adapters.tests.cognito_builders import (
    ANN,
    CLIENT,
    HOLDER,
    IDENTITY,
    OTHER,
    PASSWORD,
    POOL,
    SESSION,
    SUBJECT,
    TOKENS,
    USER,
    authenticated,
)

pytestmark = pytest.mark.django_db


def test_signing_in_is_one_call_with_the_machines_own_rights(stub: Stubber) -> None:
    stub.add_response(
        "admin_initiate_auth",
        {"AuthenticationResult": TOKENS},
        {
            "UserPoolId": POOL,
            "ClientId": CLIENT,
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": ANN, "PASSWORD": PASSWORD, "SECRET_HASH": secret_hash(ANN)},
        },
    )
    assert CognitoAccounts().sign_in(email=ANN, password=PASSWORD) == SignedIn(IDENTITY, "refresh", False)


def test_a_challenge_is_answered_under_the_name_that_cognito_gave(stub: Stubber) -> None:
    first = {
        "ChallengeName": "SOFTWARE_TOKEN_MFA",
        "ChallengeParameters": {"USER_ID_FOR_SRP": SUBJECT},
        "Session": SESSION,
    }
    stub.add_response("admin_initiate_auth", first)
    challenge = CognitoAccounts().sign_in(email=ANN, password=PASSWORD)
    assert isinstance(challenge, Challenge) and challenge.kind is ChallengeKind.CODE
    stub.add_response(
        "admin_respond_to_auth_challenge",
        {"AuthenticationResult": TOKENS},
        {
            "UserPoolId": POOL,
            "ClientId": CLIENT,
            "ChallengeName": "SOFTWARE_TOKEN_MFA",
            "Session": SESSION,
            "ChallengeResponses": {
                "USERNAME": SUBJECT,
                "SOFTWARE_TOKEN_MFA_CODE": "123456",
                "SECRET_HASH": secret_hash(SUBJECT),
            },
        },
    )
    assert CognitoAccounts().answer(challenge=challenge, answer=" 123 456 ") == SignedIn(IDENTITY, "refresh", True)


def test_a_new_password_comes_before_the_app(stub: Stubber) -> None:
    steps = iter(["NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA"])
    answer = {"ChallengeParameters": {"USER_ID_FOR_SRP": SUBJECT}, "Session": SESSION}
    stub.add_response("admin_initiate_auth", {**answer, "ChallengeName": next(steps)})
    challenge = CognitoAccounts().sign_in(email=ANN, password=PASSWORD)
    assert isinstance(challenge, Challenge) and challenge.kind is ChallengeKind.NEW_PASSWORD
    with pytest.raises(PasswordRefused):
        CognitoAccounts().answer(challenge=challenge, answer="short")
    responses = {"USERNAME": SUBJECT, "NEW_PASSWORD": OTHER, "SECRET_HASH": secret_hash(SUBJECT)}
    expected = {
        **dict.fromkeys(("UserPoolId", "ClientId", "Session"), ANY),
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "ChallengeResponses": responses,
    }
    stub.add_response("admin_respond_to_auth_challenge", {**answer, "ChallengeName": next(steps)}, expected)
    code = CognitoAccounts().answer(challenge=challenge, answer=OTHER)
    assert isinstance(code, Challenge) and code.kind is ChallengeKind.CODE
    stub.add_response("admin_respond_to_auth_challenge", {"AuthenticationResult": TOKENS})
    found = CognitoAccounts().answer(challenge=code, answer="123456")
    assert isinstance(found, SignedIn) and found.with_second_step


@pytest.mark.parametrize("kind", ["MFA_SETUP", "SMS_MFA", "SELECT_MFA_TYPE", "CUSTOM_CHALLENGE", ""])
def test_a_question_without_a_page_signs_nobody_in(stub: Stubber, kind: str) -> None:
    answer = {"ChallengeName": kind} if kind else {}
    stub.add_response("admin_initiate_auth", {**answer, "Session": SESSION, "ChallengeParameters": {}})
    with pytest.raises(AccountsUnavailable):
        CognitoAccounts().sign_in(email=ANN, password=PASSWORD)


def test_tokens_are_renewed_under_the_subject(stub: Stubber) -> None:
    """The secret hash of an e-mail is refused there."""
    given = {"REFRESH_TOKEN": "refresh-token", "SECRET_HASH": secret_hash(SUBJECT)}
    expected = {"UserPoolId": POOL, "ClientId": CLIENT, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": given}
    stub.add_response("admin_initiate_auth", {"AuthenticationResult": TOKENS}, expected)
    stub.add_response("associate_software_token", {"SecretCode": "ABCDEFGHABCDEFGH"}, {"AccessToken": "access"})
    assert CognitoAccounts().start_totp(holder=HOLDER) == TotpStart("ABCDEFGHABCDEFGH")


def test_without_a_refresh_token_cognito_is_not_asked(stub: Stubber) -> None:
    holder = Holder(SUBJECT, ANN)
    for ask in (
        lambda: CognitoAccounts().start_totp(holder=holder),
        lambda: CognitoAccounts().change_password(holder=holder, old=PASSWORD, new=OTHER),
        lambda: CognitoAccounts().change_email(holder=holder, email="new@example.com"),
        lambda: CognitoAccounts().confirm_email(holder=holder, code="123456"),
    ):
        with pytest.raises(SignInLapsed):
            ask()
    CognitoAccounts().sign_out(holder=holder)


def test_all_groups_are_read(stub: Stubber) -> None:
    who = {"UserPoolId": POOL, "Username": SUBJECT}
    stub.add_response("admin_get_user", USER, who)
    stub.add_response("admin_list_groups_for_user", {"Groups": [{"GroupName": "owner"}], "NextToken": "next"}, who)
    more = {"Groups": [{"GroupName": "analyst"}]}
    stub.add_response("admin_list_groups_for_user", more, {**who, "NextToken": "next"})
    assert CognitoAccounts().groups(subject=SUBJECT) == frozenset({"owner", "analyst"})


@pytest.mark.parametrize(
    "changed",
    [{"Enabled": False}, {"UserStatus": "RESET_REQUIRED"}, {"UserStatus": "FORCE_CHANGE_PASSWORD"}],
    ids=str,
)
def test_staff_who_could_not_sign_in_anew_are_signed_out(stub: Stubber, changed: dict[str, Any]) -> None:
    stub.add_response("admin_get_user", {**USER, **changed})
    with pytest.raises(SignInLapsed):
        CognitoAccounts().groups(subject=SUBJECT)


def test_the_app_is_asked_for_only_once_it_is_the_preferred_way(stub: Stubber) -> None:
    authenticated(stub)
    stub.add_response("verify_software_token", {"Status": "ERROR"})
    with pytest.raises(CodeRefused):
        CognitoAccounts().confirm_totp(holder=HOLDER, start=TotpStart("x"), code="123456")
    authenticated(stub)
    stub.add_response("verify_software_token", {"Status": "SUCCESS"})
    chosen = {
        "UserPoolId": POOL,
        "Username": SUBJECT,
        "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True},
    }
    stub.add_response("admin_set_user_mfa_preference", {}, chosen)
    assert CognitoAccounts().confirm_totp(holder=HOLDER, start=TotpStart("x"), code="123456") == []


def test_the_new_e_mail_is_read_back_from_the_pool(stub: Stubber) -> None:
    authenticated(stub)
    stub.add_response(
        "verify_user_attribute", {}, {"AccessToken": "access", "AttributeName": "email", "Code": "123456"}
    )
    stub.add_response("admin_get_user", USER)
    assert CognitoAccounts().confirm_email(holder=HOLDER, code="123456") == ANN
