"""The calls the shop makes to Cognito, and what it makes of each answer. Nothing leaves the machine."""

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.stub import ANY, Stubber
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from shop.adapters import accounts_cognito, cognito_client
from shop.adapters.accounts import (
    AccountsUnavailable,
    Challenge,
    ChallengeKind,
    CodeRefused,
    Holder,
    Identity,
    PasswordRefused,
    Refused,
    SignedIn,
    SignInLapsed,
    SignUp,
    TooManyTries,
    TotpStart,
    WrongCredentials,
)
from shop.adapters.accounts_cognito import CognitoAccounts
from shop.adapters.cognito_client import secret_hash, unsafe_settings

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

pytestmark = pytest.mark.django_db

POOL, CLIENT, SECRET = "us-east-1_Shop12345", "shopclient1234567890", "a-secret-" * 4
ANN, PASSWORD, OTHER = "ann@example.com", "quarry linen in may", "seven grey herons"
SUBJECT = "5f6c4a0e-1111-4222-8333-444455556666"
HOLDER = Holder(SUBJECT, ANN, "refresh-token")
SESSION = "s" * 40
IDENTITY = Identity(SUBJECT, ANN, True, "Ann Archer", frozenset())
CHALLENGE = Challenge(ChallengeKind.CODE, ANN, json.dumps({"session": SESSION, "user": SUBJECT, "second_step": False}))


@pytest.fixture(scope="module")
def client() -> "CognitoIdentityProviderClient":
    """Made once: it takes a while."""
    return boto3.session.Session("key", "secret", region_name="us-east-1").client("cognito-idp")


@pytest.fixture
def stub(
    client: "CognitoIdentityProviderClient", settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stubber]:
    settings.COGNITO_REGION, settings.COGNITO_POOL_ID, settings.COGNITO_ENDPOINT = "us-east-1", POOL, ""
    settings.COGNITO_CLIENT_ID, settings.COGNITO_CLIENT_SECRET = CLIENT, SECRET
    monkeypatch.setattr(cognito_client, "client", lambda address, repeat: client)
    monkeypatch.setattr(accounts_cognito, "identity_of", lambda token: IDENTITY)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


TOKENS = {"IdToken": "id", "AccessToken": "access", "RefreshToken": "refresh", "ExpiresIn": 3600, "TokenType": "Bearer"}
USER = {
    "Username": SUBJECT,
    "UserStatus": "CONFIRMED",
    "Enabled": True,
    "UserAttributes": [{"Name": "sub", "Value": SUBJECT}, {"Name": "email", "Value": "Ann@Example.com"}],
}


def authenticated(stub: Stubber, **result: Any) -> None:
    stub.add_response("admin_initiate_auth", {"AuthenticationResult": TOKENS, **result})


def nobody(stub: Stubber) -> None:
    stub.add_client_error("admin_get_user", "UserNotFoundException", "User does not exist.", 400)


# What is asked, what Cognito is asked for, and what comes before that.
Ask = Callable[[CognitoAccounts], Any]
ASKS: dict[str, tuple[Ask, str, Callable[[Stubber], None] | None]] = {
    "sign up": (lambda a: a.sign_up(email=ANN, password=PASSWORD, full_name="Ann"), "sign_up", nobody),
    "resend": (lambda a: a.resend_confirmation(email=ANN), "resend_confirmation_code", None),
    "confirm": (lambda a: a.confirm_sign_up(email=ANN, code="123456", password=PASSWORD), "confirm_sign_up", None),
    "sign in": (lambda a: a.sign_in(email=ANN, password=PASSWORD), "admin_initiate_auth", None),
    "answer": (lambda a: a.answer(challenge=CHALLENGE, answer="123456"), "admin_respond_to_auth_challenge", None),
    "sign out": (lambda a: a.sign_out(holder=HOLDER), "revoke_token", None),
    "sign out everywhere": (lambda a: a.sign_out_everywhere(holder=HOLDER), "admin_user_global_sign_out", None),
    "forgot": (lambda a: a.forgot_password(email=ANN), "forgot_password", None),
    "reset": (lambda a: a.reset_password(email=ANN, code="123456", password=OTHER), "confirm_forgot_password", None),
    "change password": (
        lambda a: a.change_password(holder=HOLDER, old=PASSWORD, new=OTHER),
        "change_password",
        authenticated,
    ),
    "renew": (lambda a: a.start_totp(holder=HOLDER), "admin_initiate_auth", None),
    "change e-mail": (
        lambda a: a.change_email(holder=HOLDER, email="new@example.com"),
        "update_user_attributes",
        authenticated,
    ),
    "confirm e-mail": (
        lambda a: a.confirm_email(holder=HOLDER, code="123456"),
        "verify_user_attribute",
        authenticated,
    ),
    "delete": (lambda a: a.delete(holder=HOLDER), "admin_delete_user", None),
    "start app": (lambda a: a.start_totp(holder=HOLDER), "associate_software_token", authenticated),
    "confirm app": (
        lambda a: a.confirm_totp(holder=HOLDER, start=TotpStart("secret"), code="123456"),
        "verify_software_token",
        authenticated,
    ),
    "remove app": (lambda a: a.remove_totp(holder=HOLDER), "admin_set_user_mfa_preference", None),
    "has app": (lambda a: a.has_totp(holder=HOLDER), "admin_get_user", None),
    "groups": (lambda a: a.groups(subject=SUBJECT), "admin_get_user", None),
}

SILENT = None
REFUSALS: list[tuple[str, str, type[Exception] | None]] = [
    ("sign up", "InvalidPasswordException", PasswordRefused),
    ("sign up", "PasswordHistoryPolicyViolationException", PasswordRefused),
    ("sign up", "UsernameExistsException", SILENT),
    ("sign up", "InvalidParameterException", Refused),
    ("sign up", "TooManyRequestsException", AccountsUnavailable),
    # The quota of mails: the account was made all the same.
    ("sign up", "LimitExceededException", AccountsUnavailable),
    ("sign up", "CodeDeliveryFailureException", AccountsUnavailable),
    ("sign up", "UserLambdaValidationException", AccountsUnavailable),
    ("sign up", "NotAuthorizedException", AccountsUnavailable),
    ("resend", "UserNotFoundException", SILENT),
    ("resend", "InvalidParameterException", SILENT),
    ("resend", "NotAuthorizedException", SILENT),
    ("resend", "LimitExceededException", SILENT),
    ("resend", "CodeDeliveryFailureException", SILENT),
    ("resend", "TooManyRequestsException", TooManyTries),
    ("confirm", "CodeMismatchException", CodeRefused),
    ("confirm", "ExpiredCodeException", CodeRefused),
    ("confirm", "UserNotFoundException", CodeRefused),
    ("confirm", "NotAuthorizedException", CodeRefused),
    ("confirm", "AliasExistsException", CodeRefused),
    ("confirm", "InvalidParameterException", CodeRefused),
    ("confirm", "TooManyFailedAttemptsException", TooManyTries),
    ("confirm", "LimitExceededException", TooManyTries),
    ("sign in", "NotAuthorizedException", WrongCredentials),
    ("sign in", "UserNotFoundException", WrongCredentials),
    ("sign in", "UserNotConfirmedException", WrongCredentials),
    ("sign in", "PasswordResetRequiredException", WrongCredentials),
    ("sign in", "InvalidParameterException", WrongCredentials),
    ("sign in", "TooManyRequestsException", TooManyTries),
    ("sign in", "ResourceNotFoundException", AccountsUnavailable),
    ("sign in", "InvalidUserPoolConfigurationException", AccountsUnavailable),
    ("sign in", "AccessDeniedException", AccountsUnavailable),
    ("sign in", "UserLambdaValidationException", AccountsUnavailable),
    ("answer", "CodeMismatchException", CodeRefused),
    # Also a code of the app that was used before.
    ("answer", "ExpiredCodeException", CodeRefused),
    ("answer", "NotAuthorizedException", SignInLapsed),
    ("answer", "UserNotFoundException", SignInLapsed),
    ("answer", "SoftwareTokenMFANotFoundException", SignInLapsed),
    ("answer", "InvalidPasswordException", PasswordRefused),
    ("answer", "InvalidParameterException", Refused),
    ("answer", "TooManyRequestsException", TooManyTries),
    ("sign out", "UnauthorizedException", SILENT),
    ("sign out", "UnsupportedTokenTypeException", SILENT),
    ("sign out", "InvalidParameterException", SILENT),
    ("sign out", "TooManyRequestsException", TooManyTries),
    ("sign out everywhere", "UserNotFoundException", SILENT),
    ("forgot", "UserNotFoundException", SILENT),
    ("forgot", "InvalidParameterException", SILENT),
    ("forgot", "NotAuthorizedException", SILENT),
    ("forgot", "LimitExceededException", SILENT),
    ("forgot", "CodeDeliveryFailureException", SILENT),
    ("forgot", "TooManyRequestsException", TooManyTries),
    ("reset", "CodeMismatchException", CodeRefused),
    ("reset", "ExpiredCodeException", CodeRefused),
    ("reset", "UserNotFoundException", CodeRefused),
    ("reset", "UserNotConfirmedException", CodeRefused),
    ("reset", "NotAuthorizedException", CodeRefused),
    ("reset", "InvalidPasswordException", PasswordRefused),
    ("reset", "TooManyFailedAttemptsException", TooManyTries),
    ("change password", "NotAuthorizedException", WrongCredentials),
    ("change password", "InvalidPasswordException", PasswordRefused),
    ("change password", "PasswordHistoryPolicyViolationException", PasswordRefused),
    ("change password", "LimitExceededException", TooManyTries),
    ("change password", "UserNotFoundException", SignInLapsed),
    ("renew", "NotAuthorizedException", SignInLapsed),
    ("renew", "UserNotFoundException", SignInLapsed),
    ("renew", "PasswordResetRequiredException", SignInLapsed),
    ("change e-mail", "AliasExistsException", SILENT),
    ("change e-mail", "CodeDeliveryFailureException", AccountsUnavailable),
    ("change e-mail", "NotAuthorizedException", SignInLapsed),
    ("confirm e-mail", "CodeMismatchException", CodeRefused),
    ("confirm e-mail", "ExpiredCodeException", CodeRefused),
    ("confirm e-mail", "AliasExistsException", CodeRefused),
    ("confirm e-mail", "LimitExceededException", TooManyTries),
    ("delete", "UserNotFoundException", SILENT),
    ("delete", "TooManyRequestsException", TooManyTries),
    ("start app", "NotAuthorizedException", SignInLapsed),
    ("start app", "SoftwareTokenMFANotFoundException", SignInLapsed),
    ("confirm app", "CodeMismatchException", CodeRefused),
    ("confirm app", "EnableSoftwareTokenMFAException", CodeRefused),
    ("remove app", "UserNotFoundException", SignInLapsed),
    ("has app", "UserNotFoundException", SignInLapsed),
    ("groups", "UserNotFoundException", SignInLapsed),
    ("groups", "TooManyRequestsException", TooManyTries),
]


@pytest.mark.parametrize(
    ("name", "code", "expected"), REFUSALS, ids=lambda value: str(getattr(value, "__name__", value))
)
def test_refusals_say_what_they_mean_here(
    stub: Stubber, name: str, code: str, expected: type[Exception] | None
) -> None:
    ask, operation, before = ASKS[name]
    if before:
        before(stub)
    stub.add_client_error(operation, code, "No.", 400)
    if expected is None:
        ask(CognitoAccounts())
        return
    with pytest.raises(expected) as caught:
        ask(CognitoAccounts())
    assert type(caught.value) is expected


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("code", ["InternalErrorException", "NotAuthorizedException", "UserNotFoundException"])
def test_no_definite_answer_is_no_refusal(stub: Stubber, name: str, code: str) -> None:
    ask, operation, before = ASKS[name]
    if before:
        before(stub)
    stub.add_client_error(operation, code, "No.", 500)
    with pytest.raises(AccountsUnavailable):
        ask(CognitoAccounts())


@pytest.mark.parametrize("name", [name for name in ASKS if name not in {"sign out", "groups", "has app"}])
def test_a_wrong_secret_is_the_shops_own_trouble(stub: Stubber, name: str, caplog: pytest.LogCaptureFixture) -> None:
    """It must not look like a wrong password: somebody has to see it."""
    ask, operation, before = ASKS[name]
    if before:
        before(stub)
    stub.add_client_error(operation, "NotAuthorizedException", f"Unable to verify secret hash for client {CLIENT}", 400)
    with pytest.raises(AccountsUnavailable):
        ask(CognitoAccounts())
    assert "Unable to verify secret hash" in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://cognito"),
        ConnectTimeoutError(endpoint_url="https://cognito"),
        ReadTimeoutError(endpoint_url="https://cognito"),
        NoCredentialsError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_silence_is_no_refusal(stub: Stubber, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def silent(**params: Any) -> None:
        raise error

    monkeypatch.setattr(stub.client, "admin_initiate_auth", silent)
    with pytest.raises(AccountsUnavailable):
        CognitoAccounts().sign_in(email=ANN, password=PASSWORD)


def test_what_is_too_long_for_cognito_is_refused_without_a_word_about_it(stub: Stubber) -> None:
    holder = Holder("", ANN, "")
    # Nothing answers from here on: what is not of its form does not get so far.
    stub.deactivate()
    with pytest.raises(Refused) as caught:
        CognitoAccounts().sign_out_everywhere(holder=holder)
    assert str(caught.value) == "Cognito admin_user_global_sign_out: not of its form"


def test_a_secret_hash_is_of_the_user_and_the_client(settings: Settings) -> None:
    """The figures of RFC 4231's second case, whose message and key are taken here as user, client and secret."""
    settings.COGNITO_CLIENT_SECRET, settings.COGNITO_CLIENT_ID = "Jefe", "for nothing?"
    assert secret_hash("what do ya want ") == "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="


def test_signing_up_asks_the_same_whether_there_is_an_account_or_not(stub: Stubber) -> None:
    asked = {"UserPoolId": POOL, "Username": ANN}
    given = {
        "ClientId": CLIENT,
        "Username": ANN,
        "SecretHash": secret_hash(ANN),
        "Password": PASSWORD,
        "UserAttributes": [{"Name": "email", "Value": ANN}, {"Name": "name", "Value": "Ann"}],
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


def test_what_cannot_be_right_is_refused_without_a_call(stub: Stubber) -> None:
    accounts = CognitoAccounts()
    for code in ("", "12345", "1234567", "abcdef", "１２３４５６", "12345\n6789", "-" * 6):
        with pytest.raises(CodeRefused):
            accounts.confirm_sign_up(email=ANN, code=code, password=PASSWORD)
        with pytest.raises(CodeRefused):
            accounts.answer(challenge=CHALLENGE, answer=code)
    for password in ("a" * 257, " leading and long", "trailing and long ", "short"):
        with pytest.raises(PasswordRefused):
            accounts.sign_up(email=ANN, password=password, full_name="")
        with pytest.raises(PasswordRefused):
            accounts.change_password(holder=HOLDER, old=PASSWORD, new=password)
    with pytest.raises(WrongCredentials):
        accounts.sign_in(email=ANN, password="a" * 10_000)
    with pytest.raises(WrongCredentials):
        accounts.sign_in(email=ANN, password="")
    for password in ("", "a" * 257):
        with pytest.raises(WrongCredentials):
            accounts.confirm_sign_up(email=ANN, code="123456", password=password)


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


def test_a_password_that_could_not_be_voided_is_told_to_staff(stub: Stubber, caplog: pytest.LogCaptureFixture) -> None:
    stub.add_response("confirm_sign_up", {})
    for operation in ("admin_initiate_auth", "admin_reset_user_password", "admin_user_global_sign_out"):
        stub.add_client_error(operation, "NotAuthorizedException", "No.", 400)
    with pytest.raises(WrongCredentials):
        CognitoAccounts().confirm_sign_up(email=ANN, code="123456", password=PASSWORD)
    assert caplog.text.count("A password that was not proved may be in force") == 2


def test_cognitos_reason_against_a_password_is_passed_on(stub: Stubber) -> None:
    nobody(stub)
    said = "Password did not conform with policy: Password must have uppercase characters"
    stub.add_client_error("sign_up", "InvalidPasswordException", said, 400)
    with pytest.raises(PasswordRefused) as caught:
        CognitoAccounts().sign_up(email=ANN, password=PASSWORD, full_name="")
    assert caught.value.reasons == ["Password must have uppercase characters."]


def test_a_reset_ends_every_sign_in_and_holds_even_if_that_fails(
    stub: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    everywhere = {"UserPoolId": POOL, "Username": ANN}
    stub.add_response("confirm_forgot_password", {})
    stub.add_response("admin_user_global_sign_out", {}, everywhere)
    assert CognitoAccounts().reset_password(email=ANN, code="123456", password=OTHER) == ANN
    stub.add_response("confirm_forgot_password", {})
    stub.add_client_error("admin_user_global_sign_out", "InternalErrorException", http_status_code=500)
    assert CognitoAccounts().reset_password(email=ANN, code="123456", password=OTHER) == ANN
    assert "were not ended" in caplog.text


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


def test_no_call_is_made_inside_a_transaction(stub: Stubber) -> None:
    from django.db import transaction  # noqa: PLC0415

    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        CognitoAccounts().sign_in(email=ANN, password=PASSWORD)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"COGNITO_POOL_ID": ""}, "have to be set"),
        ({"COGNITO_CLIENT_ID": ""}, "have to be set"),
        ({"COGNITO_CLIENT_SECRET": ""}, "have to be set"),
        ({"COGNITO_REGION": "eu-west-2"}, "not a pool of COGNITO_REGION"),
        ({"COGNITO_ENDPOINT": "http://cognito-idp.us-east-1.amazonaws.com"}, "must be empty or AWS's own"),
        ({"COGNITO_ENDPOINT": "https://cognito-idp.us-east-1.amazonaws.com.evil.example"}, "must be empty"),
        ({"COGNITO_ENDPOINT": "https://amazonaws.com@evil.example"}, "must be empty"),
        ({"COGNITO_ENDPOINT": "https://evilamazonaws.com"}, "must be empty"),
    ],
    ids=str,
)
def test_passwords_go_nowhere_else(stub: Stubber, settings: Settings, changed: dict[str, str], problem: str) -> None:
    settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = False
    assert unsafe_settings() == ""
    for name, value in changed.items():
        setattr(settings, name, value)
    assert problem in unsafe_settings()
    with pytest.raises(ImproperlyConfigured, match=re.escape(problem)):
        CognitoAccounts().sign_in(email=ANN, password=PASSWORD)


def test_a_private_endpoint_of_aws_is_aws(stub: Stubber, settings: Settings) -> None:
    settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = False
    settings.COGNITO_ENDPOINT = "https://vpce-1a2b.cognito-idp.us-east-1.vpce.amazonaws.com"
    assert unsafe_settings() == ""
