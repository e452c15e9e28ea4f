"""Stripe's HTTP API, as far as the shop uses it. What is not here answers 404 loudly, never with a guess."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from sandbox import endpoints
from sandbox.endpoints import Endpoint, Json
from sandbox.models import make_id
from sandbox.stripe import charges, sessions
from sandbox.stripe.errors import ApiError
from sandbox.stripe.params import parse

ENDPOINTS = (
    Endpoint("POST", r"checkout/sessions", sessions.CREATE, sessions.create),
    Endpoint("GET", r"checkout/sessions", sessions.LIST, sessions.list_all),
    Endpoint("GET", r"checkout/sessions/(\w+)", sessions.ONE, sessions.get),
    Endpoint("POST", r"checkout/sessions/(\w+)/expire", sessions.ONE, sessions.expire),
    Endpoint("GET", r"checkout/sessions/(\w+)/line_items", sessions.LINES, sessions.line_items),
    Endpoint("GET", r"payment_intents/(\w+)", charges.ONE, charges.get_intent),
    Endpoint("GET", r"charges", charges.LIST, charges.list_charges),
    Endpoint("GET", r"charges/(\w+)", charges.ONE, charges.get_charge),
    Endpoint("POST", r"refunds", charges.REFUND, charges.create_refund),
    Endpoint("GET", r"refunds", charges.LIST, charges.list_refunds),
    Endpoint("GET", r"refunds/(\w+)", charges.ONE, charges.get_refund),
    Endpoint("GET", r"disputes", charges.LIST, charges.list_disputes),
    Endpoint("GET", r"disputes/(\w+)", charges.ONE, charges.get_dispute),
    Endpoint("GET", r"reviews/(\w+)", charges.ONE, charges.get_review),
    Endpoint("GET", r"radar/early_fraud_warnings/(\w+)", charges.ONE, charges.get_warning),
    Endpoint("GET", r"events", charges.EVENTS, charges.list_events),
    Endpoint("GET", r"events/(\w+)", charges.ONE, charges.get_event),
)


@csrf_exempt
def api(request: HttpRequest, path: str) -> HttpResponse:
    """Every address below /sandbox/stripe/v1/."""
    try:
        refuse_key(request.headers.get("Authorization", ""))
        response = JsonResponse(*answer(request, path))
    except ApiError as error:
        response = JsonResponse(error.body, status=error.status)
    response.headers["Request-Id"] = make_id("req")
    return response


def refuse_key(authorization: str) -> None:
    """Raise ApiError unless a test key came as a bearer token."""
    key = authorization.removeprefix("Bearer ")
    if key.startswith(("sk_live_", "rk_live_")):
        raise ApiError(401, "This is a sandbox: it refuses live keys. Do not send one anywhere but to Stripe.")
    if not key.startswith(("sk_test_", "rk_test_")) or not authorization.startswith("Bearer "):
        raise ApiError(401, "You did not provide a test API key (Authorization: Bearer sk_test_...).")


def answer(request: HttpRequest, path: str) -> tuple[Json]:
    """Find the operation, read its parameters strictly, do it once per idempotency key."""
    found = endpoints.find(ENDPOINTS, request.method or "", path)
    if found is None:
        raise ApiError(404, f"Unrecognized request URL ({request.method}: /v1/{path}). The sandbox does not have it.")
    endpoint, names = found
    data = request.POST if request.method == "POST" else request.GET
    params = parse(data, endpoint.schema)
    key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
    arguments = [*names, params, request.build_absolute_uri("/sandbox/stripe/pay/")]
    with transaction.atomic():
        if not key:
            return (endpoint.answer(*arguments),)
        return (once(key, f"{path}?{sorted(data.lists())}", lambda: endpoint.answer(*arguments)),)


def once(key: str, request: str, work: Callable[[], Json]) -> Json:
    """The answer first given under that key. Raises ApiError for a key of another request."""
    try:
        return endpoints.once(key, request, work)
    except endpoints.KeyUsedBefore:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            type="idempotency_error",
        ) from None
