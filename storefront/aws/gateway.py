"""HTTP as an API gateway tells it (payload 1.0 and 2.0), answered by the shop's WSGI application.

Translating is apig-wsgi's; what it leaves open for strangers to choose is closed here: who asks, and headers that
become the same variable as another one.
"""

import json
import logging
import string
from base64 import b64decode
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from apig_wsgi import make_lambda_handler

from storefront.aws.refusals import Refused

log = logging.getLogger(__name__)

# Lambda hands on 6 MB of an answer, as JSON, in which bytes are base64. Looked at closely where it comes near.
MOST_ANSWER, NEAR = 6 * 1024 * 1024 - 4096, 2_000_000
TOO_LARGE = "This is larger than the shop can send at once. Please choose less of it, such as fewer rows or pages.\n"

Event = dict[str, Any]
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def is_http(event: Event) -> bool:
    """Whether a gateway sent it."""
    context = event.get("requestContext")
    return "httpMethod" in event or (isinstance(context, dict) and "http" in context)


class Gateway:
    """The application, as the gateway's events see it."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.translate = make_lambda_handler(self._ask, binary_support=True)

    def answer(self, event: Event, context: Any) -> dict[str, Any]:
        """The gateway's answer. Raises Refused where the event is no whole request."""
        cleaned = payload_2(event) if event.get("version") == "2.0" else payload_1(event)
        return sendable(self.translate(cleaned | body(event), context), cleaned)

    def _ask(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # Not from X-Forwarded-For, as the library has it: anybody may send that header with anything in it.
        environ["REMOTE_ADDR"] = peer(environ["apig_wsgi.request_context"])
        return self.application(environ, start_response)


def payload_1(event: Event) -> Event:
    """A request of a REST API (payload 1.0). Its path never has the stage in it, whatever it begins with."""
    single = plain(event.get("headers") or {})
    headers = plain(event.get("multiValueHeaders") or {name: [value] for name, value in single.items()})
    if not all(isinstance(values, list) and values for values in headers.values()):
        raise Refused("an HTTP event whose multiValueHeaders are no lists")
    peer(event.get("requestContext"))
    several = "multiValueQueryStringParameters"
    queries = {name: query(event[name]) for name in (several, "queryStringParameters") if name in event}
    return (event | queries) | {
        "version": "1.0",
        "httpMethod": text(event, "httpMethod"),
        "path": ascii_path(text(event, "path")),
        "multiValueHeaders": {name: one_cookie(name, readable(values)) for name, values in headers.items()},
    }


def payload_2(event: Event) -> Event:
    """A request of a function address or of an HTTP API's `$default` stage (payload 2.0)."""
    context = event["requestContext"] if isinstance(event.get("requestContext"), dict) else {}
    http = context["http"] if isinstance(context.get("http"), dict) else {}
    peer(context)
    method, protocol = text(http, "method"), text(http, "protocol")
    headers = {name: readable([value])[0] for name, value in plain(event.get("headers") or {}).items()}
    return event | {
        "requestContext": context | {"http": http | {"method": method, "protocol": protocol}},
        "rawPath": ascii_path(text(event, "rawPath")),
        "rawQueryString": ascii_path(text(event, "rawQueryString")),
        "headers": headers,
        "cookies": readable(cookies(event.get("cookies"))),
    }


def peer(context: Any) -> str:
    """Who asked the gateway: the edge's address, or that of whoever went around it."""
    for part in ("identity", "http"):
        told = context.get(part) if isinstance(context, dict) else None
        if isinstance(told, dict) and isinstance(told.get("sourceIp"), str):
            return str(told["sourceIp"])
    raise Refused("an HTTP event that does not say who asked (sourceIp)")


def text(event: Any, name: str) -> str:
    """A part that every request has."""
    value = event.get(name) if isinstance(event, dict) else None
    if not isinstance(value, str):
        raise Refused(f"an HTTP event without {name}")
    return value


def sendable(answer: dict[str, Any], event: Event) -> dict[str, Any]:
    """The answer, or words in its place where it is too large: Lambda would make an error of it that says nothing."""
    if len(answer["body"]) < NEAR or (size := len(json.dumps(answer))) <= MOST_ANSWER:
        return answer
    log.error("an answer of %s bytes is too large to be sent: %s", size, event.get("path") or event.get("rawPath"))
    name = "multiValueHeaders" if "multiValueHeaders" in answer else "headers"
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "private, no-store"}
    told = {key: [value] for key, value in headers.items()} if name == "multiValueHeaders" else headers
    return {"statusCode": 413, name: told, "isBase64Encoded": False, "body": TOO_LARGE}


def body(event: Event) -> Event:
    """The body's two parts. Raises Refused for what is no text, or no base64 where it says so."""
    told, encoded = event.get("body"), event.get("isBase64Encoded") is True
    if not isinstance(told, str | None):
        raise Refused("an HTTP event whose body is no text")
    if not encoded:
        return {"body": unbroken(told or ""), "isBase64Encoded": False}
    try:
        b64decode(told or "")
    except ValueError as error:
        raise Refused(f"an HTTP event whose body is no base64: {error}") from error
    return {"body": told, "isBase64Encoded": True}


def query(told: Any) -> dict[str, Any]:
    """Names with their values, one or several each. Raises Refused."""
    if not isinstance(told, dict | None):
        raise Refused("an HTTP event whose query is no object")
    return {
        unbroken(name): list(map(unbroken, value)) if isinstance(value, list) else unbroken(value)
        for name, value in (told or {}).items()
    }


def cookies(told: Any) -> list[Any]:
    if not isinstance(told, list | None):
        raise Refused("an HTTP event whose cookies are no list")
    return told or []


def unbroken(value: Any) -> str:
    """The text, with a question mark for half a character, which JSON may hold and nothing else."""
    return str(value).encode("utf-8", "replace").decode()


def plain(headers: Any) -> dict[str, Any]:
    """Without names that have an underscore: as a variable `X_Forwarded_For` cannot be told from `X-Forwarded-For`."""
    if not isinstance(headers, dict):
        raise Refused("an HTTP event whose headers are no object")
    return {name: value for name, value in headers.items() if "_" not in name}


def readable(values: list[Any]) -> list[str]:
    """Header values as WSGI has them: bytes in the clothes of Latin-1."""
    return [str(value).encode("utf-8", "replace").decode("latin-1") for value in values]


def one_cookie(name: str, values: list[str]) -> list[str]:
    """Cookies that came in several headers are one list of cookies, and a comma would not part them."""
    return ["; ".join(values)] if name.lower() == "cookie" else values


def ascii_path(path: str) -> str:
    """The path with everything percent-encoded that is not plain: a gateway may have decoded it."""
    return quote(path.encode("utf-8", "replace"), safe=string.punctuation)
