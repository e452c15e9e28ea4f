"""Who does not come through the edge is not answered."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from storefront.aws.origin import OnlyThroughTheEdge


@pytest.fixture(autouse=True)
def behind_the_edge(settings: Any) -> None:
    settings.ORIGIN_SECRET = "old-secret, new-secret"
    settings.SITE_URL = "https://shop.example"
    settings.ALLOWED_HOSTS = ["shop.example"]


def ask(path: str = "/", **headers: str) -> HttpResponse:
    """What the middleware answers; a request that passes is told by which name it was asked."""
    passed = OnlyThroughTheEdge(lambda request: HttpResponse(request.get_host()))
    return passed(request(path, **headers))  # type: ignore[return-value]


def request(path: str, **headers: str) -> HttpRequest:
    return RequestFactory().get(path, headers=headers, SERVER_NAME="abc.execute-api.us-east-1.amazonaws.com")


@pytest.mark.parametrize("secret", ["old-secret", "new-secret"])
def test_the_edge_is_let_in_and_the_shop_is_called_by_its_own_name(secret: str) -> None:
    answer = ask(**{"X-Origin-Secret": secret})
    assert (answer.status_code, answer.content) == (200, b"shop.example")


@pytest.mark.parametrize(
    "secret", ["", "wrong", "old-secre", "old-secret, new-secret", "old-secret,", "OLD-SECRET", "gehéim", "old-secret "]
)
@pytest.mark.parametrize("path", ["/", "/healthz/", "/readyz", "/cart/add/", "/webhooks/stripe/"])
def test_everybody_else_is_refused(path: str, secret: str) -> None:
    answer = ask(path, **{"X-Origin-Secret": secret})
    assert (answer.status_code, answer.content) == (403, b"refused: this address is not for visitors\n")


def test_without_the_header_it_is_refused() -> None:
    assert ask().status_code == 403


def test_the_health_of_the_process_is_told_to_anybody() -> None:
    assert ask("/healthz").status_code == 200


@pytest.mark.parametrize("secret", ["", " ", ","])
def test_without_a_secret_the_shop_does_not_start(settings: Any, secret: str) -> None:
    settings.ORIGIN_SECRET = secret
    with pytest.raises(ImproperlyConfigured, match="ORIGIN_SECRET is empty"):
        ask()
