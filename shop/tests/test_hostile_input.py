"""Every address with every kind of nonsense: whatever comes in, nothing answers with a fault of ours."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from shop.cart.models import CartLine
from shop.catalog import listings
from shop.orders.models import Order
from shop.tests.builders import make_order, make_product, make_rate, make_user, make_variant

pytestmark = pytest.mark.django_db

HEADERS = {"Origin": "http://testserver", "Authorization": "Bearer sk_test_x"}
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="q"'
TEXTS = [
    "",
    "-1",
    "1e309",
    "NaN",
    "٣²",
    "9" * 5000,
    "a\0b",
    "\ud800",
    "a\r\nBcc: b@example.com",
    "🧦 \u202eשלום",
    "<script>{{ 7|add:7 }}%s",
    "' a & !b | (c <-> d):* \\ '':*",
    "the and of",
    "?!.,;:-'\"",
    "x" * 5000,
    "//evil.example/../..",
]
# What the views read, what none of them reads, and names that are no names.
NAMES = [
    "q", "page", "colour", "size", "price", "category", "department", "sort", "sale", "new", "stock", "missing",
    "v", "product", "variant", "quantity", "capped", "full", "changed", "payment", "cancelled", "attempt", "key",
    "email", "name", "country", "address", "address2", "city", "region", "postcode", "phone", "method", "news",
    "placement_key", "seen", "card_number", "expiry", "cvc", "lose_next", "delay_seconds", "limit",
    "funding", "cancel", "token", "code",
]  # fmt: skip
# Buttons: each leads around what the others do, so each is pressed for itself.
BUTTONS = ["apply", "remove", "update"]
ODD_NAMES = ["", "[]", "[", "expand[]", "a[b][c]", "line_items[²][quantity]", "metadata[a]", "a\0"]
BODIES = [
    (FORM, b"\xff\xfe=%ff%fe&%00=%00"),
    (FORM, b"&".join(b"a%d=1" % number for number in range(1200))),
    (FORM, b"q=" + b"x" * 2_600_000),
    (FORM + "; charset=utf-16", b"q=\x00"),
    (MULTIPART, b"no boundary in here"),
    (MULTIPART, PART + b"\r\n\r\n\xff\xfe\r\n--x--\r\n"),
    (MULTIPART, PART + b'; filename="a\0b"\r\n\r\n<svg/>\r\n--x--\r\n'),
    (MULTIPART, PART + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n$\r\n--x"),
    ("multipart/form-data", b"--x"),
    ("application/json", b"[1, null, {"),
    ("\xff", b"q=1"),
]


def patterns(resolver: URLResolver) -> Iterator[str]:
    """The patterns of all addresses but the staff site's."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield str(entry.pattern)
        elif entry.app_name != "admin":
            yield from (str(entry.pattern) + rest for rest in patterns(entry))


def addresses(order: Order) -> list[str]:
    """Every pattern filled in, with what exists where it can be and with nonsense."""
    shapes = [shape.replace("^", "").replace("(?P<path>.*)$", "<path>") for shape in patterns(get_resolver())]
    known = {"<slug:slug>": "quarry", "<slug:number>": order.number, "<slug:key>": order.key, "<path>": "refunds"}
    odd = {"<int:delivery_id>": "9" * 40, "<path>": "checkout/sessions", "<slug:action>": "resend"}
    return sorted({"/" + fill(shape, values) for shape in shapes for values in (known, odd)})


def fill(shape: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        shape = shape.replace(name, value)
    while "<" in shape:
        start, _, rest = shape.partition("<")
        shape = start + ("7" if rest.startswith("int:") else "x" * 300) + rest.partition(">")[2]
    return shape


def query(text: str) -> str:
    return "&".join(f"{quote(name)}={quote(text, errors='surrogatepass')}" for name in NAMES)


@pytest.fixture
def visitor() -> Client:
    """Somebody with a bag, in a shop that sells one thing."""
    make_rate()
    variant = make_variant(make_product(slug="quarry"))
    listings.refresh([variant.product_id])
    client = Client(raise_request_exception=False)
    client.post("/cart/add/", {"variant": variant.pk}, headers=HEADERS)
    assert CartLine.objects.count() == 1
    return client


def faults(client: Client, method: str, address: str, body: bytes = b"", kind: str = FORM) -> list[tuple[str, str]]:
    status = client.generic(method, address, body, kind, headers=HEADERS).status_code
    return [(method, address[:200])] if status >= 500 else []


def test_no_text_in_any_field_of_any_address_is_a_fault(visitor: Client) -> None:
    order = make_order()
    found = []
    for address in addresses(order):
        for text in TEXTS:
            found += faults(visitor, "GET", f"{address}?{query(text)}")
            found += faults(visitor, "POST", address, query(text).encode())
        for name in ODD_NAMES:
            found += faults(visitor, "POST", address, f"{quote(name)}=1".encode())
    assert found == []
    # Its own form for that was posted too, by somebody who has its key.
    assert list(Order.objects.values_list("pk", "state")) == [(order.pk, "cancelled")]
    assert list(CartLine.objects.values_list("quantity", flat=True)) == [1]


@pytest.mark.parametrize("button", BUTTONS)
def test_no_text_beside_a_button_is_a_fault(visitor: Client, button: str) -> None:
    found = []
    for address in ("/cart/", "/cart/code/", "/checkout/"):
        for text in TEXTS:
            found += faults(
                visitor, "POST", address, f"{query(text)}&{button}={quote(text, errors='replace')}".encode()
            )
    assert found == []
    assert list(CartLine.objects.values_list("quantity", flat=True)) == [1]


def test_no_method_and_no_body_is_a_fault(visitor: Client) -> None:
    order = make_order()
    found = []
    for address in addresses(order):
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"):
            found += faults(visitor, method, address, b"x")
        for kind, body in BODIES:
            found += faults(visitor, "POST", address, body, kind)
    assert found == []
    assert list(CartLine.objects.values_list("quantity", flat=True)) == [1]


@pytest.mark.parametrize("length", ["abc", "1e3", "٣", "-"])
def test_a_length_that_is_no_number_is_refused(visitor: Client, length: str) -> None:
    for address in ("/cart/add/", "/checkout/", "/webhooks/stripe/", "/webhooks/paypal/"):
        response = visitor.post(address, b"variant=1", FORM, headers=HEADERS, CONTENT_LENGTH=length)
        assert response.status_code == 400


AUTOCOMPLETE = "autocomplete/?app_label=shop&model_name=product&field_name=category&term=a%00"


@pytest.mark.parametrize("address", ["shop/order/?state=%00", "shop/product/?q=a%00b", AUTOCOMPLETE])
def test_a_null_character_in_a_query_of_the_staff_site_is_dropped(address: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert client.get(f"/admin/{address}").status_code == 200


@pytest.mark.parametrize("cookie", ["", "x", "a:b:c", "x" * 8000, "\x80\xff", '"\\000"', "::", "a:1e9:b"])
def test_a_bag_cookie_that_is_none_of_ours_is_no_bag(visitor: Client, cookie: str) -> None:
    headers = {**HEADERS, "Cookie": f"bag={cookie}; sessionid={cookie}"}
    assert Client().get("/me/", headers=headers).json() == {"bag": 0, "name": ""}
    assert Client().get("/checkout/", headers=headers)["Location"] == "/cart/"
