"""One item of the activity table: when the database was last used, and what is due when.

Whoever reads it need not wake the database to know whether it has anything to do. Times: milliseconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from shop.adapters import dynamodb

KEY = {"pk": "database", "sk": "sleep"}


@dataclass(frozen=True, slots=True)
class Marker:
    """due: by the job's name, when it has something to do next; None for nothing."""

    used_at: int
    planned_at: int
    due: Mapping[str, int | None]


def read() -> Marker | None:
    """As the last writes left it; None where there is none, or none that can be read. Raises DynamoError."""
    item = dynamodb.get(settings.ACTIVITY_TABLE, KEY) or {}
    used_at, planned_at, due = (item.get(name) for name in ("used_at", "planned_at", "due"))
    if not (isinstance(used_at, int) and isinstance(planned_at, int) and isinstance(due, dict)):
        return None
    if not all(when is None or isinstance(when, int) for when in due.values()):
        return None
    return Marker(used_at, planned_at, due)


def note_use(at: int) -> None:
    """The database was used then. Raises DynamoError."""
    _set("used_at", at, {})


def note_plan(at: int, due: Mapping[str, int | None]) -> None:
    """What is due, as it was seen then; a plan that is older than the one there changes nothing. Raises DynamoError."""
    _set("planned_at", at, {"due": dict(due)})


def _set(name: str, at: int, also: Mapping[str, Any]) -> None:
    """Write the time and what goes with it, unless a later one is there."""
    values = {name: at, **also}
    call = {
        "Key": dynamodb.pack(KEY),
        "UpdateExpression": "SET " + ", ".join(f"#{each} = :{each}" for each in values),
        "ConditionExpression": f"attribute_not_exists(#{name}) OR #{name} < :{name}",
        "ExpressionAttributeNames": {f"#{each}": each for each in values},
        "ExpressionAttributeValues": dynamodb.pack({f":{each}": value for each, value in values.items()}),
    }
    try:
        with dynamodb.refusals("update_item"):
            dynamodb.tables().update_item(TableName=settings.ACTIVITY_TABLE, **call)
    except dynamodb.Conflict:
        return
