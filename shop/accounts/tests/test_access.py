"""Where somebody may be sent on to: paths of ours, in every browser's reading."""

import pytest
from django.test import Client, RequestFactory

from shop.accounts.access import is_local, safe_next, sign_in_address


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
        "/a\\b",
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


def test_the_sign_in_page_is_told_of_a_path_of_ours_only() -> None:
    assert sign_in_address("/cart/?full=1") == "/account/login/?next=/cart/%3Ffull%3D1"
    assert sign_in_address("//evil.example/") == sign_in_address("") == "/account/login/"


@pytest.mark.django_db
def test_a_stranger_comes_back_to_the_page_they_opened_but_not_to_a_form_they_sent(client: Client) -> None:
    assert client.get("/account/data/")["Location"] == "/account/login/?next=/account/data/"
    assert client.post("/account/details/", {"name": "Mallory"})["Location"] == "/account/login/"
