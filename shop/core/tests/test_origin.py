"""Forms on public pages carry no token: the browser's word on where a request comes from guards them."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from shop.core.http import comes_from_here, same_origin_post

OURS = "http://testserver"

ACCEPTED = [
    {"Origin": OURS},
    {"Origin": "http://127.0.0.1:8000"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": OURS},
    {"Referer": OURS + "/product/tee/?colour=ink"},
]
REFUSED = [
    {},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://testserver"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://testserver:81"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": OURS},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Referer": OURS + "/"},
    {"Referer": "https://evil.example/?" + OURS},
    {"Origin": "http://[bad"},
]


def post(headers: dict[str, str]) -> HttpRequest:
    return RequestFactory().post("/cart/add/", headers=headers)


@pytest.mark.parametrize("headers", ACCEPTED)
def test_our_own_pages_may_post(headers: dict[str, str]) -> None:
    assert comes_from_here(post(headers))


@pytest.mark.parametrize("headers", REFUSED)
def test_a_foreign_null_or_missing_origin_is_refused_before_the_view_runs(headers: dict[str, str]) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        raise AssertionError("the view ran")

    assert same_origin_post(view)(post(headers)).status_code == 403
