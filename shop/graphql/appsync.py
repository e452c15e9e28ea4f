"""AppSync's calls of the function: it has parsed and checked the query, and asks for one field of Query each time."""

import logging
from collections.abc import Mapping
from typing import Any

from shop.graphql.errors import BROKEN, INTERNAL_ERROR, Refused
from shop.graphql.resolvers import FIELDS

logger = logging.getLogger(__name__)


def resolve(event: Any) -> Any:
    """What a resolver answers.

    A list of events (BatchInvoke) gets a list of {"data"}, or {"data": None, "errorMessage", "errorType"} where a
    field is refused or breaks, in the same order. One event gets the data itself, and Refused is raised. ValueError
    for what is no event of AppSync's.
    """
    if isinstance(event, list):
        return [_one_of_many(each) for each in event]
    return _field(event)


def _field(event: Any) -> Any:
    if not (isinstance(event, Mapping) and isinstance(event.get("info"), Mapping) and "fieldName" in event["info"]):
        raise ValueError("This is no event of AppSync's: it has no info.fieldName.")
    info, arguments = event["info"], event.get("arguments") or {}
    name = info["fieldName"]
    if info.get("parentTypeName", "Query") != "Query" or not isinstance(name, str) or name not in FIELDS:
        raise ValueError("The schema has no such field of Query.")
    if not isinstance(arguments, Mapping):
        raise Refused("arguments has to be an object.")
    return FIELDS[name](arguments, _asked(info))


def _asked(info: Mapping[str, Any]) -> set[str]:
    """The fields right below: selectionSetList has paths such as "items" and "items/name"."""
    paths = info.get("selectionSetList") or []
    return {path for path in paths if isinstance(path, str) and "/" not in path} if isinstance(paths, list) else set()


def _one_of_many(event: Any) -> dict[str, Any]:
    try:
        return {"data": _field(event)}
    except Refused as error:
        return {"data": None, "errorMessage": str(error), "errorType": error.code}
    except Exception:  # one field that breaks must not take the others along
        logger.exception("a field asked for by AppSync failed")
        return {"data": None, "errorMessage": BROKEN, "errorType": INTERNAL_ERROR}
