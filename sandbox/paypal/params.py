"""Reading JSON bodies: typed, and strict about names. PayPal itself lets unknown names pass without a word.

That makes a misspelt name harmless there and invisible here, so the sandbox refuses it under a name of its own.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.paypal.errors import ApiError, invalid

UNKNOWN = "SANDBOX_UNKNOWN_PARAMETER"

# A schema maps a name to: a reader of one value, a nested schema, or [schema] for a list. A name in REQUIRED[schema]
# has to be there; `required()` checks that.
Reader = Callable[[Any, str], Any]
Schema = Mapping[str, Any]
Json = dict[str, Any]


def text(most: int) -> Reader:
    """A reader of a text with up to that many characters."""

    def read(value: Any, path: str) -> str:
        if not isinstance(value, str) or "\0" in value or not value.isprintable():
            raise invalid(path, "INVALID_PARAMETER_SYNTAX", "The value of a field does not conform to the format.")
        if not 1 <= len(value) <= most:
            raise invalid(path, "INVALID_STRING_LENGTH", "The value of a field is either too short or too long.")
        return value

    return read


def shaped(pattern: str) -> Reader:
    """A reader of a text that the whole pattern matches."""

    def read(value: Any, path: str) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise invalid(path, "INVALID_PARAMETER_SYNTAX", "The value of a field does not conform to the format.")
        return value

    return read


def one_of(*allowed: str) -> Reader:
    """A reader that takes these values only."""

    def read(value: Any, path: str) -> str:
        if value not in allowed:
            raise invalid(path, "INVALID_PARAMETER_VALUE", f"The value of a field is invalid: {', '.join(allowed)}.")
        return str(value)

    return read


def anything(value: Any, path: str) -> Any:
    return value


def parse(body: bytes, schema: Schema) -> Json:
    """The body as nested dicts and lists. Raises ApiError for an unknown name or a value of the wrong kind."""
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise ApiError("INVALID_REQUEST", "MALFORMED_REQUEST_JSON", "The request JSON is not well formed.") from None
    return read_mapping(found, schema, "")


def required(params: Mapping[str, Any], path: str, *names: str) -> None:
    """Raise ApiError for the first of these that is not there."""
    for name in names:
        if name not in params:
            raise invalid(f"{path}/{name}", "MISSING_REQUIRED_PARAMETER", "A required field is missing.")


def _read(value: Any, schema: Any, path: str) -> Any:
    if isinstance(schema, list):
        if not isinstance(value, list):
            raise invalid(path, "INVALID_PARAMETER_SYNTAX", "An array is expected.")
        return [_read(item, schema[0], f"{path}/{index}") for index, item in enumerate(value)]
    if isinstance(schema, Mapping):
        return read_mapping(value, schema, path)
    return schema(value, path)


def read_mapping(value: Any, schema: Schema, path: str) -> Json:
    """What the schema makes of these values. Raises ApiError like parse()."""
    if not isinstance(value, dict):
        raise invalid(path or "/", "INVALID_PARAMETER_SYNTAX", "An object is expected.")
    for name in value:
        if name not in schema:
            raise invalid(f"{path}/{name}"[:200], UNKNOWN, "The sandbox does not know this parameter.")
    return {name: _read(inner, schema[name], f"{path}/{name}") for name, inner in value.items()}
