"""Calls to a Cognito user pool: where they may go, how long they may take, and refusals in the port's terms."""

import logging
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from hmac import digest
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from shop.adapters.accounts import AccountsError, AccountsUnavailable, PasswordRefused, Refused, TooManyTries
from shop.adapters.aws import patience
from shop.adapters.network import refuse_inside_transaction

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

Json = dict[str, Any]
Refusals = Mapping[str, type[Refused]]

logger = logging.getLogger(__name__)

# Cognito itself waits five seconds for a trigger's answer.
ANSWER_SECONDS = 8
# Asked for too often: by this person, or by the whole pool.
LIMITS = frozenset({"LimitExceededException", "TooManyFailedAttemptsException", "TooManyRequestsException"})
WEAK_PASSWORD = frozenset({"InvalidPasswordException", "PasswordHistoryPolicyViolationException"})
AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn")


def unsafe_settings() -> str:
    """Why the settings must not be used to sign anybody in; empty when they may."""
    if not (settings.COGNITO_POOL_ID and settings.COGNITO_CLIENT_ID and settings.COGNITO_CLIENT_SECRET):
        return "COGNITO_POOL_ID, COGNITO_CLIENT_ID and COGNITO_CLIENT_SECRET have to be set"
    if not settings.COGNITO_POOL_ID.startswith(f"{settings.COGNITO_REGION}_"):
        return "COGNITO_POOL_ID is not a pool of COGNITO_REGION"
    address = urlsplit(settings.COGNITO_ENDPOINT)
    if not settings.COGNITO_ENDPOINT or (
        address.scheme == "https" and (address.hostname or "").endswith(AWS_DOMAINS) and not address.username
    ):
        return ""
    if not settings.DEBUG and not getattr(settings, "SANDBOX_ALLOWED_WITHOUT_DEBUG", False):
        return "with DEBUG off COGNITO_ENDPOINT must be empty or AWS's own: passwords go to Cognito itself"
    return ""


def base_address() -> str:
    """Where the pool answers, without a slash at the end. ImproperlyConfigured where it must not be asked."""
    if problem := unsafe_settings():
        raise ImproperlyConfigured(problem)
    return (settings.COGNITO_ENDPOINT or issuer().rpartition("/")[0]).rstrip("/")


def issuer() -> str:
    """The pool's name in its tokens; its own address, whatever address it is asked at."""
    region = settings.COGNITO_REGION
    domain = AWS_DOMAINS[1 if region.startswith("cn-") else 0]
    return f"https://cognito-idp.{region}{domain}/{settings.COGNITO_POOL_ID}"


def secret_hash(username: str) -> str:
    """Proof that the caller knows the app client's secret; it holds for that user name only.

    https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
    """
    message = (username + settings.COGNITO_CLIENT_ID).encode()
    return b64encode(digest(settings.COGNITO_CLIENT_SECRET.encode(), message, sha256)).decode()


def call(operation: str, refusals: Refusals | None = None, *, repeat: bool = False, **params: Any) -> Json:
    """One call (its name as boto3 has it); what Cognito answered.

    refusals: what an error of Cognito's means here. repeat: it may be made a second time when no answer came.
    Raises those refusals, and beside them AccountsUnavailable, TooManyTries and PasswordRefused.
    """
    from botocore.exceptions import (  # noqa: PLC0415 - heavy: only processes that talk to Cognito load it
        BotoCoreError,
        ClientError,
        ParamValidationError,
    )

    refuse_inside_transaction()
    try:
        answer = getattr(client(base_address(), repeat), operation)(**params)
    except ClientError as error:
        raise _meaning(operation, error, refusals or {}) from error
    except ParamValidationError as error:
        # Too short or too long for Cognito: it was not even asked. The message may hold what was typed.
        raise Refused(f"Cognito {operation}: not of its form") from error
    except BotoCoreError as error:
        raise AccountsUnavailable(f"no answer from Cognito to {operation}: {error}") from error
    return cast(Json, answer)


@lru_cache(maxsize=4)
def client(address: str, repeat: bool) -> "CognitoIdentityProviderClient":
    """boto3's client, made once a process; threads may share it."""
    import boto3  # noqa: PLC0415 - heavy: only processes that talk to Cognito load it

    config = patience(ANSWER_SECONDS, 2 if repeat else 1)
    session = boto3.session.Session(region_name=settings.COGNITO_REGION)
    # Where passwords go is this project's setting: named here, no setting of the machine (AWS_ENDPOINT_URL) counts.
    return session.client("cognito-idp", endpoint_url=address, config=config)


def _meaning(operation: str, error: "ClientError", refusals: Refusals) -> AccountsError:
    found = error.response["Error"]
    code, said = found.get("Code", ""), found.get("Message", "")
    message = f"Cognito {operation}: {code} {said}"
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return AccountsUnavailable(message)
    if code in WEAK_PASSWORD:
        return PasswordRefused([_reason(said)])
    # Not about the person: the shop's own secret is wrong or was rotated away.
    ours = code == "NotAuthorizedException" and "secret" in said.lower()
    if code in refusals and not ours:
        return refusals[code](message)
    if code in LIMITS:
        return TooManyTries(message)
    logger.error("%s", message)
    return AccountsUnavailable(message)


def _reason(said: str) -> str:
    """What Cognito has against a password, without its preamble."""
    reason = said.rpartition("policy:")[2].strip().rstrip(".")
    return f"{reason}." if reason.startswith("Password ") else "Choose another password, which is harder to guess."
