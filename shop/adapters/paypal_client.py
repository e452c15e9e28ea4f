"""Calls to PayPal's REST API: where they may go, the access token, and errors in the port's terms."""

import json
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from shop.adapters.payments import PageGone, ProviderError, ProviderRefused, ProviderUnavailable

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

Json = dict[str, Any]

# A buyer waits for these calls, and on Lambda a second spent waiting is paid for: (to connect, to answer).
TIMEOUT_SECONDS = (4, 8)
LIVE_BASE = "https://api-m.paypal.com"
# PayPal's own sandbox is PayPal too: real accounts of a test world.
PAYPAL_HOSTS = frozenset({"api-m.paypal.com", "api-m.sandbox.paypal.com", "api.paypal.com", "api.sandbox.paypal.com"})
# PayPal's credentials do not say whether they are live ones, so only what is named like this may go elsewhere.
LOCAL_PREFIX = "sandbox-"
# Statuses after which nobody can say whether the request was carried out.
UNCERTAIN = frozenset({408, 409, 425, 429})
# Refusals by name after which the same holds: something is, or was, done under this request's id.
UNCERTAIN_ISSUES = frozenset(
    {
        "DUPLICATE_REQUEST_ID",
        "INTERNAL_SERVER_ERROR",
        "INTERNAL_SERVICE_ERROR",
        "PAYPAL_REQUEST_ID_PREVIOUSLY_USED",
        "PREVIOUS_REQUEST_IN_PROGRESS",
        "RATE_LIMIT_REACHED",
        "RESOURCE_CONFLICT",
    }
)
# A token is not used in its last minute: it must not expire on its way.
TOKEN_MARGIN_SECONDS = 60


class PayPalRefused(ProviderRefused):
    """A refusal, with PayPal's name for its reason."""

    def __init__(self, message: str, issue: str) -> None:
        super().__init__(message)
        self.issue = issue


@dataclass(frozen=True)
class Token:
    """An access token and when it ends, on this process's monotonic clock."""

    value: str
    ends: float


# By address and client: one token per process until shortly before it expires.
_tokens: dict[tuple[str, str], Token] = {}


def unsafe_settings() -> str:
    """Why the settings must not be used to take money; empty when they may."""
    address = urlsplit(settings.PAYPAL_API_BASE)
    if not settings.PAYPAL_API_BASE or (address.scheme == "https" and address.hostname in PAYPAL_HOSTS):
        return ""
    if not settings.PAYPAL_CLIENT_ID.startswith(LOCAL_PREFIX):
        return "PayPal's credentials must not be sent to another address than PayPal's (PAYPAL_API_BASE)"
    if not settings.DEBUG and not getattr(settings, "SANDBOX_ALLOWED_WITHOUT_DEBUG", False):
        return "with DEBUG off PAYPAL_API_BASE must be empty or PayPal's own: payments go to PayPal itself"
    return ""


def base_address() -> str:
    """Where calls go. ImproperlyConfigured where they must not."""
    if problem := unsafe_settings():
        raise ImproperlyConfigured(problem)
    return (settings.PAYPAL_API_BASE or LIVE_BASE).rstrip("/")


def call(method: str, path: str, body: Json | bytes | None = None, *, request_id: str = "") -> Json:
    """One call; what PayPal answered. Raises ProviderRefused, PageGone or ProviderUnavailable.

    body: bytes go as they are. request_id: under the same one PayPal does the same thing once.
    """
    headers = {"Content-Type": "application/json", "Prefer": "return=representation"}
    if request_id:
        headers["PayPal-Request-Id"] = request_id
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    response = _send(method, path, headers, data, _Bearer(access_token()))
    if response.status_code == 401:
        # The token was withdrawn before its time. What answers 401 was not carried out.
        _tokens.clear()
        response = _send(method, path, headers, data, _Bearer(access_token()))
    return _read(response)


def access_token() -> str:
    """A token that holds for another minute at least; asked for when there is none in this process."""
    key = (base_address(), settings.PAYPAL_CLIENT_ID)
    token = _tokens.get(key)
    if token is None or token.ends <= time.monotonic():
        token = _tokens[key] = _fetch_token()
    return token.value


def _fetch_token() -> Token:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    credentials = (settings.PAYPAL_CLIENT_ID, settings.PAYPAL_CLIENT_SECRET)
    asked_at = time.monotonic()
    found = _read(_send("POST", "/v1/oauth2/token", headers, b"grant_type=client_credentials", credentials))
    try:
        return Token(str(found["access_token"]), asked_at + int(found["expires_in"]) - TOKEN_MARGIN_SECONDS)
    except (KeyError, TypeError, ValueError) as error:
        raise ProviderUnavailable("PayPal gave no access token") from error


class _Bearer:
    """Puts the token on a request. As an `auth` object, so that no .netrc of the machine takes its place."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: "PreparedRequest") -> "PreparedRequest":
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@lru_cache(maxsize=1)
def _session() -> "Session":
    """Keeps connections open; no cookies are used, so threads may share it."""
    import requests  # noqa: PLC0415 - heavy: only processes that talk to PayPal load it

    return requests.Session()


def _send(
    method: str, path: str, headers: dict[str, str], data: bytes | None, auth: "_Bearer | tuple[str, str]"
) -> "Response":
    import requests  # noqa: PLC0415 - heavy: only processes that talk to PayPal load it

    try:
        return _session().request(
            method,
            base_address() + path,
            headers=headers,
            data=data,
            auth=auth,
            timeout=TIMEOUT_SECONDS,
            # Credentials do not follow anybody anywhere.
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise ProviderUnavailable(f"no answer from PayPal: {error}") from error


def _read(response: "Response") -> Json:
    try:
        found = response.json()
    except ValueError:
        found = None
    if 200 <= response.status_code < 300 and isinstance(found, dict):
        return found
    raise _error(response.status_code, found if isinstance(found, dict) else {})


def _error(status: int, found: Json) -> ProviderError:
    """What an answer without a result means. A 4xx is a definite no, except where its name says that it is none."""
    details = [entry for entry in found.get("details") or [] if isinstance(entry, dict)]
    first = details[0] if details else {}
    name = str(found.get("name") or found.get("error") or "")
    issue = str(first.get("issue") or name)
    said = first.get("description") or found.get("message") or found.get("error_description") or ""
    parts = [f"PayPal: {status}", issue, str(said), str(first.get("field") or ""), str(found.get("debug_id") or "")]
    message = " ".join(part for part in parts if part)
    if not 400 <= status < 500 or status in UNCERTAIN or {issue, name} & UNCERTAIN_ISSUES:
        return ProviderUnavailable(message)
    return PageGone(message) if status == 404 else PayPalRefused(message, issue)
