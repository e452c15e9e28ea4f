"""DynamoDB in six calls: plain values in and out, and what it refuses by what that means here."""

import logging
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from shop.adapters.aws import client
from shop.adapters.network import refuse_inside_transaction

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

Item = dict[str, Any]

log = logging.getLogger(__name__)

# Somebody else's write came first, or is going on.
CONFLICTS = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})
CONFLICTS |= {"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"}
# What a busy table answers; everything else that is no conflict is worth a line in the log.
THROTTLED = frozenset({"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"})
THROTTLED |= {"ThrottlingError", "ProvisionedThroughputExceeded", "InternalServerError"}
TOO_LARGE = "size"
# A customer waits for each call, and a table that answers at all answers within milliseconds.
ANSWER_SECONDS = 2
# What one BatchGetItem takes, and how often what it left out is asked for again.
MOST_KEYS, ASKS = 100, 5


class DynamoError(Exception):
    """A call that did not do what it was to do."""


class Conflict(DynamoError):
    """A condition did not hold, or somebody wrote at the same moment. Nothing was written by this call.

    But where an answer was lost on the way, an earlier try of the same call may have been written.
    """


class TooLarge(DynamoError):
    """An item would be larger than DynamoDB takes (400 KB). Nothing was written."""


class Unavailable(DynamoError):
    """No answer, throttled, or not let in. What was to be written may have been."""


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item: where there is none with its key, or where `attribute` of the one there is `value`.

    absent: the name of the key, for an item that must not be there yet. With neither, whatever is there.
    """

    table: str
    item: Item
    absent: str = ""
    attribute: str = ""
    value: Any = None

    def request(self) -> Item:
        asked: Item = {"TableName": self.table, "Item": pack(self.item)}
        if self.absent:
            asked["ConditionExpression"] = "attribute_not_exists(#a)"
            asked["ExpressionAttributeNames"] = {"#a": self.absent}
        elif self.attribute:
            asked["ConditionExpression"] = "#a = :v"
            asked["ExpressionAttributeNames"] = {"#a": self.attribute}
            asked["ExpressionAttributeValues"] = pack({":v": self.value})
        return {"Put": asked}


@dataclass(frozen=True, slots=True)
class Add:
    """Add to a number of an item, which is made where there is none; `also` sets other attributes of it."""

    table: str
    key: Item
    attribute: str
    by: int
    also: Item = field(default_factory=dict)

    def request(self) -> Item:
        names = {"#n": self.attribute} | {f"#s{place}": name for place, name in enumerate(self.also)}
        values = {":n": self.by} | {f":s{place}": value for place, value in enumerate(self.also.values())}
        sets = ", ".join(f"#s{place} = :s{place}" for place in range(len(self.also)))
        return {
            "Update": {
                "TableName": self.table,
                "Key": pack(self.key),
                "UpdateExpression": "ADD #n :n" + (f" SET {sets}" if sets else ""),
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": pack(values),
            }
        }


Write = Put | Add


def tables() -> Any:
    """The client of all calls here, less patient than those of other services."""
    return client("dynamodb", seconds=ANSWER_SECONDS)


def get(table: str, key: Item) -> Item | None:
    """The item as the last write left it; None where there is none."""
    with refusals("get_item"):
        found = tables().get_item(TableName=table, Key=pack(key), ConsistentRead=True)
    return unpack(found["Item"]) if "Item" in found else None


def get_many(table: str, keys: Sequence[Item]) -> list[Item]:
    """Those of the items that are there, in no order, as the last writes left them."""
    found: list[Item] = []
    for start in range(0, len(keys), MOST_KEYS):
        asked = {table: {"Keys": [pack(key) for key in keys[start : start + MOST_KEYS]], "ConsistentRead": True}}
        found += _batch(table, asked)
    return found


def query(table: str, name: str, value: str) -> list[Item]:
    """All items of one partition, in the order of their sort key."""
    asked = {
        "TableName": table,
        "KeyConditionExpression": "#p = :p",
        "ExpressionAttributeNames": {"#p": name},
        "ExpressionAttributeValues": pack({":p": value}),
        "ConsistentRead": True,
    }
    with refusals("query"):
        pages = tables().get_paginator("query").paginate(**asked)
        return [unpack(item) for page in pages for item in page["Items"]]


def write(what: Write) -> None:
    """One write. Raises Conflict, TooLarge, Unavailable."""
    ((kind, asked),) = what.request().items()
    operation = {"Put": "put_item", "Update": "update_item"}[kind]
    with refusals(operation):
        getattr(tables(), operation)(**asked)


def transact(writes: Sequence[Write]) -> None:
    """All of these writes (at most a hundred), or none. Raises Conflict, TooLarge, Unavailable."""
    with refusals("transact_write_items"):
        tables().transact_write_items(TransactItems=[each.request() for each in writes])


def delete(table: str, key: Item) -> None:
    """Take the item away, if it is there."""
    with refusals("delete_item"):
        tables().delete_item(TableName=table, Key=pack(key))


def pause(turn: int) -> None:
    """Wait before the next try after a conflict, by chance and longer each time, so that two do not meet again."""
    time.sleep(random.uniform(0, min(0.005 * 2**turn, 0.1)))  # noqa: S311 - no secret


@contextmanager
def refusals(operation: str) -> Iterator[None]:
    """Gives what goes wrong within the block the names of this module."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - heavy: only who talks to AWS loads it

    refuse_inside_transaction()
    try:
        yield
    except ClientError as error:
        raise _meaning(operation, error) from error
    except BotoCoreError as error:
        log.error("no answer from DynamoDB to %s: %s", operation, error)
        raise Unavailable(f"no answer from DynamoDB to {operation}: {error}") from error


def pack(item: Mapping[str, Any]) -> Item:
    """The values as DynamoDB takes them, each with its type."""
    return {name: _types()[0].serialize(value) for name, value in item.items()}


def unpack(item: Mapping[str, Any]) -> Item:
    """The values as the shop has them: numbers are whole."""
    return {name: _whole(_types()[1].deserialize(value)) for name, value in item.items()}


def _batch(table: str, asked: Item) -> list[Item]:
    found: list[Item] = []
    for turn in range(ASKS):
        with refusals("batch_get_item"):
            answer = tables().batch_get_item(RequestItems=asked)
        found += [unpack(item) for item in answer["Responses"].get(table, [])]
        asked = answer.get("UnprocessedKeys") or {}
        if not asked:
            return found
        pause(turn)
    raise Unavailable("DynamoDB left out a part of what it was asked for, again and again")


def _meaning(operation: str, error: "ClientError") -> DynamoError:
    found: Mapping[str, Any] = error.response["Error"]
    reasons: list[Mapping[str, Any]] = [*error.response.get("CancellationReasons", [])]
    parts = [reason for reason in reasons if reason.get("Code") != "None"] or [found]
    codes = {part.get("Code", "") for part in parts}
    message = f"DynamoDB {operation}: {', '.join(sorted(codes))} {found.get('Message', '')}"
    if any(_is_size(part) for part in parts):
        return TooLarge(message)
    if codes <= CONFLICTS:
        return Conflict(message)
    if not codes <= CONFLICTS | THROTTLED:
        log.error("%s", message)
    return Unavailable(message)


def _is_size(part: Mapping[str, Any]) -> bool:
    refused = part.get("Code") in {"ValidationException", "ValidationError", "ItemCollectionSizeLimitExceeded"}
    return refused and TOO_LARGE in part.get("Message", "").lower()


def _whole(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    return value


@lru_cache(maxsize=1)
def _types() -> tuple[Any, Any]:
    from boto3.dynamodb.types import TypeDeserializer, TypeSerializer  # noqa: PLC0415 - heavy, as above

    return TypeSerializer(), TypeDeserializer()
