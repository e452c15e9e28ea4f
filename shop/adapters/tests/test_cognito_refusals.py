"""What the shop makes of each answer of Cognito's that is a no, or none. Nothing leaves the machine."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.stub import Stubber

from shop.adapters.accounts import (
    AccountsUnavailable,
    CodeRefused,
    Holder,
    PasswordRefused,
    Refused,
    SignInLapsed,
    TooManyTries,
    TotpStart,
    WrongCredentials,
)
from shop.adapters.accounts_cognito import CognitoAccounts
from shop.adapters.tests.cognito_builders import (
    ANN,
    CHALLENGE,
    CLIENT,
    HOLDER,
    OTHER,
    PASSWORD,
    SUBJECT,
    authenticated,
    nobody,
)

pytestmark = pytest.mark.django_db

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


def test_cognitos_reason_against_a_password_is_passed_on(stub: Stubber) -> None:
    nobody(stub)
    said = "Password did not conform with policy: Password must have uppercase characters"
    stub.add_client_error("sign_up", "InvalidPasswordException", said, 400)
    with pytest.raises(PasswordRefused) as caught:
        CognitoAccounts().sign_up(email=ANN, password=PASSWORD, full_name="")
    assert caught.value.reasons == ["Password must have uppercase characters."]
