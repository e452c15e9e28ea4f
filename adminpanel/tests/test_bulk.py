"""Actions that change many rows: asked for, looked at, written once, taken back."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminpanel import bulk_actions
from adminpanel.tests.builders import make_staff, signed_in
from shop.bulk import deeds
from shop.bulk.models import BulkChange
from shop.bulk.tests.builders import planned, written
from shop.catalog.models import ProductVariant
from shop.marketing.sales import apply_sales
from shop.tests.builders import make_category, make_colour, make_product, make_sale, make_size, make_variant

pytestmark = pytest.mark.django_db


def listed(model: str) -> str:
    return reverse(f"admin:shop_{model}_changelist")


def act(
    client: Client, model: str, action: str, rows: list[Any], answers: dict[str, Any] | None = None, query: str = ""
) -> Any:
    """Press the action with these rows ticked; with answers its question is answered."""
    data = {"action": action, "_selected_action": [row.pk for row in rows], "select_across": "0"}
    data |= {} if answers is None else {"asked": "yes"} | answers
    return client.post(f"{listed(model)}{query}", data)


def three() -> list[ProductVariant]:
    product = make_product()
    return [make_variant(product, sku=f"A-{name}", size=make_size(name)) for name in ("S", "M", "L")]


def test_prices_are_asked_for_looked_at_written_and_taken_back() -> None:
    variants = three()
    client = signed_in(make_staff("catalogue"))
    question = act(client, "productvariant", "change_prices", variants[:2]).content.decode()
    assert "2 rows chosen" in question
    told = {"what": "up", "percent": "10", "reason": "Cotton"}
    answer = act(client, "productvariant", "change_prices", variants[:2], told)
    row = BulkChange.objects.get()
    page = client.get(answer["Location"]).content.decode()
    assert "Prices up by 10%" in page
    assert "£78.00" in page
    assert "£85.80" in page
    assert not ProductVariant.objects.exclude(price=7800).exists()
    client.post(reverse("admin:shop_bulkchange_write", args=[row.pk]))
    assert set(ProductVariant.objects.values_list("sku", "price")) == {("A-S", 8580), ("A-M", 8580), ("A-L", 7800)}
    history = client.get(reverse("admin:shop_productvariant_history", args=[variants[0].pk])).content.decode()
    assert "Prices up by 10%: Cotton" in history
    client.post(reverse("admin:shop_bulkchange_undo", args=[row.pk]))
    assert not ProductVariant.objects.exclude(price=7800).exists()
    history = client.get(reverse("admin:shop_productvariant_history", args=[variants[0].pk])).content.decode()
    assert "Undo: Prices up by 10%" in history


def test_select_all_means_the_whole_list_as_it_is_filtered() -> None:
    variants = three()
    ProductVariant.objects.filter(pk=variants[2].pk).update(is_active=False)
    told = {"what": "set", "price": "50", "select_across": "1"}
    owner = signed_in(make_staff("owner"))
    act(owner, "productvariant", "change_prices", variants[:1], told, "?is_active__exact=1")
    assert [cells[2] for cells in BulkChange.objects.get().edits] == ["A-S", "A-M"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "This field is required."),
        ({"what": "up"}, "Write by how many per cent."),
        ({"what": "up", "percent": "-5"}, "greater than or equal to 1"),
        ({"what": "up", "percent": "9" * 400}, "less than or equal to 500"),
        ({"what": "sale", "percent": "91"}, "At most 90 per cent"),
        ({"what": "set"}, "Write the price."),
        ({"what": "set", "price": "=1+1"}, "Write an amount such as"),
        ({"what": "set", "price": "1000000000000"}, "Write an amount such as"),
        ({"what": "set", "price": "0"}, "above zero"),
        ({"what": "off"}, "Nothing would change. A-S: It is not on sale."),
        ({"what": "up", "percent": "5", "reason": "nul\0"}, "Null characters"),
    ],
)
def test_an_answer_that_cannot_be_is_told_by_its_field_and_plans_nothing(values: dict[str, str], message: str) -> None:
    answer = act(signed_in(make_staff("owner")), "productvariant", "change_prices", three()[:1], values)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not BulkChange.objects.exists()


def test_too_many_rows_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_actions, "MOST_ROWS", 2)
    client = signed_in(make_staff("owner"))
    answer = act(client, "productvariant", "change_prices", three())
    assert answer.status_code == 302
    assert "More than 2 rows are chosen" in client.get(answer["Location"]).content.decode()


def test_a_variant_that_a_running_sale_has_is_named_and_left() -> None:
    first, second = make_variant(sku="A-S"), make_variant(make_product("Knit"), sku="B-S")
    make_sale(20, products=[first.product])
    apply_sales()
    client = signed_in(make_staff("owner"))
    act(client, "productvariant", "change_prices", [first, second], {"what": "up", "percent": "5"})
    row = BulkChange.objects.get()
    assert row.refused == [["A-S", "A running sale keeps its price. Change it when the sale has ended."]]


def test_products_are_published_taken_out_and_moved() -> None:
    variant, knits = make_variant(), make_category("Knits", "knits")
    client, product = signed_in(make_staff("catalogue")), variant.product
    answers: dict[str, dict[str, Any]] = {"take_out": {}, "publish": {}, "move": {"category": knits.pk}}
    for action, told in answers.items():
        act(client, "product", action, [product], told)
        client.post(reverse("admin:shop_bulkchange_write", args=[BulkChange.objects.order_by("pk").last().pk]))  # type: ignore[union-attr]
        product.refresh_from_db()
        assert (product.published_at is None) == (action == "take_out")
    assert product.category == knits
    assert list(BulkChange.objects.order_by("pk").values_list("title", flat=True)) == [
        "Taken out of the shop",
        "Put into the shop",
        "Moved to Knits",
    ]


def test_the_warehouse_sets_reorder_points_but_cannot_write_anothers_prices() -> None:
    level = make_variant(stock=3).stock_levels.get()
    prices = planned(make_variant(sku="B", colour=make_colour("Clay")))
    client = signed_in(make_staff("warehouse"))
    act(client, "stocklevel", "set_reorder_point", [level], {"units": "9"})
    row = BulkChange.objects.exclude(pk=prices.pk).get()
    client.post(reverse("admin:shop_bulkchange_write", args=[row.pk]))
    level.refresh_from_db()
    assert level.reorder_point == 9
    assert client.post(reverse("admin:shop_bulkchange_write", args=[prices.pk])).status_code == 403
    prices.refresh_from_db()
    assert prices.state == "planned"


@pytest.mark.parametrize("role", ["warehouse", "customer care", "marketing", "analyst"])
def test_who_may_not_change_prices_is_not_offered_the_action(role: str) -> None:
    variants = three()
    client = signed_in(make_staff(role))
    act(client, "productvariant", "change_prices", variants, {"what": "set", "price": "1"})
    assert not BulkChange.objects.exists()


def test_the_look_is_bounded_and_a_fixed_number_of_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adminpanel.bulk_admin.SHOWN", 2)
    client = signed_in(make_staff("owner"))
    row = written(deeds.set_price(5000), three())
    with CaptureQueriesContext(
        connection,
    ) as captured:
        page = client.get(reverse("admin:shop_bulkchange_change", args=[row.pk])).content.decode()
    assert "The first 2 of 3; all of them were written." in page
    assert len(captured) <= 12
