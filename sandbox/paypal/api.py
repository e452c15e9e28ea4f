"""PayPal's REST API, as far as the shop uses it. What is not here answers 404 loudly, never with a guess."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from sandbox.models import IdempotencyRecord
from sandbox.paypal import disputes, orders, webhooks
from sandbox.paypal.errors import ApiError, invalid, refused
from sandbox.paypal.params import Schema, parse, read_mapping

Json = dict[str, Any]
BASE = "/sandbox/paypal/"
# PayPal's credentials do not show what they are for, so the sandbox takes those only that are named as its own.
CLIENT_PREFIX = "sandbox-"
TOKEN_SALT, TOKEN_SECONDS = "sandbox.paypal.token", 32400
LONGEST_REQUEST_ID = 108


@dataclass(frozen=True)
class Endpoint:
    """One operation: its address, the parameters it knows, and the function that answers."""

    method: str
    path: str
    schema: Schema
    answer: Callable[..., Json]


ENDPOINTS = (
    Endpoint("POST", r"v2/checkout/orders", orders.CREATE, orders.create),
    Endpoint("GET", r"v2/checkout/orders/(\w+)", orders.NOTHING, orders.get),
    Endpoint("POST", r"v2/checkout/orders/(\w+)/capture", orders.NOTHING, orders.capture),
    Endpoint("GET", r"v2/payments/captures/(\w+)", orders.NOTHING, orders.get_capture),
    Endpoint("POST", r"v2/payments/captures/(\w+)/refund", orders.REFUND, orders.refund),
    Endpoint("GET", r"v2/payments/refunds/(\w+)", orders.NOTHING, orders.get_refund),
    Endpoint("GET", r"v1/customer/disputes", disputes.LIST, disputes.list_all),
    Endpoint("GET", r"v1/customer/disputes/(\w+)", orders.NOTHING, disputes.get),
)
VERIFY_PATH = "v1/notifications/verify-webhook-signature"


@csrf_exempt
def api(request: HttpRequest, path: str) -> HttpResponse:
    """Every address below /sandbox/paypal/v1/ and /v2/."""
    try:
        if path == "v1/oauth2/token" and request.method == "POST":
            return token(request)
        refuse_stranger(request.headers.get("Authorization", ""))
        return JsonResponse(*answer(request, path))
    except ApiError as error:
        return JsonResponse(error.body, status=error.status)


def token(request: HttpRequest) -> HttpResponse:
    """Basic credentials for a bearer token that lasts nine hours."""
    kind, _, coded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(coded, validate=True).decode() if kind == "Basic" else ""
    except ValueError:
        given = ""
    wanted = f"{settings.PAYPAL_CLIENT_ID}:{settings.PAYPAL_CLIENT_SECRET}"
    if not given.startswith(CLIENT_PREFIX) or not constant_time_compare(given, wanted):
        words = "Client Authentication failed. This is a sandbox: it takes its own credentials only."
        return JsonResponse({"error": "invalid_client", "error_description": words}, status=401)
    if request.POST.get("grant_type") != "client_credentials":
        words = "Grant Type is NULL or not played here"
        return JsonResponse({"error": "unsupported_grant_type", "error_description": words}, status=400)
    value = signing.dumps({"client": settings.PAYPAL_CLIENT_ID}, salt=TOKEN_SALT)
    return JsonResponse({"access_token": value, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})


def refuse_stranger(authorization: str) -> None:
    """Raise ApiError unless a token of ours came along."""
    try:
        signing.loads(authorization.removeprefix("Bearer "), salt=TOKEN_SALT, max_age=TOKEN_SECONDS)
    except (signing.BadSignature, ValueError):
        raise ApiError("AUTHENTICATION_FAILURE", "INVALID_TOKEN", "Token signature verification failed.") from None


def answer(request: HttpRequest, path: str) -> tuple[Json]:
    """Find the operation, read its parameters strictly, do it once per request id."""
    base = request.build_absolute_uri(BASE)
    if request.method == "POST" and request.content_type != "application/json":
        raise ApiError("UNSUPPORTED_MEDIA_TYPE")
    if path == VERIFY_PATH and request.method == "POST":
        return (webhooks.verify(parse(request.body, webhooks.VERIFY), base, request.body),)
    for endpoint in ENDPOINTS:
        match = re.fullmatch(endpoint.path, path, re.ASCII)
        if match and endpoint.method == request.method:
            break
    else:
        words = f"The sandbox does not have {request.method} /{path}."
        raise ApiError("RESOURCE_NOT_FOUND", "SANDBOX_UNKNOWN_ADDRESS", words)
    if request.method == "GET":
        params = read_mapping(request.GET.dict(), endpoint.schema, "")
    else:
        params = parse(request.body, endpoint.schema)
    key = request.headers.get("PayPal-Request-Id", "") if request.method == "POST" else ""
    with transaction.atomic():
        if not key:
            return (endpoint.answer(*match.groups(), params, base),)
        return (once(key, f"{path} {params}", lambda: endpoint.answer(*match.groups(), params, base)),)


def once(key: str, request: str, work: Callable[[], Json]) -> Json:
    """The answer first given under that id. A refusal (ApiError) is rolled back with its record, so not kept."""
    if len(key) > LONGEST_REQUEST_ID:
        raise invalid("PayPal-Request-Id", "INVALID_STRING_LENGTH", "The value is either too short or too long.")
    # A second request under the id waits here until the first has committed.
    record, _ = IdempotencyRecord.objects.get_or_create(key=f"paypal {key}", defaults={"request": request})
    if record.request != request:
        raise refused(
            "PAYPAL_REQUEST_ID_PREVIOUSLY_USED", "The PayPal-Request-ID has already been used for another request."
        )
    if record.body is None:
        record.body = work()
        record.save(update_fields=["body"])
    body: Json = record.body
    return body
