"""Where somebody may be sent on to: paths of ours, in every browser's reading."""

import pytest
from django.test import RequestFactory

from shop.accounts.access import is_local, safe_next


@pytest.mark.parametrize(
    "path", ["/", "/account/orders/", "/search/?q=a+b&page=2", "/product/quarry-shirt/?size=M#fit"]
)
def test_a_path_of_ours_is_taken(path: str) -> None:
    assert is_local(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "account/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "https://evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/a\x00b",
        "/a\u2028b",
        "/" + "a" * 500,
    ],
)
def test_anything_else_is_not(path: str) -> None:
    assert not is_local(path)


def test_the_form_goes_before_the_query_and_a_foreign_address_is_dropped() -> None:
    make = RequestFactory()
    assert safe_next(make.get("/", {"next": "/cart/"})) == "/cart/"
    assert safe_next(make.post("/?next=/cart/", {"next": "/account/"})) == "/account/"
    assert safe_next(make.post("/", {"next": "//evil.example"})) == ""
