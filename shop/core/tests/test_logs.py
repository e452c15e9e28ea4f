"""Lines as a log service reads them."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from shop.core.logs import JsonLines, bound, measure
from shop.core.redacting import redacted

log = logging.getLogger("shop.tests.logs")


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """What is logged meanwhile, as the lines of production; complete once the list is asked for by `read`."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonLines("AspireClothes/test"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)

    class Lines(list[dict[str, Any]]):
        def __iter__(self) -> Iterator[dict[str, Any]]:
            return iter([json.loads(line) for line in text.getvalue().splitlines()])

    yield Lines()
    root.removeHandler(handler)
    root.setLevel(before)


def test_a_line_is_one_json_object_with_what_it_is_about(
    lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-a;Parent=b")
    with bound(request_id="r-1"), bound(event="e-1", order="A7KM-29QX"):
        log.warning("two\nlines of %s", "text")
    log.info("later")
    first, second = lines
    assert first.pop("time").startswith("20")
    assert first == {
        "level": "WARNING",
        "logger": "shop.tests.logs",
        "message": "two\nlines of text",
        "request_id": "r-1",
        "event": "e-1",
        "order": "A7KM-29QX",
        "trace_id": "Root=1-a;Parent=b",
    }
    assert "request_id" not in second


def test_an_exception_is_told_with_its_trace_and_without_its_address(lines: list[dict[str, Any]]) -> None:
    try:
        raise ValueError("Key (email)=(sam@example.org) already exists")
    except ValueError:
        log.exception("it failed for <sam@example.org>")
    (line,) = lines
    assert line["message"] == "it failed for <(e-mail)>"
    assert "ValueError: Key (email)=((e-mail)) already exists" in line["exception"]
    assert "test_logs.py" in line["exception"]


def test_what_cannot_be_written_as_json_does_not_stop_the_line(lines: list[dict[str, Any]]) -> None:
    with bound(event=object()):  # type: ignore[arg-type]
        log.info("strange")
    (line,) = lines
    assert line["event"].startswith("<object")


def test_figures_are_a_line_of_cloudwatchs_embedded_format(lines: list[dict[str, Any]]) -> None:
    measure({"Revenue": 7800}, unit="None", Currency="GBP")
    measure({"DeadEvents": 0, "OpenAlerts": 2})
    revenue, gauges = lines
    assert isinstance(revenue["_aws"].pop("Timestamp"), int)
    assert revenue == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "AspireClothes/test",
                    "Dimensions": [["Currency"]],
                    "Metrics": [{"Name": "Revenue", "Unit": "None"}],
                }
            ]
        },
        "Revenue": 7800,
        "Currency": "GBP",
    }
    assert gauges["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
    assert (gauges["DeadEvents"], gauges["OpenAlerts"]) == (0, 2)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("to sam.o+x@mail.example.org, now", "to (e-mail), now"),
        ("smtp; 550 <a@b.example>: unknown", "smtp; 550 <(e-mail)>: unknown"),
        ("Invalid API Key: sk_live_51Abcdefgh", "Invalid API Key: (key)"),
        ("whsec_abcdef0123456789", "(key)"),
        ("AKIAIOSFODNN7EXAMPLE is gone", "(key) is gone"),
        ("Not Found: /orders/A7KM-29QX/3kF9sX0aP2qLmN8vRt1w/", "Not Found: /orders/A7KM-29QX/(key)/"),
        ("/media/products/quarry-linen-shirt/", "/media/products/quarry-linen-shirt/"),
        ("order A7KM-29QX of 7800", "order A7KM-29QX of 7800"),
        ("5 @ 3 and @decorator", "5 @ 3 and @decorator"),
    ],
)
def test_addresses_and_keys_are_taken_out_and_nothing_else(text: str, left: str) -> None:
    assert redacted(text) == left
