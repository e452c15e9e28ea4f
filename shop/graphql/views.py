"""/graphql/: queries by POST (JSON) or GET."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

MAX_BYTES = 16_000


class BadRequest(Exception):
    """What is wrong with a request, and its status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    query: str
    variables: Mapping[str, Any]
    operation: str | None


# Nobody is signed in here and nothing is changed: a foreign page that posts a query learns nothing, as it cannot read
# the answer, and does nothing.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def graphql(request: HttpRequest) -> HttpResponseBase:
    """The answer in GraphQL's form, kept nowhere. 200 once a query was run, 4xx where it could not be."""
    # Slow to load, and no page needs it.
    from shop.graphql.execution import answer  # noqa: PLC0415

    try:
        asked = _posted(request) if request.method == "POST" else _in_address(request)
    except BadRequest as error:
        return _json({"errors": [{"message": str(error), "extensions": {"code": "BAD_REQUEST"}}]}, error.status)
    said, was_run = answer(asked.query, asked.variables, asked.operation)
    return _json(said, 200 if was_run else 400)


def _json(said: dict[str, Any], status: int) -> JsonResponse:
    return JsonResponse(said, status=status, headers={"Cache-Control": "no-store"})


def _in_address(request: HttpRequest) -> Asked:
    if len(request.META.get("QUERY_STRING", "")) > MAX_BYTES:
        raise BadRequest(f"The query is longer than {MAX_BYTES} bytes.", 413)
    variables = request.GET.get("variables")
    return _asked(
        {
            "query": request.GET.get("query"),
            "variables": _read(variables) if variables else None,
            "operationName": request.GET.get("operationName") or None,
        }
    )


def _posted(request: HttpRequest) -> Asked:
    if request.content_type != "application/json":
        raise BadRequest("Send the query as application/json.", 415)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES or len(request.body) > MAX_BYTES:
        raise BadRequest(f"The query is longer than {MAX_BYTES} bytes.", 413)
    return _asked(_read(request.body))


def _asked(given: Any) -> Asked:
    if isinstance(given, list):
        raise BadRequest("Send one query at a time.")
    if not isinstance(given, dict):
        raise BadRequest("The request has to be a JSON object with a query.")
    query, variables, operation = (given.get(name) for name in ("query", "variables", "operationName"))
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("There is no query.")
    if not isinstance(variables, dict | None):
        raise BadRequest("variables has to be a JSON object.")
    if not isinstance(operation, str | None):
        raise BadRequest("operationName has to be a text.")
    return Asked(query, variables or {}, operation)


def _read(text: str | bytes) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    # A ValueError also for bytes that are no text; the other for brackets within brackets.
    except (ValueError, RecursionError) as error:
        raise BadRequest("This is no JSON.") from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
