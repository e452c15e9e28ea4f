"""AppSync's own events: what a direct resolver and a batch get, and that both ways in answer the same."""

from typing import Any

import pytest

from shop.graphql import appsync, resolvers
from shop.graphql.errors import Refused
from shop.graphql.tests.shop import data, fill
from storefront.aws import entry
from storefront.aws.refusals import Refused as ShopRefused

pytestmark = pytest.mark.django_db


def event(field: str, *selected: str, **arguments: Any) -> dict[str, Any]:
    """As AppSync calls a direct Lambda resolver (its "Context object")."""
    return {
        "arguments": arguments,
        "identity": None,
        "source": None,
        "request": {"headers": {"x-api-key": "da2-x", "x-forwarded-for": "203.0.113.9"}, "domainName": None},
        "prev": None,
        "info": {
            "selectionSetList": list(selected),
            "selectionSetGraphQL": "{...}",
            "fieldName": field,
            "parentTypeName": "Query",
            "variables": {},
        },
        "stash": {},
    }


def test_a_field_is_answered_whole_and_only_as_far_as_it_was_asked_for() -> None:
    fill()
    found = appsync.resolve(event("product", "name", "variants", "variants/sku", slug="quarry"))
    assert found["name"] == "Quarry Linen Shirt" and "pictures" not in found
    assert [each["sku"] for each in found["variants"]] == ["Q-SKY-M", "Q-SKY-L", "Q-RUST-M"]
    assert appsync.resolve(event("product", "name", slug="none")) is None


def test_appsync_and_the_address_answer_the_same() -> None:
    fill()
    asked = ("items", "items/slug", "items/price", "items/price/amount", "total")
    found = appsync.resolve(event("products", *asked, filter={"colour": ["red"]}, sort="PRICE"))
    query = '{ products(filter: {colour: ["red"]}, sort: PRICE) { total items { slug price { amount } } } }'
    said = data(query)["products"]
    assert found["total"] == said["total"] == 1
    assert [(item["slug"], item["price"]["amount"]) for item in found["items"]] == [
        (item["slug"], item["price"]["amount"]) for item in said["items"]
    ]


def test_a_batch_is_answered_in_its_order_and_one_refusal_leaves_the_others() -> None:
    fill()
    found = appsync.resolve(
        [
            event("stock", "sku", skus=["Q-SKY-L"]),
            event("products", "total", page=9),
            event("search", "total", words="a\0b"),
            event("categories", "slug"),
        ]
    )
    assert found[0] == {"data": [{"sku": "Q-SKY-L", "state": "FEW_LEFT", "left": 2}]}
    assert found[1] == {"data": None, "errorMessage": "This list has no such page.", "errorType": "NOT_FOUND"}
    assert found[2]["errorType"] == "BAD_USER_INPUT" and found[2]["data"] is None
    assert [each["slug"] for each in found[3]["data"]] == ["mens", "shirts"]


def test_the_function_answers_a_batch_as_well_as_one_field(monkeypatch: pytest.MonkeyPatch) -> None:
    # A test's own connection is not to be closed.
    monkeypatch.setattr(entry, "close_old_connections", lambda: None)
    fill()
    fields = [event("stock", "sku", skus=["Q-SKY-L"]), event("product", "name", slug="none")]
    assert entry.lambda_handler(fields, None)[0]["data"][0]["left"] == 2
    assert entry.lambda_handler(fields[1], None) is None
    for malformed in ([], [fields[0], {"info": {}}], [{"manage": "check"}], [[fields[0]]]):
        with pytest.raises(ShopRefused):
            entry.lambda_handler(malformed, None)


def test_what_breaks_inside_one_stays_inside(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    fill()

    def broken(*given: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setitem(resolvers.FIELDS, "stock", broken)
    found = appsync.resolve([event("stock", skus=[]), event("categories")])
    assert found[0] == {
        "data": None,
        "errorMessage": "Something went wrong on our side.",
        "errorType": "INTERNAL_ERROR",
    }
    assert found[1]["data"] and "swordfish" in caplog.text


@pytest.mark.parametrize(
    "arguments",
    [
        {"slug": 7},
        {"slug": None},
        {},
        {"slug": ["a"]},
        {"slug": "\ud800"},
    ],
)
def test_arguments_that_the_schema_would_not_let_through_are_refused_here_too(arguments: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        appsync.resolve(event("product", **arguments))


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("products", {"filter": "red"}),
        ("products", {"filter": {"colour": "red"}}),
        ("products", {"filter": {"colour": [7]}}),
        ("products", {"page": "2"}),
        ("products", {"page": True}),
        ("products", {"page": 10**30}),
        ("products", {"sort": "CHEAPEST"}),
        ("products", {"sort": ["PRICE"]}),
        ("search", {}),
        ("stock", {"skus": "Q"}),
        ("stock", {"skus": [None]}),
    ],
)
def test_nothing_of_the_wrong_type_reaches_the_database(field: str, arguments: dict[str, Any]) -> None:
    fill()
    with pytest.raises(Refused):
        appsync.resolve(event(field, "items", **arguments))


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        {},
        "info",
        {"info": None},
        {"info": {}},
        {"info": {"fieldName": None}},
        {"info": {"fieldName": ["product"]}},
        {"info": {"fieldName": "nothing"}},
        {"info": {"fieldName": "product", "parentTypeName": "Mutation"}, "arguments": {"slug": "a"}},
    ],
)
def test_what_is_no_event_of_appsyncs_raises(malformed: Any) -> None:
    with pytest.raises(ValueError, match=r"no info\.fieldName|no such field"):
        appsync.resolve(malformed)


@pytest.mark.parametrize("selected", [None, "items", [7, None], {}])
def test_a_selection_that_is_none_asks_for_nothing(selected: Any) -> None:
    fill()
    given = event("products")
    given["info"]["selectionSetList"] = selected
    assert appsync.resolve(given)["items"] == []
