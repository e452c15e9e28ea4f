"""Pages out of the store: what a hit costs, whom it is for, and what is never kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import ResolverMatch

from shop.adapters import edge_files
from shop.adapters.edge import Page
from shop.adapters.edge_cloudfront import HEADER, CloudFront
from shop.adapters.edge_files import PageStore
from shop.catalog import listings
from shop.core import clock, shown
from shop.core.http import personal_page, public_page
from shop.edge.middleware import Edge, page_of
from shop.edge.models import EdgePurge
from shop.edge.tests.edges import CLOUDFRONT, Laptop
from shop.tests.builders import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db
PAGES = ["/", "/shop/", "/shop/?sort=name&page=1", "/product/quarry/", "/search/?q=linen", "/pages/delivery/"]


@pytest.fixture
def edge(settings: Any) -> Laptop:
    product = make_product(slug="quarry")
    make_variant(product)
    listings.refresh([product.pk])
    return Laptop(settings)


class Views:
    """Counts the views that run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.resolved: list[str] = []
        resolve = BaseHandler.resolve_request

        def counted(handler: BaseHandler, request: HttpRequest) -> ResolverMatch:
            self.resolved.append(request.path)
            return resolve(handler, request)

        monkeypatch.setattr(BaseHandler, "resolve_request", counted)


@pytest.mark.parametrize("address", PAGES)
def test_a_hit_runs_no_view_and_no_query_and_is_the_same_page(
    edge: Laptop, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    first = edge.browser.get(address)
    views = Views(monkeypatch)
    with CaptureQueriesContext(connection) as queries:
        again = edge.browser.get(address)
    assert (views.resolved, len(queries)) == ([], 0)
    assert again.content == first.content
    assert {**again.headers, "X-Cache": ""} == {**first.headers, "X-Cache": ""}
    assert again.headers["X-Cache"] == "Hit from edge store"


def test_cookies_and_who_is_signed_in_change_nothing(edge: Laptop) -> None:
    edge.visit("/shop/")
    edge.browser.force_login(make_user())
    edge.browser.cookies["bag"] = "something"
    assert "X-Cache" in edge.browser.get("/shop/").headers


def test_each_encoding_and_each_query_has_its_own_page_whatever_the_order_of_names(edge: Laptop) -> None:
    edge.visit("/shop/?sort=name&stock=1")
    assert "X-Cache" in edge.browser.get("/shop/?stock=1&sort=name").headers
    assert "X-Cache" not in edge.browser.get("/shop/?stock=1").headers
    packed = edge.browser.get("/shop/?sort=name&stock=1", headers={"accept-encoding": "gzip, br"})
    assert "X-Cache" not in packed.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    again = edge.browser.get("/shop/?sort=name&stock=1", headers={"accept-encoding": "gzip"})
    assert ("X-Cache" in again.headers, again.content) == (True, packed.content)
    assert "X-Cache" not in edge.browser.get("/shop/?sort=name&stock=1", headers={"host": "localhost"}).headers


def test_who_has_the_page_already_is_told_so(edge: Laptop) -> None:
    tag = edge.browser.get("/shop/").headers["ETag"]
    again = edge.browser.get("/shop/", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag


def test_head_gets_the_headers_of_the_page_that_is_kept_and_keeps_none(edge: Laptop) -> None:
    edge.browser.head("/shop/")
    assert edge.kept() == set()
    whole = edge.browser.get("/shop/")
    head = edge.browser.head("/shop/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.content))


@pytest.mark.parametrize(
    "address", ["/me/", "/cart/", "/account/login/", "/healthz", "/product/nothing/", "/feeds/products.xml", "/admin/"]
)
def test_what_is_personal_missing_streamed_or_not_public_is_not_kept(edge: Laptop, address: str) -> None:
    edge.browser.get(address)
    assert edge.kept() == set()


def test_a_form_goes_to_the_shop(edge: Laptop) -> None:
    edge.visit("/shop/")
    assert edge.browser.post("/shop/").status_code == 405


def test_a_page_is_made_anew_when_its_time_is_over(edge: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    monkeypatch.setattr("shop.adapters.edge_files.clock.now", lambda: now)
    edge.visit("/robots.txt")
    monkeypatch.setattr("shop.adapters.edge_files.clock.now", lambda: now + timedelta(hours=1))
    assert "X-Cache" not in edge.browser.get("/robots.txt").headers


def answer(response: HttpResponse) -> HttpResponse:
    @public_page(60)
    def view(request: HttpRequest) -> HttpResponse:
        return response

    view(RequestFactory().get("/"))
    return response


def with_cookie() -> HttpResponse:
    response = HttpResponse()
    response.set_cookie("a", "b")
    return response


def varying() -> HttpResponse:
    return HttpResponse(headers={"Vary": "Cookie"})


@pytest.mark.parametrize(
    "response", [with_cookie(), varying(), HttpResponse(status=404), HttpResponse(status=500), StreamingHttpResponse()]
)
def test_only_a_whole_page_that_is_the_same_for_everybody_may_be_kept(response: HttpResponse) -> None:
    assert page_of(answer(response)) is None


def test_a_public_page_may_be_kept_with_what_it_shows() -> None:
    assert page_of(answer(HttpResponse())) == Page(frozenset({"everything"}), 60)


def test_a_page_that_became_personal_afterwards_is_not_kept() -> None:
    assert page_of(personal_page(lambda request: answer(HttpResponse()))(RequestFactory().get("/"))) is None


def test_a_page_made_of_an_older_catalogue_may_be_kept_for_a_second() -> None:
    @public_page(60)
    def view(request: HttpRequest) -> HttpResponse:
        shown.shows_until(clock.now())
        return HttpResponse()

    found = page_of(view(RequestFactory().get("/")))
    assert found
    assert found.seconds == 1


def test_a_store_that_is_full_lets_the_oldest_pages_go(edge: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_files, "MOST_PAGES", 10)
    for number in range(11):
        edge.visit(f"/search/?q=word{number}")
    assert edge.kept() == {f"/search/?q=word{number}" for number in range(2, 11)}


def test_a_page_that_is_too_large_or_broken_on_disk_is_no_hit(edge: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    edge.visit("/shop/")
    [(path, _)] = PageStore().pages()
    path.write_bytes(b"half a li")
    assert edge.browser.get("/shop/").status_code == 200
    monkeypatch.setattr(edge_files, "MOST_BYTES", 100)
    edge.visit("/pages/terms/")
    assert edge.kept() == {"/shop/"}


def test_a_page_that_cannot_be_kept_is_shown_all_the_same(edge: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert edge.browser.get("/shop/").status_code == 200
    assert list(PageStore().folder.glob("*")) == []


def test_one_page_kept_by_two_threads_at_once_is_kept_whole(edge: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    both, write = Barrier(2, timeout=20), Path.write_bytes

    def together(path: Path, content: bytes) -> None:
        both.wait()
        write(path, content)
        both.wait()

    monkeypatch.setattr(Path, "write_bytes", together)
    request, response = RequestFactory().get("/shop/"), answer(HttpResponse(b"whole"))
    keep = partial(PageStore().keep, request, response, Page(frozenset({"everything"}), 60))
    with ThreadPoolExecutor(2) as threads:
        assert [done.result() for done in [threads.submit(keep), threads.submit(keep)]] == [None, None]
    found = PageStore().find(request)
    assert found
    assert found.content == b"whole"
    assert len(list(PageStore().folder.glob("*"))) == 1


def test_other_code_or_templates_make_other_pages(edge: Laptop, settings: Any) -> None:
    edge.visit("/shop/")
    settings.BUILD_ID = "next"
    assert "X-Cache" not in edge.browser.get("/shop/").headers
    settings.DEBUG = True
    assert edge_files.sources().startswith("next-1")


def test_switched_off_nothing_is_kept_or_found_and_tags_go_to_nobody(settings: Any, edge: Laptop) -> None:
    edge.visit("/shop/")
    settings.EDGE = False
    response = Client().get("/shop/")
    assert "X-Cache" not in response.headers
    assert not [name for name, value in response.headers.items() if "card:" in value or "list:" in value]


def test_cloudfront_learns_the_tags_by_a_header_of_public_pages_alone(settings: Any) -> None:
    settings.EDGE_STORE, settings.EDGE = CLOUDFRONT, True
    product = make_product(slug="quarry")
    make_variant(product)
    browser = Client()
    tags = browser.get("/product/quarry/").headers[HEADER].split(",")
    assert tags == ["everything", f"product:{product.pk}"]
    assert HEADER not in browser.get("/cart/").headers


def test_an_edge_that_goes_by_headers_keeps_no_page_with_a_cookie(settings: Any) -> None:
    settings.EDGE_STORE, settings.EDGE = CLOUDFRONT, True
    request = RequestFactory().get("/")
    closed = Edge(lambda request: answer(with_cookie()))(request)
    assert closed["Cache-Control"] == "private, no-store"
    assert HEADER not in closed.headers
    assert "s-maxage=60" in Edge(lambda request: answer(HttpResponse()))(request)["Cache-Control"]


def test_a_page_with_more_tags_than_cloudfront_reads_is_kept_for_a_minute() -> None:
    response = answer(HttpResponse())
    page = Page(frozenset(str(number) for number in range(51)), 86_400)
    CloudFront().keep(RequestFactory().get("/"), response, page)
    assert HEADER not in response.headers
    assert "s-maxage=60" in response.headers["Cache-Control"]


def test_no_page_of_the_shop_has_more_tags_than_cloudfront_reads(edge: Laptop) -> None:
    products = [make_variant(make_product(department="unisex")).product_id for _ in range(30)]
    listings.refresh(products)
    EdgePurge.objects.all().delete()
    edge.visit("/", "/shop/?sort=price&stock=1", "/search/?q=linen", "/search/suggest/?q=lin", "/product/quarry/")
    assert max(len(about["tags"]) for _, about in PageStore().pages()) == 28


def test_the_middleware_stands_before_all_that_make_the_answer_what_it_is(settings: Any) -> None:
    place = settings.MIDDLEWARE.index(f"{Edge.__module__}.{Edge.__qualname__}")
    assert settings.MIDDLEWARE[place + 1] == "django.middleware.security.SecurityMiddleware"
