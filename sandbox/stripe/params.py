"""Reading form-encoded parameters as Stripe does: nested, typed, and strict about names it does not know."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict

from sandbox.stripe.errors import ApiError, invalid

# A schema maps a name to: a reader of one text, a nested schema, or [schema] for a list. ANY_KEYS takes all names.
Reader = Callable[[str, str], Any]
Schema = Mapping[str, Any]


def text(value: str, path: str) -> str:
    if len(value) > 5000:
        raise invalid(f"Invalid string: must be at most 5000 characters ({path})", path)
    return value


def whole(value: str, path: str) -> int:
    if not re.fullmatch(r"-?\d{1,15}", value):
        raise invalid(f"Invalid integer: {value}", path, "parameter_invalid_integer")
    return int(value)


def one_of(*allowed: str) -> Reader:
    """A reader that takes these values only."""

    def read(value: str, path: str) -> str:
        if value not in allowed:
            raise invalid(f"Invalid {path}: must be one of {', '.join(allowed)}", path)
        return value

    return read


def metadata(value: str, path: str) -> str:
    if len(value) > 500:
        raise invalid(f"Metadata values can have up to 500 characters ({path})", path)
    return value


ANY_KEYS = "*"
METADATA: Schema = {ANY_KEYS: metadata}
EXPAND = [text]


def parse(data: QueryDict, schema: Schema) -> dict[str, Any]:
    """The parameters as nested dicts and lists. Raises ApiError for an unknown name or a value of the wrong kind."""
    tree: dict[str, Any] = {}
    for name in data:
        parts = [part for part in re.split(r"\[|\]", name) if part]
        if not parts or "\0" in name + "".join(data.getlist(name)):
            raise invalid(f"Invalid parameter: {name!r}", name)
        node = tree
        for part in parts[:-1]:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise invalid(f"Invalid parameter: {name}", name)
        # `expand[]=a&expand[]=b`: a list without indices.
        node[parts[-1]] = dict(enumerate(data.getlist(name))) if name.endswith("[]") else data[name]
    return _read_mapping(tree, schema, "")


def _read(value: Any, schema: Any, path: str) -> Any:
    if isinstance(schema, list):
        return _read_list(value, schema[0], path)
    if isinstance(schema, Mapping):
        return _read_mapping(value, schema, path)
    if isinstance(value, dict):
        raise invalid(f"Invalid string: {path}", path)
    return schema(value, path)


def _read_list(value: Any, schema: Any, path: str) -> list[Any]:
    if not isinstance(value, dict):
        raise invalid(f"Invalid array: {path}", path)
    ordered = sorted(value.items(), key=lambda item: int(item[0]) if str(item[0]).isdecimal() else 0)
    return [_read(item, schema, f"{path}[{index}]") for index, item in ordered]


def _read_mapping(value: Any, schema: Mapping[str, Any], path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"Invalid object: {path}", path)
    known = {}
    for name, inner in value.items():
        inner_path = f"{path}[{name}]" if path else str(name)
        inner_schema = schema.get(name, schema.get(ANY_KEYS))
        if inner_schema is None:
            raise ApiError(400, f"Received unknown parameter: {inner_path}", code="parameter_unknown", param=inner_path)
        known[name] = _read(inner, inner_schema, inner_path)
    return known


def required(params: Mapping[str, Any], *names: str) -> None:
    """Raise ApiError for the first of these that is not there."""
    for name in names:
        if params.get(name) in (None, "", [], {}):
            raise ApiError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
