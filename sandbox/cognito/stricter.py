"""What Cognito refuses and moto does not: codes, secret hashes, and people who may not sign in.

moto takes any code and any secret hash, lets unconfirmed people in, and lacks some calls. Here they are as AWS's
API reference describes them. People are kept under their subject, as in a pool whose user names are e-mails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from secrets import randbelow
from typing import Any

from moto.cognitoidp import models
from moto.cognitoidp.exceptions import (
    AliasExistsException,
    CodeMismatchException,
    ExpiredCodeException,
    InvalidParameterException,
    NotAuthorizedError,
    UserNotConfirmedException,
)
from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPool, UserStatus
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.cognitoidp.utils import check_secret_hash, verify_totp
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult, EmptyResult

Method = Callable[..., Any]

# Names in moto's own module where it is stricter than Cognito, or is no use to an app.
KINDER: dict[str, object] = {
    # A code of the app is good in the step before and after its own as well.
    "verify_totp": partial(verify_totp, valid_window=1),
    # moto's is too short for what apps take.
    "COGNITO_TOTP_MFA_SECRET": "KNQW4ZDCN54CA43FMNZGK5BAN5TCAYLO",
    # moto knows only a part of the letters that an address may have.
    "validate_username_format": lambda username, _format="email": _format == "email" and "@" in username,
}


@dataclass(frozen=True)
class Letter:
    """A code that Cognito mailed. purpose: confirm, reset or change."""

    to: str
    purpose: str
    code: str


# Every code that was mailed, oldest first, and who else is told of one.
letters: list[Letter] = []
listeners: list[Callable[[Letter], None]] = []
# By subject and purpose: the code that is good now. By subject: an e-mail that waits for one.
_codes: dict[tuple[str, str], str] = {}
_pending: dict[str, str] = {}
_originals: dict[str, Method] = {}


def make_stricter() -> None:
    """Change moto in this process, once."""
    if _originals:
        return
    for name, replacement in OPERATIONS.items():
        _originals[name] = getattr(CognitoIdpResponse, name, None) or _missing
        setattr(CognitoIdpResponse, name, replacement)
    for method in ("create_refresh_token", "create_access_token", "create_id_token"):
        setattr(CognitoIdpUserPool, method, _by_subject(getattr(CognitoIdpUserPool, method), at=1))
    CognitoIdpUserPool.sign_out = _by_subject(CognitoIdpUserPool.sign_out, at=0)  # type: ignore[method-assign]
    for name, value in KINDER.items():
        setattr(models, name, value)


def _missing(response: CognitoIdpResponse) -> ActionResult:
    raise NotImplementedError


def _by_subject(method: Method, *, at: int) -> Method:
    """moto keeps tokens under whatever name somebody signed in with, and so does not find them under another."""

    @wraps(method)
    def wrapper(pool: CognitoIdpUserPool, *args: Any, **kwargs: Any) -> Any:
        given = list(args)
        if len(given) > at:
            given[at] = pool._get_user(given[at]).username
        return method(pool, *given, **kwargs)

    return wrapper


def sign_up(response: CognitoIdpResponse) -> ActionResult:
    pool = _checked_client(response)
    _check_writable(pool, response._get_param("ClientId"), response._get_param("UserAttributes"))
    answer: ActionResult = _originals["sign_up"](response)
    _mail(pool._get_user(response._get_param("Username")), "confirm")
    return answer


def confirm_sign_up(response: CognitoIdpResponse) -> ActionResult:
    user = _known(response)
    if user.status is not UserStatus.UNCONFIRMED:
        raise NotAuthorizedError(f"User cannot be confirmed. Current status is {user.status}")
    _use(user, "confirm", response._get_param("ConfirmationCode"))
    answer: ActionResult = _originals["confirm_sign_up"](response)
    user.update_attributes([{"Name": "email_verified", "Value": "true"}])
    return answer


def resend_confirmation_code(response: CognitoIdpResponse) -> ActionResult:
    user = _checked_client(response)._get_user(response._get_param("Username"))
    if user and user.status is not UserStatus.UNCONFIRMED:
        raise InvalidParameterException("User is already confirmed.")
    if user:
        _mail(user, "confirm")
    return ActionResult({"CodeDeliveryDetails": {"DeliveryMedium": "EMAIL", "AttributeName": "email"}})


def admin_initiate_auth(response: CognitoIdpResponse) -> ActionResult:
    pool = response.backend.describe_user_pool(response._get_param("UserPoolId"))
    given = response._get_param("AuthParameters")
    if response._get_param("AuthFlow") == "REFRESH_TOKEN_AUTH":
        _check_refresh(pool, response, given)
    else:
        _check_hash(pool, response, given["USERNAME"], given.get("SECRET_HASH"))
        _may_sign_in(pool._get_user(given["USERNAME"]))
    answer: ActionResult = _originals["admin_initiate_auth"](response)
    return _with_user(answer, pool, given.get("USERNAME"))


def admin_respond_to_auth_challenge(response: CognitoIdpResponse) -> ActionResult:
    pool = response.backend.describe_user_pool(response._get_param("UserPoolId"))
    given = response._get_param("ChallengeResponses")
    session = response.backend.sessions.get(response._get_param("Session"))
    if session is None:
        raise NotAuthorizedError("Invalid session for the user.")
    if pool._get_user(session[0]).username != given["USERNAME"]:
        raise NotAuthorizedError("Invalid session for the user: it needs the user name, not an alias.")
    _check_hash(pool, response, given["USERNAME"], given.get("SECRET_HASH"))
    answer: ActionResult = _originals["admin_respond_to_auth_challenge"](response)
    return _with_user(answer, pool, given["USERNAME"])


def forgot_password(response: CognitoIdpResponse) -> ActionResult:
    user = _checked_client(response)._get_user(response._get_param("Username"))
    if user and user.status is UserStatus.FORCE_CHANGE_PASSWORD:
        raise NotAuthorizedError("User password cannot be reset in the current state.")
    if user and user.attribute_lookup.get("email_verified") != "true":
        raise InvalidParameterException(
            "Cannot reset password for the user as there is no registered/verified email or phone_number"
        )
    if user and user.enabled:
        _mail(user, "reset")
    return ActionResult({"CodeDeliveryDetails": {"DeliveryMedium": "EMAIL", "AttributeName": "email"}})


def confirm_forgot_password(response: CognitoIdpResponse) -> ActionResult:
    user = _known(response)
    pool = _checked_client(response)
    _look(user, "reset", response._get_param("ConfirmationCode"))
    _backend(pool)._validate_password(pool.id, response._get_param("Password"))
    _use(user, "reset", response._get_param("ConfirmationCode"))
    answer: ActionResult = _originals["confirm_forgot_password"](response)
    user.status = UserStatus.CONFIRMED
    return answer


def update_user_attributes(response: CognitoIdpResponse) -> ActionResult:
    """A new e-mail waits for its code; the old one stays in force (AttributesRequireVerificationBeforeUpdate)."""
    user, pool = _bearer(response)
    given = response._get_param("UserAttributes")
    _check_writable(pool, pool.access_tokens[response._get_param("AccessToken")][0], given)
    for attribute in given:
        if attribute["Name"] != "email":
            user.update_attributes([attribute])
            continue
        _check_free(pool, attribute["Value"])
        _pending[user.id] = attribute["Value"]
        _mail(user, "change", to=attribute["Value"])
    return ActionResult({"CodeDeliveryDetailsList": []})


def verify_user_attribute(response: CognitoIdpResponse) -> ActionResult:
    user, pool = _bearer(response)
    _look(user, "change", response._get_param("Code"))
    _check_free(pool, _pending[user.id])
    _use(user, "change", response._get_param("Code"))
    new = _pending.pop(user.id)
    user.update_attributes([{"Name": "email", "Value": new}, {"Name": "email_verified", "Value": "true"}])
    return EmptyResult()


def revoke_token(response: CognitoIdpResponse) -> ActionResult:
    pool = _pool_of(response._get_param("ClientId"))
    if response._get_param("ClientSecret") != pool.clients[response._get_param("ClientId")].secret:
        raise JsonRESTError("UnauthorizedException", "Invalid client secret.")
    if response._get_param("Token") in pool.refresh_tokens:
        pool.refresh_tokens[response._get_param("Token")] = None
    return EmptyResult()


OPERATIONS: dict[str, Method] = {
    made.__name__: made
    for made in (
        sign_up,
        confirm_sign_up,
        resend_confirmation_code,
        admin_initiate_auth,
        admin_respond_to_auth_challenge,
        forgot_password,
        confirm_forgot_password,
        update_user_attributes,
        verify_user_attribute,
        revoke_token,
    )
}


def _backend(pool: CognitoIdpUserPool) -> Any:
    return next(
        backend
        for account in models.cognitoidp_backends.values()
        for backend in account.values()
        if pool.id in backend.user_pools
    )


def _pool_of(client_id: str) -> CognitoIdpUserPool:
    pools = (
        pool
        for account in models.cognitoidp_backends.values()
        for backend in account.values()
        for pool in backend.user_pools.values()
    )
    return next(pool for pool in pools if client_id in pool.clients)


def _checked_client(response: CognitoIdpResponse) -> CognitoIdpUserPool:
    pool = _pool_of(response._get_param("ClientId"))
    _check_hash(pool, response, response._get_param("Username"), response._get_param("SecretHash"))
    return pool


def _check_hash(pool: CognitoIdpUserPool, response: CognitoIdpResponse, username: str, given: str | None) -> None:
    client = pool.clients[response._get_param("ClientId")]
    if not given or not check_secret_hash(client.secret, client.id, username, given):
        raise NotAuthorizedError(f"Unable to verify secret hash for client {client.id}")


def _check_refresh(pool: CognitoIdpUserPool, response: CognitoIdpResponse, given: dict[str, str]) -> None:
    held = pool.refresh_tokens.get(given["REFRESH_TOKEN"])
    if held is None or held[1] not in pool.users:
        raise NotAuthorizedError("Invalid Refresh Token")
    _check_hash(pool, response, held[1], given.get("SECRET_HASH"))
    if not pool.users[held[1]].enabled:
        raise NotAuthorizedError("User is disabled.")


def _may_sign_in(user: CognitoIdpUser | None) -> None:
    """As with PreventUserExistenceErrors; whether an e-mail is confirmed is asked before the password."""
    if user is None:
        raise NotAuthorizedError("Incorrect username or password.")
    if user.status is UserStatus.UNCONFIRMED:
        raise UserNotConfirmedException("User is not confirmed.")
    if user.status is UserStatus.RESET_REQUIRED:
        raise JsonRESTError("PasswordResetRequiredException", "Password reset required for the user")


def _with_user(answer: ActionResult, pool: CognitoIdpUserPool, username: str | None) -> ActionResult:
    found: Any = answer.result
    if found.get("ChallengeName") and username:
        found["ChallengeParameters"] = {"USER_ID_FOR_SRP": pool._get_user(username).username}
    return answer


def _known(response: CognitoIdpResponse) -> CognitoIdpUser:
    user = _checked_client(response)._get_user(response._get_param("Username"))
    if user is None:
        raise ExpiredCodeException("Invalid code provided, please request a code again.")
    return user


def _bearer(response: CognitoIdpResponse) -> tuple[CognitoIdpUser, CognitoIdpUserPool]:
    token = response._get_param("AccessToken")
    for account in models.cognitoidp_backends.values():
        for backend in account.values():
            for pool in backend.user_pools.values():
                if token in pool.access_tokens:
                    return pool._get_user(pool.access_tokens[token][1]), pool
    raise NotAuthorizedError("Access Token has been revoked")


def _check_writable(pool: CognitoIdpUserPool, client_id: str, attributes: list[dict[str, str]]) -> None:
    if {given["Name"] for given in attributes} - set(pool.clients[client_id].extended_config["WriteAttributes"]):
        raise NotAuthorizedError("A client attempted to write unauthorized attribute")


def _check_free(pool: CognitoIdpUserPool, email: str) -> None:
    if any(user.attribute_lookup.get("email") == email for user in pool.users.values()):
        raise AliasExistsException


def _mail(user: CognitoIdpUser, purpose: str, *, to: str = "") -> None:
    code = f"{randbelow(1_000_000):06}"
    _codes[user.id, purpose] = code
    letters.append(Letter(to or user.attribute_lookup["email"], purpose, code))
    for listener in listeners:
        listener(letters[-1])


def _look(user: CognitoIdpUser, purpose: str, code: str) -> None:
    if (user.id, purpose) not in _codes:
        raise ExpiredCodeException("Invalid code provided, please request a code again.")
    if _codes[user.id, purpose] != code:
        raise CodeMismatchException("Invalid verification code provided, please try again.")


def _use(user: CognitoIdpUser, purpose: str, code: str) -> None:
    _look(user, purpose, code)
    del _codes[user.id, purpose]
