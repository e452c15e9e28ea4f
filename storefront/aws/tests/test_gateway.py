"""Requests as the shop sees them, and answers as the gateway gets them."""

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from storefront.aws.gateway import Gateway
from storefront.aws.refusals import Refused
from storefront.aws.tests.events import BUYER, EDGE, Event, payload_2, rest

Maker = Callable[..., Event]
both = pytest.mark.parametrize("make", [rest, payload_2])


def asked(event: Event) -> dict[str, Any]:
    """The WSGI variables of the request, with its body as bytes in `body`."""
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"fine"]

    assert Gateway(application).answer(event, None)["statusCode"] == 200
    return seen


def answered(make: Maker, headers: list[tuple[str, str]], body: bytes = b"fine") -> dict[str, Any]:
    """What the gateway gets for these headers and bytes of the application's."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", headers)
        return [body]

    return Gateway(application).answer(make(), None)


@both
def test_whoever_asked_the_gateway_is_the_peer_whatever_the_header_says(make: Maker) -> None:
    forged = {"X-Forwarded-For": ["6.6.6.6, 7.7.7.7"]} if make is rest else {"x-forwarded-for": "6.6.6.6, 7.7.7.7"}
    assert asked(make())["REMOTE_ADDR"] == EDGE
    assert asked(make(headers=forged))["REMOTE_ADDR"] == EDGE


@both
def test_the_buyers_address_stands_before_the_edges(make: Maker) -> None:
    assert asked(make())["HTTP_X_FORWARDED_FOR"] == f"{BUYER}, {EDGE}"


@both
def test_a_header_with_an_underscore_takes_no_others_place(make: Maker) -> None:
    forged = {"X_Forwarded_For": ["6.6.6.6"]} if make is rest else {"x_forwarded_for": "6.6.6.6"}
    assert asked(make(headers=forged))["HTTP_X_FORWARDED_FOR"] == f"{BUYER}, {EDGE}"


@both
@pytest.mark.parametrize("path", ["/production-list/", "/production/", "/productions", "/"])
def test_a_path_keeps_what_looks_like_the_stage(make: Maker, path: str) -> None:
    environ = asked(make(path))
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("", path)


@both
@pytest.mark.parametrize("path", ["/café/", "/caf%C3%A9/"])
def test_a_path_is_the_same_whether_the_gateway_decoded_it_or_not(make: Maker, path: str) -> None:
    assert asked(make(path))["PATH_INFO"].encode("latin-1") == "/café/".encode()


@both
def test_values_that_no_header_can_hold_do_not_break_the_request(make: Maker) -> None:
    headers = {"x-note": ["→ \ud800"], "cookie": ["a=→"]} if make is rest else {"x-note": "→ \ud800", "cookie": "a=→"}
    environ = asked(make("/→\ud800", headers=headers))
    for name in ("HTTP_X_NOTE", "HTTP_COOKIE", "PATH_INFO"):
        assert environ[name].encode("latin-1")


def test_a_query_keeps_each_value_of_a_key() -> None:
    query = {"colour": ["blue", "sand & sea"], "size": ["M"]}
    pairs = [("colour", "blue"), ("colour", "sand & sea"), ("size", "M")]
    assert parse_qsl(asked(rest(multiValueQueryStringParameters=query))["QUERY_STRING"]) == pairs
    raw = "colour=blue&colour=sand+%26+sea&size=M"
    assert parse_qsl(asked(payload_2(rawQueryString=raw))["QUERY_STRING"]) == pairs


def test_cookies_are_one_list_however_they_came() -> None:
    assert asked(rest(headers={"Cookie": ["a=1; b=2", "c=3"]}))["HTTP_COOKIE"] == "a=1; b=2; c=3"
    assert asked(payload_2(cookies=["a=1", "b=2"]))["HTTP_COOKIE"] == "a=1;b=2"


def test_a_header_that_came_twice_keeps_both_values() -> None:
    assert asked(rest(headers={"Accept": ["text/html", "image/webp"]}))["HTTP_ACCEPT"] == "text/html,image/webp"


def test_a_gateway_that_tells_only_single_headers_gets_every_cookie_too() -> None:
    event = rest()
    event["multiValueHeaders"] = None
    assert asked(event)["HTTP_X_FORWARDED_FOR"] == f"{BUYER}, {EDGE}"


@both
@pytest.mark.parametrize("body", [b"a=1&b=%C3%A9", b"\x89PNG\x00\xff", b""])
def test_a_body_arrives_byte_for_byte(make: Maker, body: bytes) -> None:
    environ = asked(make("/", "POST", body))
    assert (environ["REQUEST_METHOD"], environ["body"]) == ("POST", body)
    assert environ["CONTENT_LENGTH"] == str(len(body))


@both
def test_each_cookie_is_set_exactly_once(make: Maker) -> None:
    cookies = ["session=abc; Secure; HttpOnly", "csrf=def; Secure"]
    answer = answered(make, [("Content-Type", "text/html"), *(("Set-Cookie", cookie) for cookie in cookies)])
    if make is payload_2:
        assert answer["cookies"] == cookies
        assert "set-cookie" not in answer["headers"]
    else:
        assert answer["multiValueHeaders"] == {"Content-Type": ["text/html"], "Set-Cookie": cookies}
        assert "headers" not in answer
    assert json.dumps(answer).count("session=abc") == 1


@both
@pytest.mark.parametrize("headers", [[("Content-Type", "image/webp")], [("Content-Encoding", "gzip")]])
def test_bytes_that_are_no_text_travel_in_base64(make: Maker, headers: list[tuple[str, str]]) -> None:
    answer = answered(make, headers, b"\x00\xff")
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == b"\x00\xff"


@both
def test_text_travels_as_it_is(make: Maker) -> None:
    answer = answered(make, [("Content-Type", "text/html; charset=utf-8")], "café".encode())
    assert (answer["isBase64Encoded"], answer["body"]) == (False, "café")


@both
@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ([("Content-Type", "text/csv")], b"a" * 6_280_000, 200),
        # Text grows: each of these is two characters in JSON.
        ([("Content-Type", "text/csv")], b'"' * 3_200_000, 413),
        ([("Content-Type", "application/pdf")], bytes(4_700_000), 200),
        ([("Content-Type", "application/pdf"), ("Set-Cookie", "a=b")], bytes(4_800_000), 413),
    ],
    ids=["text", "quotes", "bytes", "more bytes"],
)
def test_what_lambda_would_not_hand_on_is_told_in_words(
    make: Maker, headers: list[tuple[str, str]], body: bytes, status: int
) -> None:
    answer = answered(make, headers, body)
    assert answer["statusCode"] == status
    assert len(json.dumps(answer)) <= 6 * 1024 * 1024
    if status == 413:
        told = json.dumps(answer)
        assert "larger than the shop can send at once" in answer["body"]
        assert ("no-store" in told, "cookie" in told.lower()) == (True, False)


BROKEN: dict[str, Event] = {
    "nothing but a method": {"httpMethod": "GET"},
    "no path": rest(path=None),  # type: ignore[arg-type]
    "a path that is a number": rest() | {"path": 5},
    "a method that is none": rest() | {"httpMethod": None},
    "headers that are a list": rest() | {"headers": [], "multiValueHeaders": ["a"]},
    "headers without lists": rest() | {"multiValueHeaders": {"Host": "a"}},
    "nobody who asked": rest() | {"requestContext": {"identity": {}}},
    "a context that is none": rest() | {"requestContext": None},
    "2.0 without a context": payload_2() | {"requestContext": None},
    "2.0 without a method": payload_2() | {"requestContext": {"http": {"sourceIp": EDGE}}},
    "2.0 without a path": payload_2() | {"rawPath": None},
    "2.0 without a query": payload_2() | {"rawQueryString": None},
    "2.0 with headers that are a text": payload_2() | {"headers": "a"},
    "a header without a value": rest() | {"multiValueHeaders": {"Content-Type": []}},
    "a query that is a text": rest() | {"multiValueQueryStringParameters": "page=1"},
    "a body that is an object": rest() | {"body": {"a": 1}},
    "a body that is no base64": rest() | {"body": "a", "isBase64Encoded": True},
    "a body that is not even ASCII": rest() | {"body": "\u00e9", "isBase64Encoded": True},
    "2.0 with a body that is a number": payload_2() | {"body": 5},
    "2.0 with a body that is no base64": payload_2() | {"body": "a"},
    "2.0 with cookies that are a number": payload_2() | {"cookies": 5},
    "a version of tomorrow": rest() | {"version": "3.0", "path": None},
}


@pytest.mark.parametrize("event", BROKEN.values(), ids=BROKEN.keys())
def test_half_a_request_is_refused_before_the_shop_sees_it(event: Event) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise AssertionError("the shop was asked")

    with pytest.raises(Refused, match="an HTTP event"):
        Gateway(application).answer(event, None)


@both
def test_half_a_character_is_asked_for_as_a_question_mark(make: Maker) -> None:
    half: Event = {"body": "a=\ud800", "isBase64Encoded": False, "rawQueryString": "q=\ud800"}
    seen = asked(make("/\ud800/", "POST") | half | {"multiValueQueryStringParameters": {"q": ["\ud800"]}})
    assert parse_qsl(seen["QUERY_STRING"]) == [("q", "?")]
    assert (seen["PATH_INFO"], seen["body"]) == ("/?/", b"a=?")
