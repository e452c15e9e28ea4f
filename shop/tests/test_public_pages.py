"""What holds for every public page: the same bytes for everybody, kept by an edge, under a strict policy."""

import pytest
from django.test import Client

from shop.catalog import listings
from shop.catalog.views.pages import PAGES
from shop.tests.builders import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/",
    "/shop/",
    "/shop/?sale=1&page=1",
    "/shop/women/",
    "/shop/shirts/",
    "/product/quarry/",
    "/product/quarry/?colour=sky&size=M",
    "/product/quarry/?missing=size",
    "/search/",
    "/search/?q=linen",
    "/search/suggest/?q=lin",
    "/colours.css",
    "/sitemap.xml",
    "/robots.txt",
    "/feeds/products.xml",
    *(f"/pages/{slug}/" for slug in PAGES),
]
MISSING = ["/product/nothing/", "/pages/nothing/", "/shop/nothing/"]


@pytest.fixture(autouse=True)
def shop() -> None:
    product = make_product(slug="quarry")
    make_variant(product)
    listings.refresh([product.pk])


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_edge_may_keep_it_and_a_browser_asks_again(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    kept = {part.strip() for part in response.headers["Cache-Control"].split(",")}
    assert "public" in kept
    assert any(part.startswith("s-maxage=") and part != "s-maxage=0" for part in kept)
    assert not kept & {"private", "no-store", "no-cache"}
    assert response.headers["ETag"]


@pytest.mark.parametrize("address", ADDRESSES + MISSING)
def test_it_sets_no_cookie_and_does_not_vary_on_one(client: Client, address: str) -> None:
    response = client.get(address)
    assert not response.cookies
    assert "cookie" not in response.headers.get("Vary", "").lower()


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_is_the_same_for_somebody_signed_in_with_a_bag(client: Client, address: str) -> None:
    stranger = b"".join(client.get(address))
    client.force_login(make_user())
    client.cookies["bag"] = "something"
    assert b"".join(client.get(address)) == stranger
    assert b"csrfmiddlewaretoken" not in stranger


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_has_it_already_is_told_so(client: Client, address: str) -> None:
    browser = {"accept-encoding": "gzip"}
    whole = client.get(address, headers=browser)
    again = client.get(address, headers={**browser, "if-none-match": whole.headers["ETag"]})
    assert again.status_code == 304
    assert not again.content
    for name in ("Cache-Control", "Vary"):
        assert again.headers[name] == whole.headers[name]
    assert whole.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("address", ["/", "/product/quarry/", "/pages/delivery/", "/nothing/"])
def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(client: Client, address: str) -> None:
    response = client.get(address)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    html = response.content.decode()
    assert " style=" not in html
    assert "<style" not in html
    assert " onclick=" not in html
    scripts = [part.split(">")[0] for part in html.split("<script")[1:]]
    assert all("src=" in script or "application/ld+json" in script for script in scripts)


def test_the_other_guards_are_up(client: Client) -> None:
    headers = client.get("/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_it_travels_compressed(client: Client) -> None:
    response = client.get("/", headers={"accept-encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.content) < 8000
