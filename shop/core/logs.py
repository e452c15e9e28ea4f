"""What a log line says: one JSON object a line where a log service reads them, with what it is about, and no person.

What a line is about (a request, an event, a job) is bound where that begins, and each line within has it. Figures are
lines too, in CloudWatch's embedded metric format: no call, no client, and a laptop keeps quiet about them.
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from shop.core.redacting import redacted

NOTHING: Mapping[str, str] = MappingProxyType({})
_bound: ContextVar[Mapping[str, str]] = ContextVar("log_context", default=NOTHING)
# Lambda sets it anew for each invocation.
TRACE = "_X_AMZN_TRACE_ID"

figures = logging.getLogger("figures")


@contextmanager
def bound(**about: str) -> Iterator[None]:
    """Every line logged within says this too: bound(event=..., order=...). No personal data."""
    before = _bound.set({**_bound.get(), **about})
    try:
        yield
    finally:
        _bound.reset(before)


def measure(values: Mapping[str, float], *, unit: str = "Count", **dimensions: str) -> None:
    """Note figures by name. Each name (with each value of a dimension) is a metric that costs money every month."""
    figures.info("figures", extra={"figures": dict(values), "unit": unit, "dimensions": dimensions})


class JsonLines(logging.Formatter):
    """A line as a log service reads it. namespace: under which CloudWatch keeps the figures."""

    def __init__(self, namespace: str = "") -> None:
        super().__init__()
        self.namespace = namespace

    def format(self, record: logging.LogRecord) -> str:
        about = self.figures_of(record) if hasattr(record, "figures") else self.words_of(record)
        return json.dumps(about, default=str)

    def words_of(self, record: logging.LogRecord) -> dict[str, Any]:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
            **{name: value for name, value in _bound.get().items() if value},
        }
        if trace := os.environ.get(TRACE):
            line["trace_id"] = trace
        if record.exc_info:
            line["exception"] = redacted(self.formatException(record.exc_info))
        return line

    def figures_of(self, record: logging.LogRecord) -> dict[str, Any]:
        values, unit, dimensions = (getattr(record, name) for name in ("figures", "unit", "dimensions"))
        metrics = [{"Name": name, "Unit": unit} for name in values]
        told = {"Namespace": self.namespace, "Dimensions": [sorted(dimensions)], "Metrics": metrics}
        return {"_aws": {"Timestamp": int(record.created * 1000), "CloudWatchMetrics": [told]}, **values, **dimensions}
