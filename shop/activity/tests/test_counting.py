"""Who has things counted, who is not counted, and what staff read of it."""

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from shop.activity import pace, services
from shop.activity.dynamodb import DynamoActivityStore
from shop.activity.models import ActivityCount
from shop.activity.services import mark_of, popular, words_of_product
from shop.activity.stores import ActivityUnavailable, Kind
from shop.adapters import dynamodb
from shop.adapters.dynamodb import Unavailable
from shop.catalog.models import ProductVariant
from shop.checkout.handlers import count_bought
from shop.core import clock
from shop.events.envelope import Event
from shop.orders.models import Order
from shop.tests.builders import make_order, make_user, make_variant

pytestmark = pytest.mark.django_db
HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.activity.views.PACE", pace.Pace())


@pytest.fixture
def shirt() -> ProductVariant:
    return make_variant(stock=20)


@pytest.fixture
def out_of_reach(cloud: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*args: object) -> None:
        raise Unavailable("throttled")

    settings.ACTIVITY_STORE = "shop.activity.dynamodb.DynamoActivityStore"
    for name in ("get", "get_many", "query", "write", "transact"):
        monkeypatch.setattr(dynamodb, name, silent)


def beacon(client: Client, mark: str, **headers: str) -> int:
    answer = client.post("/activity/", {"mark": mark}, headers=HERE | headers)
    assert not answer.cookies
    return answer.status_code


def counted() -> list[tuple[str, int, int]]:
    return list(ActivityCount.objects.order_by("kind").values_list("kind", "product", "units"))


def paid(order: Order) -> Event:
    detail = {"order_id": order.pk, "number": order.number}
    return Event(uuid4(), "OrderPaid", "aspireclothes.orders", detail, clock.now())


def test_a_product_page_has_itself_counted_by_the_mark_it_bears(client: Client, shirt: ProductVariant) -> None:
    html = client.get(shirt.product.get_absolute_url()).content.decode()
    (mark,) = re.findall(r'<meta name="activity" content="([^"]+)">', html)
    assert [beacon(client, mark), beacon(client, mark)] == [204, 204]
    assert counted() == [("viewed", shirt.product_id, 2)]


def test_a_search_is_counted_without_its_words_and_an_empty_one_is_none(client: Client) -> None:
    assert 'name="activity"' not in client.get("/search/").content.decode()
    (mark,) = re.findall(r'name="activity" content="([^"]+)"', client.get("/search/?q=linen").content.decode())
    assert beacon(client, mark) == 204
    assert counted() == [("searched", 0, 1)]


@pytest.mark.parametrize("header", ["DNT", "Sec-GPC"])
def test_who_asked_not_to_be_counted_is_not(client: Client, shirt: ProductVariant, header: str) -> None:
    assert beacon(client, mark_of(Kind.VIEWED, 7), **{header: "1"}) == 204
    client.post("/cart/add/", {"variant": shirt.pk}, headers=HERE | {header: "1"})
    assert counted() == []
    assert client.get("/me/").json()["bag"] == 1


@pytest.mark.parametrize("mark", ["", "viewed:7", "viewed:7:x", "\0", "x" * 10_000, mark_of(Kind.VIEWED, 7) + "x"])
def test_what_no_page_of_ours_says_is_not_counted(client: Client, mark: str) -> None:
    assert beacon(client, mark) == 400
    assert counted() == []


@pytest.mark.parametrize("origin", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}])
def test_another_site_has_nothing_counted(client: Client, origin: dict[str, str]) -> None:
    assert client.post("/activity/", {"mark": mark_of(Kind.VIEWED, 7)}, headers=origin).status_code == 403
    assert client.get("/activity/").status_code == 405
    assert counted() == []


def test_one_address_has_so_many_counted_in_a_minute_and_others_go_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "MOST_EACH", 2)
    mark, now = mark_of(Kind.VIEWED, 7), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    assert [beacon(client, mark) for _ in range(3)] == [204, 204, 429]
    assert beacon(Client(REMOTE_ADDR="192.0.2.1"), mark) == 204
    monkeypatch.setattr(pace, "MOST", 4)
    assert beacon(Client(REMOTE_ADDR="192.0.2.2"), mark) == 429
    monkeypatch.setattr(clock, "now", lambda: now.replace(year=now.year + 1))
    assert beacon(client, mark) == 204


def test_putting_in_the_bag_and_buying_are_counted_where_they_happen(client: Client, shirt: ProductVariant) -> None:
    client.post("/cart/add/", {"variant": shirt.pk, "quantity": 3}, headers=HERE)
    order = make_order(shirt, quantity=2)
    for _ in range(2):
        count_bought(paid(order))
    product = shirt.product_id
    assert counted() == [("added", product, 1), ("bought", product, 2)]
    assert words_of_product(product) == "Looked at never, put into a bag once, bought twice"
    assert popular(3, Kind.BOUGHT) == [(product, 2)]


def test_staff_read_it_on_the_products_page_and_on_their_home(client: Client, shirt: ProductVariant) -> None:
    for _ in range(12):
        services.note(Kind.VIEWED, shirt.product_id)
    client.force_login(make_user("owner@example.org", is_staff=True, is_superuser=True))
    page = client.get(f"/admin/shop/product/{shirt.product_id}/change/").content.decode()
    assert "Looked at 12 times, put into a bag never, bought never" in page
    assert "Looked at most" in client.get("/admin/").content.decode()


@pytest.mark.usefixtures("out_of_reach")
def test_without_an_answer_nothing_fails_that_is_counted(client: Client, shirt: ProductVariant) -> None:
    assert beacon(client, mark_of(Kind.VIEWED, 7)) == 204
    assert client.post("/cart/add/", {"variant": shirt.pk}, headers=HERE).status_code == 303
    count_bought(paid(make_order(shirt)))
    assert popular(3) == ()
    assert words_of_product(7) == "What was counted cannot be reached just now."
    with pytest.raises(ActivityUnavailable):
        DynamoActivityStore().of_product(7, [date(2030, 3, 4)])
