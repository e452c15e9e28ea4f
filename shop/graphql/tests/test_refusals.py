"""What is refused: in GraphQL's form, with a code, never with a fault of ours or what it looked like inside."""

import json
from typing import Any

import pytest
from django.test import Client

from shop.catalog.models import ProductVariant
from shop.graphql import limits
from shop.graphql.tests.shop import ask, codes, fill

pytestmark = pytest.mark.django_db

DEEP = "{ categories { " + "children { " * 7 + "slug" + " }" * 9
WIDE = "{ categories { " + " ".join(f"a{n}: slug" for n in range(limits.MAX_FIELDS)) + " } }"
MANY = "{ " + " ".join(f"a{n}: products {{ total }}" for n in range(limits.MAX_ROOTS + 1)) + " }"
HIDDEN = "query { ...a } fragment a on Query { ...b ...b ...b } fragment b on Query { x: stock(skus: []) { sku } }"
DOUBLING = (
    "{ ...f0 } "
    + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(20))
    + " fragment f20 on Query { categories { slug } }"
)
CYCLE = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"
NESTED = "{ stock(skus: " + "[" * 400 + "]" * 400 + ") { sku } }"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (DEEP, "QUERY_TOO_COMPLEX"),
        (WIDE, "QUERY_TOO_COMPLEX"),
        (MANY, "QUERY_TOO_COMPLEX"),
        (DOUBLING, "QUERY_TOO_COMPLEX"),
        (CYCLE, "QUERY_TOO_COMPLEX"),
        ("{ a " * 600, "GRAPHQL_PARSE_FAILED"),
        ("{" * 600, "GRAPHQL_PARSE_FAILED"),
        (NESTED, "GRAPHQL_PARSE_FAILED"),
        ("{ categories { slug }", "GRAPHQL_PARSE_FAILED"),
        ("\0", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ categories }", "GRAPHQL_VALIDATION_FAILED"),
        ('{ products(page: "two") { total } }', "GRAPHQL_VALIDATION_FAILED"),
        ("{ products(sort: CHEAPEST) { total } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ products(page: 99999999999) { total } }", "GRAPHQL_VALIDATION_FAILED"),
        # More digits than Python turns into a number.
        (f"{{ products(page: {'9' * 5000}) {{ total }} }}", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { buy }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { stock }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment a on Query { categories { slug } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query a { categories { slug } } query b { categories { slug } }", "BAD_USER_INPUT"),
        ("query($slug: String!) { product(slug: $slug) { name } }", "BAD_USER_INPUT"),
    ],
)
def test_a_query_that_cannot_be_run_says_why(query: str, code: str) -> None:
    fill()
    said = ask(query, status=400)
    assert "data" not in said and set(codes(said)) == {code}
    assert len(said["errors"]) <= 5


def test_what_is_below_a_limit_is_answered() -> None:
    fill()
    allowed = DEEP.replace("children { ", "", 1)[:-2]
    assert "errors" not in ask(allowed)
    assert "errors" not in ask("{ " + " ".join(f"a{n}: products {{ total }}" for n in range(limits.MAX_ROOTS)) + " }")
    assert len(ask(HIDDEN)["data"]["x"]) == 0


@pytest.mark.parametrize("slug", [7, None, ["a"], {"a": 1}, True])
def test_variables_of_the_wrong_type_are_told(slug: Any) -> None:
    said = ask("query($slug: String!) { product(slug: $slug) { name } }", status=400, slug=slug)
    assert codes(said) == ["BAD_USER_INPUT"] and "$slug" in said["errors"][0]["message"]


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 201])
def test_a_text_that_is_none_is_told(text: str) -> None:
    fill()
    for query in (
        "query($t: String!) { found: product(slug: $t) { name } }",
        "query($t: String!) { found: search(words: $t) { total } }",
        "query($t: String!) { found: stock(skus: [$t]) { sku } }",
        "query($t: String!) { found: products(filter: {size: [$t]}) { total } }",
    ):
        said = ask(query, t=text)
        assert codes(said) == ["BAD_USER_INPUT"] and said["data"] == {"found": None}


@pytest.mark.parametrize("wanted", ["category", "department", "colour", "size", "price"])
def test_a_value_that_the_shop_does_not_have_is_told_and_not_left_out(wanted: str) -> None:
    fill()
    said = ask("query($w: ProductFilter) { products(filter: $w) { total } }", w={wanted: ["No-Such"]})
    assert codes(said) == ["BAD_USER_INPUT"] and said["errors"][0]["message"] == f"There is no {wanted} 'no-such'."


def test_lists_end_at_fifty_values_and_pages_begin_at_one() -> None:
    fill()
    assert codes(ask("query($s: [String!]!) { stock(skus: $s) { sku } }", s=["a"] * 51)) == ["BAD_USER_INPUT"]
    for page in (0, -1):
        assert codes(ask("query($p: Int) { products(page: $p) { total } }", p=page)) == ["BAD_USER_INPUT"]


def test_one_field_that_is_refused_leaves_the_others() -> None:
    fill()
    said = ask("{ products(page: 7) { total } categories { slug } }")
    assert said["data"]["products"] is None and said["data"]["categories"]
    assert [(error["path"], error["extensions"]["code"]) for error in said["errors"]] == [(["products"], "NOT_FOUND")]


def test_what_breaks_inside_stays_inside(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*given: object, **named: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr("shop.catalog.snapshot.current", broken)
    said = ask("{ products { total } }")
    assert codes(said) == ["INTERNAL_ERROR"] and "swordfish" not in json.dumps(said)
    assert "swordfish" in caplog.text


def test_a_price_beyond_graphqls_numbers_is_an_error_and_no_fault() -> None:
    shirt = fill()
    ProductVariant.objects.filter(product=shirt).update(price=2**31, compare_at_price=None)
    said = ask('{ product(slug: "quarry") { name variants { price { amount } } } }')
    assert set(codes(said)) == {"INTERNAL_ERROR"}


def test_the_schema_is_told_only_where_that_is_wanted(settings: Any) -> None:
    query = "{ __schema { types { name fields { name type { name ofType { name ofType { name } } } } } } }"
    assert ask(query)["data"]["__schema"]["types"]
    settings.GRAPHQL_INTROSPECTION = False
    assert codes(ask(query, status=400))[0] == "GRAPHQL_VALIDATION_FAILED"
    assert ask("{ __typename }")["data"] == {"__typename": "Query"}


QUERY = b'{"query": "{ categories { slug } }"}'


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (QUERY, "application/json", 200),
        (QUERY, "application/json; charset=utf-8", 200),
        (QUERY, "text/plain", 415),
        (QUERY, "application/x-www-form-urlencoded", 415),
        (QUERY, "", 415),
        (QUERY + b" " * 16_000, "application/json", 413),
        (b"", "application/json", 415),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 15_000, "application/json", 400),
        (b"null", "application/json", 400),
        (b"7", "application/json", 400),
        (b"[" + QUERY + b"]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"query": 7}', "application/json", 400),
        (b'{"query": "  "}', "application/json", 400),
        (b'{"query": "{ __typename }", "variables": []}', "application/json", 400),
        (b'{"query": "{ __typename }", "variables": "x"}', "application/json", 400),
        (b'{"query": "{ __typename }", "variables": {"a": NaN}}', "application/json", 400),
        (b'{"query": "{ __typename }", "variables": {"a": 1e999}}', "application/json", 200),
        (b'{"query": "{ __typename }", "operationName": 7}', "application/json", 400),
        (b'{"query": "{ __typename }", "operationName": "other"}', "application/json", 400),
        (b'{"query": "{ __typename }", "extensions": {"persistedQuery": {}}}', "application/json", 200),
    ],
)
def test_a_body_is_a_query_or_told_why_not(body: bytes, kind: str, status: int) -> None:
    response = Client().generic("POST", "/graphql/", body, kind)
    assert response.status_code == status
    said = response.json()
    assert ("errors" in said) == (status != 200)
    assert status == 200 or said["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("", 400),
        ("?query=%00", 400),
        ("?query={__typename}&variables={", 400),
        ("?query={__typename}&variables=[]", 400),
        ("?query={__typename}&variables={}", 200),
        ("?query={__typename}" + "%20" * 6000, 413),
    ],
)
def test_an_address_is_a_query_or_told_why_not(address: str, status: int) -> None:
    response = Client().get(f"/graphql/{address}")
    assert response.status_code == status and ("errors" in response.json()) == (status != 200)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_none(method: str) -> None:
    response = Client().generic(method, "/graphql/", QUERY, "application/json")
    assert response.status_code == 405 and response.headers["Allow"] == "GET, HEAD, POST"
