"""PayPal's REST API, as far as the shop uses it. What is not here answers 404 loudly, never with a guess."""

import base64
from collections.abc import Callable

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from sandbox import endpoints
from sandbox.endpoints import Endpoint, Json
from sandbox.paypal import disputes, orders, webhooks
from sandbox.paypal.errors import ApiError, invalid, refused
from sandbox.paypal.params import parse, read_mapping

BASE = "/sandbox/paypal/"
# PayPal's credentials do not show what they are for, so the sandbox takes those only that are named as its own.
CLIENT_PREFIX = "sandbox-"
TOKEN_SALT, TOKEN_SECONDS = "sandbox.paypal.token", 32400
LONGEST_REQUEST_ID = 108


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
    found = endpoints.find(ENDPOINTS, request.method or "", path)
    if found is None:
        words = f"The sandbox does not have {request.method} /{path}."
        raise ApiError("RESOURCE_NOT_FOUND", "SANDBOX_UNKNOWN_ADDRESS", words)
    endpoint, names = found
    if request.method == "GET":
        params = read_mapping(request.GET.dict(), endpoint.schema, "")
    else:
        params = parse(request.body, endpoint.schema)
    key = request.headers.get("PayPal-Request-Id", "") if request.method == "POST" else ""
    with transaction.atomic():
        if not key:
            return (endpoint.answer(*names, params, base),)
        return (once(key, f"{path} {params}", lambda: endpoint.answer(*names, params, base)),)


def once(key: str, request: str, work: Callable[[], Json]) -> Json:
    """The answer first given under that id. Raises ApiError for an id of another request, and for one too long."""
    if len(key) > LONGEST_REQUEST_ID:
        raise invalid("PayPal-Request-Id", "INVALID_STRING_LENGTH", "The value is either too short or too long.")
    try:
        return endpoints.once(f"paypal {key}", request, work)
    except endpoints.KeyUsedBefore:
        raise refused(
            "PAYPAL_REQUEST_ID_PREVIOUSLY_USED", "The PayPal-Request-ID has already been used for another request."
        ) from None
