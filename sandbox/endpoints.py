"""What both pretended APIs have in common: their operations, and doing a thing once for its key."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.models import IdempotencyRecord

Json = dict[str, Any]


@dataclass(frozen=True)
class Endpoint:
    """One operation: its address below the API's own, the parameters it knows, and the function that answers."""

    method: str
    path: str
    schema: Mapping[str, Any]
    answer: Callable[..., Json]


class KeyUsedBefore(Exception):
    """The key belongs to another request."""


def find(endpoints: Iterable[Endpoint], method: str, path: str) -> tuple[Endpoint, tuple[str, ...]] | None:
    """The operation at that address and the names in it; None where there is none."""
    for endpoint in endpoints:
        match = re.fullmatch(endpoint.path, path, re.ASCII)
        if match and endpoint.method == method:
            return endpoint, match.groups()
    return None


def once(key: str, request: str, work: Callable[[], Json]) -> Json:
    """The answer first given under that key, in the caller's transaction. Raises KeyUsedBefore.

    What work() raises is rolled back with the record, so a refusal is not kept.
    """
    # A second request under the key waits here until the first has committed.
    record, _ = IdempotencyRecord.objects.get_or_create(key=key, defaults={"request": request})
    if record.request != request:
        raise KeyUsedBefore(key)
    if record.body is None:
        record.body = work()
        record.save(update_fields=["body"])
    body: Json = record.body
    return body
