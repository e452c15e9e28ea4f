"""Lists kept under a name: one's own, and those that others share."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminpanel.saved_filters import MOST, page_name
from adminpanel.site import StaffAdmin
from adminpanel.tests.builders import make_staff, signed_in
from shop.accounts.models import User
from shop.accounts.staff_models import SavedFilter

pytestmark = pytest.mark.django_db
ORDERS = "/admin/shop/order/"
SAVE, CHANGE = "/admin/filters/save/", "/admin/filters/change/"
QUERY = "state__exact=paid&q=ann&o=-4"


@pytest.fixture
def owner() -> User:
    return make_staff("owner")


def save(client: Client, name: str = "Paid by Ann", query: str = QUERY, **more: Any) -> str:
    """Where saving leads to."""
    sent = {"page": "shop_order_changelist", "name": name, "query": query, **more}
    answer = client.post(SAVE, sent)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def words(client: Client, where: str) -> str:
    return client.get(where).content.decode()


def test_a_list_is_saved_under_a_name_and_found_on_it_again(owner: User) -> None:
    client = signed_in(owner)
    assert save(client, "  Paid   by Ann ") == f"{ORDERS}?{QUERY}"
    row = SavedFilter.objects.get()
    assert (row.user, row.page, row.name, row.query, row.is_shared) == (
        *(owner, "shop_order_changelist", "Paid by Ann", QUERY),
        False,
    )
    page = words(client, ORDERS)
    assert f'href="?{QUERY.replace("&", "&amp;")}"' in page
    assert "Paid by Ann" not in words(client, "/admin/shop/product/")


def test_the_page_one_is_on_is_not_part_of_it_and_the_same_name_is_saved_once(owner: User) -> None:
    client = signed_in(owner)
    save(client, query="p=3&state__exact=paid&q=&e=1")
    save(client, query="state__exact=review")
    assert list(SavedFilter.objects.values_list("name", "query")) == [("Paid by Ann", "state__exact=review")]


@pytest.mark.parametrize(
    "query",
    [
        *("next=https://evil.example/", "state__exact=paid&next=//evil.example", "user__password__startswith=a"),
        *("o=1;--", "placed_at__gte=yesterday", "state__exact=paid\0", "q=" + "x" * 600, "", "p=2"),
    ],
)
def test_only_the_lists_own_parameters_are_saved(owner: User, query: str) -> None:
    client = signed_in(owner)
    assert save(client, query=query) == ORDERS
    assert not SavedFilter.objects.exists()
    assert 'href="https://evil' not in words(client, ORDERS)


@pytest.mark.parametrize("name", ["", "  ", "\0", "x" * 61])
def test_it_needs_a_name(owner: User, name: str) -> None:
    save(signed_in(owner), name)
    assert not SavedFilter.objects.exists()


def test_a_list_that_is_none_or_not_for_them_is_not_saved() -> None:
    client = signed_in(make_staff("analyst"))
    for page in ("", "index", "https://evil.example", "shop_nothing_changelist"):
        assert client.post(SAVE, {"page": page, "name": "A", "query": "q=a"}).status_code == 422
    assert client.post(SAVE, {"page": "shop_order_changelist", "name": "A", "query": "q=a"}).status_code == 403
    assert not SavedFilter.objects.exists()


def test_others_see_what_is_shared_and_nothing_else(owner: User) -> None:
    client = signed_in(owner)
    save(client, "Mine", "state__exact=paid")
    save(client, "Ours", "state__exact=review", shared="on")
    page = words(signed_in(make_staff("warehouse")), ORDERS)
    assert "Ours" in page and "by Noor" in page and "Mine" not in page
    assert "Change your saved lists" not in page


def test_only_ones_own_is_renamed_shared_and_deleted(owner: User) -> None:
    mine, other = signed_in(owner), signed_in(make_staff("warehouse"))
    save(mine, "Ours", "state__exact=review", shared="on")
    pk = SavedFilter.objects.get().pk
    for sent in ({"name": "Taken"}, {"do": "delete"}):
        assert other.post(CHANGE, {"filter": pk, **sent}).status_code == 404
    assert SavedFilter.objects.get().name == "Ours"
    assert mine.post(CHANGE, {"filter": pk, "name": "In review"}).headers["Location"] == ORDERS
    assert list(SavedFilter.objects.values_list("name", "is_shared")) == [("In review", False)]
    assert mine.post(CHANGE, {"filter": pk, "do": "delete"}).status_code == 302
    assert mine.post(CHANGE, {"filter": pk, "do": "delete"}).status_code == 404
    assert not SavedFilter.objects.exists()


def test_a_name_that_one_has_already_is_refused_in_words(owner: User) -> None:
    client = signed_in(owner)
    save(client, "A")
    save(client, "B")
    pk = SavedFilter.objects.get(name="B").pk
    client.post(CHANGE, {"filter": pk, "name": "A"})
    assert "You have a saved list “A” here already." in words(client, ORDERS)
    assert set(SavedFilter.objects.values_list("name", flat=True)) == {"A", "B"}


@pytest.mark.parametrize("pk", ["0", "-1", "9" * 30, "a\0b", "٣²"])
def test_hostile_keys_are_nothing(owner: User, pk: str) -> None:
    assert signed_in(owner).post(CHANGE, {"filter": pk, "name": "A"}).status_code == 404


def test_nobody_saves_without_end(owner: User) -> None:
    page = "shop_order_changelist"
    SavedFilter.objects.bulk_create(SavedFilter(user=owner, page=page, name=f"{n}", query="q=a") for n in range(MOST))
    client = signed_in(owner)
    save(client, "One more")
    assert SavedFilter.objects.count() == MOST
    save(client, "0", "q=b")
    assert SavedFilter.objects.get(name="0").query == "q=b"


@pytest.mark.parametrize("model_admin", admin.site._registry.values(), ids=page_name)
def test_every_list_can_be_saved(owner: User, model_admin: Any) -> None:
    assert isinstance(model_admin, StaffAdmin)
    client, page = signed_in(owner), page_name(model_admin)
    sent = {"page": page, "name": "By the second column", "query": "o=2"}
    assert client.post(SAVE, sent).headers["Location"] == f"{reverse(f'admin:{page}')}?o=2"
    assert "By the second column" in words(client, reverse(f"admin:{page}"))


def test_saved_lists_cost_one_query_however_many(owner: User) -> None:
    client = signed_in(owner)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(ORDERS)
        return len(queries)

    count()
    before = count()
    for name in "ABC":
        save(client, name, shared="on")
    client.get(ORDERS)
    assert count() == before <= 12
