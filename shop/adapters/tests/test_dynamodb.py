"""DynamoDB's answers that are a no, or none, in the adapter's terms; and what it writes and reads on moto."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.stub import Stubber
from django.db import connection, transaction

from shop.adapters import dynamodb
from shop.adapters.dynamodb import Add, Conflict, DynamoError, Put, TooLarge, Unavailable
from shop.adapters.tests.dynamo_builders import make_table
from shop.tests.parallel import in_parallel

ONE = Put("bags", {"key": "k"})
CALLS: dict[str, Callable[[], object]] = {
    "get_item": lambda: dynamodb.get("bags", {"key": "k"}),
    "put_item": lambda: dynamodb.write(ONE),
    "update_item": lambda: dynamodb.write(Add("bags", {"key": "k"}, "n", 1)),
    "transact_write_items": lambda: dynamodb.transact([ONE]),
    "batch_get_item": lambda: dynamodb.get_many("bags", [{"key": "k"}]),
    "query": lambda: dynamodb.query("bags", "key", "k"),
    "delete_item": lambda: dynamodb.delete("bags", {"key": "k"}),
}
REFUSALS = [
    ("ConditionalCheckFailedException", "The conditional request failed", Conflict),
    ("TransactionConflictException", "Transaction is ongoing for the item", Conflict),
    ("ValidationException", "Item size has exceeded the maximum allowed size", TooLarge),
    ("ValidationException", "Item size to update has exceeded the maximum allowed size", TooLarge),
    ("ProvisionedThroughputExceededException", "The level of throughput is exceeded", Unavailable),
    ("ThrottlingException", "Rate exceeded", Unavailable),
    ("RequestLimitExceeded", "Throughput exceeds the current limit", Unavailable),
    ("InternalServerError", "Internal server error", Unavailable),
    ("ExpiredTokenException", "The security token included in the request is expired", Unavailable),
    ("UnrecognizedClientException", "The security token included in the request is invalid", Unavailable),
    ("AccessDeniedException", "not authorized to perform dynamodb:PutItem", Unavailable),
    ("ResourceNotFoundException", "Requested resource not found", Unavailable),
    ("ValidationException", "One or more parameter values were invalid", Unavailable),
]


@pytest.fixture
def stub(cloud: str) -> Iterator[Stubber]:
    with Stubber(dynamodb.tables()) as stubber:
        yield stubber


@pytest.mark.parametrize(("code", "message", "meaning"), REFUSALS, ids=[f"{code} {said}" for code, said, _ in REFUSALS])
@pytest.mark.parametrize("operation", ["get_item", "put_item", "update_item"])
def test_a_refusal_has_a_meaning(
    stub: Stubber, operation: str, code: str, message: str, meaning: type[DynamoError]
) -> None:
    stub.add_client_error(operation, code, message, http_status_code=400)
    with pytest.raises(meaning, match=code):
        CALLS[operation]()


@pytest.mark.parametrize(
    ("reasons", "meaning"),
    [
        ([{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "failed"}], Conflict),
        ([{"Code": "TransactionConflict", "Message": "ongoing"}, {"Code": "None"}], Conflict),
        ([{"Code": "ConditionalCheckFailed"}, {"Code": "ThrottlingError"}], Unavailable),
        ([{"Code": "ValidationError", "Message": "Item size has exceeded the maximum allowed size"}], TooLarge),
        ([{"Code": "ValidationError", "Message": "a bad expression"}], Unavailable),
    ],
)
def test_a_cancelled_transaction_means_what_its_reasons_mean(
    stub: Stubber, reasons: list[dict[str, str]], meaning: type[DynamoError]
) -> None:
    said: dict[str, Any] = {"CancellationReasons": reasons}
    stub.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=said)
    with pytest.raises(meaning):
        dynamodb.transact([ONE])


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    "trouble",
    [
        EndpointConnectionError(endpoint_url="https://example.invalid"),
        ReadTimeoutError(endpoint_url="https://example.invalid"),
        NoCredentialsError(),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
def test_no_answer_is_unavailable(
    cloud: str, monkeypatch: pytest.MonkeyPatch, operation: str, trouble: Exception
) -> None:
    def silent(*args: object, **kwargs: object) -> None:
        raise trouble

    monkeypatch.setattr(dynamodb.tables(), "_make_api_call", silent)
    with pytest.raises(Unavailable, match=operation):
        CALLS[operation]()


def test_a_table_that_does_not_answer_keeps_a_customer_waiting_for_six_seconds_at_most(settings: Any) -> None:
    # Not the pretended AWS of other tests, with which they are more patient.
    settings.AWS_REGION, settings.AWS_ENDPOINT = "us-east-1", "http://127.0.0.1:1"
    patience = dynamodb.tables().meta.config
    assert patience.read_timeout * patience.retries["total_max_attempts"] <= 6
    assert patience.connect_timeout <= patience.read_timeout


def test_what_a_batch_left_out_is_asked_for_again_but_not_for_ever(
    stub: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb, "pause", lambda turn: None)
    left: dict[str, Any] = {"bags": {"Keys": [{"key": {"S": "b"}}]}}
    some: dict[str, Any] = {"bags": [{"key": {"S": "a"}}]}
    stub.add_response("batch_get_item", {"Responses": some, "UnprocessedKeys": left})
    stub.add_response("batch_get_item", {"Responses": {"bags": [{"key": {"S": "b"}}]}}, {"RequestItems": left})
    assert dynamodb.get_many("bags", [{"key": "a"}, {"key": "b"}]) == [{"key": "a"}, {"key": "b"}]
    for _ in range(dynamodb.ASKS):
        stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": left})
    with pytest.raises(Unavailable, match="again and again"):
        dynamodb.get_many("bags", [{"key": "b"}])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("operation", CALLS)
def test_inside_a_transaction_nobody_is_called(cloud: str, operation: str) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        CALLS[operation]()


def test_a_call_opens_no_connection_to_the_database(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    table = make_table("key")
    dynamodb.write(Put(table, {"key": "k"}))
    assert dynamodb.get(table, {"key": "k"}) == {"key": "k"}


def test_whole_numbers_lists_and_texts_come_back_as_they_went(cloud: str) -> None:
    table = make_table("key")
    item = {"key": "k", "n": 7, "rows": [[1, 2, 3], []], "text": "£", "none": None, "map": {"a": 1}}
    dynamodb.write(Put(table, item))
    assert dynamodb.get(table, {"key": "k"}) == item
    assert dynamodb.get(table, {"key": "other"}) is None


def test_a_put_holds_only_under_its_condition(cloud: str) -> None:
    table = make_table("key")
    dynamodb.write(Put(table, {"key": "k", "stamp": "a"}, absent="key"))
    with pytest.raises(Conflict):
        dynamodb.write(Put(table, {"key": "k", "stamp": "b"}, absent="key"))
    with pytest.raises(Conflict):
        dynamodb.write(Put(table, {"key": "k", "stamp": "b"}, attribute="stamp", value="c"))
    dynamodb.write(Put(table, {"key": "k", "stamp": "b"}, attribute="stamp", value="a"))
    assert dynamodb.get(table, {"key": "k"}) == {"key": "k", "stamp": "b"}


def test_of_a_transaction_all_is_written_or_nothing(cloud: str) -> None:
    table = make_table("key")
    dynamodb.write(Put(table, {"key": "there"}))
    with pytest.raises(Conflict):
        dynamodb.transact([Put(table, {"key": "new"}), Put(table, {"key": "there"}, absent="key")])
    assert dynamodb.get(table, {"key": "new"}) is None
    dynamodb.transact([Put(table, {"key": "new"}, absent="key"), Add(table, {"key": "sum"}, "n", 2)])
    found = dynamodb.get_many(table, [{"key": "new"}, {"key": "sum"}])
    assert sorted(found, key=lambda item: str(item["key"])) == [{"key": "new"}, {"key": "sum", "n": 2}]


@pytest.mark.django_db(transaction=True)
def test_parallel_additions_all_count(cloud: str) -> None:
    table = make_table("key", "sort")
    add = Add(table, {"key": "k", "sort": "s"}, "n", 2, {"expires": 9})
    assert in_parallel(lambda: dynamodb.write(add), 6) == []
    assert dynamodb.query(table, "key", "k") == [{"key": "k", "sort": "s", "n": 12, "expires": 9}]


def test_an_item_above_the_limit_is_too_large(cloud: str) -> None:
    table = make_table("key")
    with pytest.raises(TooLarge):
        dynamodb.write(Put(table, {"key": "k", "text": "x" * 410_000}))
    with pytest.raises(TooLarge):
        dynamodb.transact([Put(table, {"key": "k", "text": "x" * 410_000})])
    assert dynamodb.get(table, {"key": "k"}) is None
