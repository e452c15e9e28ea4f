"""The search in the header of every staff page."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminpanel.finding import LOOKUPS, MOST, Typed
from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.one_of_each import one_of_each
from shop.accounts.models import User
from shop.catalog.models import Product, ProductVariant
from shop.delivery.shipment_models import Shipment
from shop.orders.models import Order
from shop.packing.models import PackingTask
from shop.returns.models import Return
from shop.suppliers.purchase_models import PurchaseOrder
from shop.tests.builders import make_user, make_variant

pytestmark = pytest.mark.django_db
FIND = "/admin/find/"


@pytest.fixture
def rows() -> dict[type[Model], Any]:
    """One of each, with numbers that a carrier and a maker gave."""
    found: dict[type[Model], Any] = one_of_each()
    for model, name, value in (
        (Shipment, "tracking_number", "JD00021"),
        (Return, "tracking_number", "RR123456785GB"),
        (ProductVariant, "barcode", "5012345678900"),
        (Order, "number", "A7KM-29QX"),
    ):
        model.objects.filter(pk=found[model].pk).update(**{name: value})
        found[model].refresh_from_db()
    return found


@pytest.fixture
def owner() -> Client:
    return signed_in(make_staff("owner"))


def page_of(row: Any) -> str:
    return reverse(f"admin:shop_{row._meta.model_name}_change", args=[row.pk])


def place(client: Client, typed: str) -> str:
    """Where the search leads; empty where it shows a list."""
    answer = client.get(FIND, {"q": typed})
    assert answer.status_code in (200, 302)
    return answer.headers.get("Location", "")


def found(client: Client, typed: str) -> dict[str, list[str]]:
    """The labels of what is listed, by kind."""
    groups = client.get(FIND, {"q": typed}).context["groups"]
    return {group.name: [hit.label for hit in group.hits] for group in groups}


@pytest.mark.parametrize(
    ("model", "typed"),
    [
        (Order, "A7KM-29QX"),
        (Order, " a7km29qx "),
        (Shipment, "JD00021"),
        (Return, "RR123456785GB"),
        (ProductVariant, "5012345678900"),
    ],
)
def test_what_is_typed_or_scanned_whole_leads_to_its_page(
    rows: dict[type[Model], Any], owner: Client, model: type[Model], typed: str
) -> None:
    assert place(owner, typed) == page_of(rows[model])


@pytest.mark.parametrize("model", [PackingTask, Shipment, Return, PurchaseOrder])
def test_the_number_or_slip_of_a_paper_leads_to_its_page(
    rows: dict[type[Model], Any], owner: Client, model: type[Model]
) -> None:
    assert place(owner, rows[model].number.lower()) == page_of(rows[model])


def test_a_sku_in_any_case_leads_to_its_piece_although_others_begin_so(owner: Client) -> None:
    piece = make_variant()
    ProductVariant.objects.filter(pk=piece.pk).update(sku="QLS-SKY-M")
    other = make_variant()
    ProductVariant.objects.filter(pk=other.pk).update(sku="QLS-SKY-ML")
    assert place(owner, "qls-sky-m") == page_of(piece)
    assert found(owner, "qls-sky")["Pieces"] == ["QLS-SKY-M", "QLS-SKY-ML"]


def test_a_mail_address_finds_the_customer_and_their_orders(rows: dict[type[Model], Any], owner: Client) -> None:
    order = rows[Order]
    Order.objects.filter(pk=order.pk).update(email="Ann@Example.org")
    make_user("ann@example.org", full_name="Ann Lee")
    assert found(owner, "ANN@example.ORG") == {"Orders": [order.number], "Customers": ["ann@example.org"]}
    User.objects.filter(email="ann@example.org").delete()
    assert place(owner, "ann@example.org") == page_of(order)


def test_a_name_is_found_by_the_beginnings_of_its_words_drafts_included(owner: Client) -> None:
    draft = make_variant().product
    Product.objects.filter(pk=draft.pk).update(name="Quarry Linen Shirt", published_at=None)
    assert found(owner, "lin quar") == {"Products": ["Quarry Linen Shirt"]}
    assert found(owner, "inen") == {}
    assert place(owner, "quarry linen shirt") == page_of(draft)


def test_more_than_are_shown_leads_to_the_list(owner: Client) -> None:
    piece = make_variant()
    ProductVariant.objects.filter(pk=piece.pk).update(sku="MANY-0")
    for number in range(1, MOST + 3):
        ProductVariant.objects.filter(pk=make_variant().pk).update(sku=f"MANY-{number}")
    answer = owner.get(FIND, {"q": "many-"})
    (group,) = answer.context["groups"]
    assert (len(group.hits), group.more) == (MOST, "/admin/shop/productvariant/?q=many-")


def test_each_role_finds_only_what_it_may_see(rows: dict[type[Model], Any]) -> None:
    make_user("colleague@example.org", is_staff=True)
    clients = {role: signed_in(make_staff(role)) for role in ("warehouse", "customer care", "catalogue", "analyst")}
    typed = ("A7KM-29QX", rows[PurchaseOrder].number, "carl@example.org", "colleague@example.org", "5012345678900")
    seen = {role: [bool(place(client, text)) for text in typed] for role, client in clients.items()}
    assert seen == {
        "warehouse": [True, True, False, False, True],
        "customer care": [True, False, True, False, True],
        "catalogue": [False, False, False, False, True],
        "analyst": [False, False, False, False, True],
    }


def test_one_query_finds_it_all(rows: dict[type[Model], Any]) -> None:
    client = signed_in(make_staff("owner"))
    counts = []
    client.get(FIND)
    for typed in ("", "nothing like it", "A7K", "carl@example.org"):
        with CaptureQueriesContext(connection) as queries:
            client.get(FIND, {"q": typed})
        counts.append(len(queries))
    assert counts[1:] == [counts[0] + 1] * 3


@pytest.mark.parametrize("lookup", LOOKUPS, ids=lambda lookup: f"{lookup.name} by {lookup.matched}")
def test_every_lookup_is_a_probe_of_an_index(rows: dict[type[Model], Any], lookup: Any) -> None:
    prefixes = {"Parcels": "SH", "Returns": "RT", "Packing": "PK", "Waves": "WV", "Purchase orders": "PO"}
    prefixes |= {"Receipts": "GR", "Transfers": "TR", "Stock counts": "SC"}
    typed = {"email": "ann@example.org", "sku": "QLS-SKY", "name": "linen"}.get(lookup.matched, "5012345678900")
    if lookup.matched == "number":
        typed = f"{prefixes[lookup.name]}-7KM29Q" if lookup.name in prefixes else "A7K"
    query = lookup.rows(Typed(typed, make_staff("owner"))).order_by()[:MOST]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    conditions = [line for line in query.explain().splitlines() if "Index Cond" in line]
    assert [line for line in conditions if lookup.matched in line], query.explain()


HOSTILE = [
    *(
        "\0",
        "a\0b",
        "x" * 10_000,
        "%",
        "_" * 5,
        "\\",
        "%_\\%",
        "'; DROP TABLE shop_order; --",
        "a' & !b:*|(",
        "٣²",
        "@",
    ),
    *("@" * 300, "🧦 שלום \u202e", "-", "---", "PO-%_%_%_", "A%KM-29Q_", "<script>alert(1)</script>", "ﬀ ß İ"),
]


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_typed_breaks_it_or_means_more_than_itself(
    rows: dict[type[Model], Any], owner: Client, typed: str
) -> None:
    answer = owner.get(FIND, {"q": typed})
    assert (answer.status_code, answer.context["groups"]) == (200, [])
    assert b"<script>alert" not in answer.content


def test_the_field_is_on_every_page_of_the_staff_and_takes_only_gets(owner: Client) -> None:
    for address in ("admin:index", "admin:shop_order_changelist", "admin:shop_supplier_add", "staff-find"):
        assert 'action="/admin/find/"' in owner.get(reverse(address)).content.decode()
    assert owner.post(FIND, {"q": "x"}).status_code == 405
    assert Client().get(FIND).headers["Location"].startswith("/admin/login/")
