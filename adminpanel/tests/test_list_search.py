"""What a search of a list finds, and that it is found by indexes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from adminpanel.list_search import is_indexed, probes
from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.many_of_each import SHORT, more_of_each
from adminpanel.tests.one_of_each import one_of_each
from shop.catalog.models import Colour, Product, ProductVariant
from shop.demo.multiply import Copies, analyse, multiply
from shop.orders.models import Order
from shop.tests.builders import make_order, make_user, make_variant
from shop.warehouse.models import StockLevel, StockMovement

pytestmark = pytest.mark.django_db
MANY = 150
# Lists on which everything that is bought or sold gets a row, or everybody who buys.
LONG = {
    *("backorder", "dispute", "document", "order", "packingtask", "paymentattempt", "product", "productvariant"),
    *("refund", "reservation", "return", "stocklevel", "stockmovement", "user"),
}


@pytest.fixture
def owner() -> Client:
    return signed_in(make_staff("owner"))


@pytest.fixture
def piece() -> ProductVariant:
    """QLS-SKY-M: a Quarry Linen Shirt in Sky Blue, on shelf B-04-2."""
    piece = make_variant()
    Product.objects.filter(pk=piece.product_id).update(name="Quarry Linen Shirt", slug="quarry-linen-shirt")
    Colour.objects.filter(pk=piece.colour_id).update(name="Sky Blue")
    ProductVariant.objects.filter(pk=piece.pk).update(sku="QLS-SKY-M", barcode="5012345678900")
    StockLevel.objects.filter(variant=piece).update(bin="B-04-2")
    other = make_variant()
    Product.objects.filter(pk=other.product_id).update(name="Moor Coat", slug="moor-coat")
    ProductVariant.objects.filter(pk=other.pk).update(colour=Colour.objects.create(name="Peat", slug="peat"))
    piece.refresh_from_db()
    return piece


def found(client: Client, model: type[Model], typed: str) -> list[Any]:
    answer = client.get(reverse(f"admin:shop_{model._meta.model_name}_changelist"), {"q": typed})
    assert answer.status_code == 200
    return [row.pk for row in answer.context["cl"].result_list]


@pytest.mark.parametrize("typed", ["qls-sky-m", "QLS", "5012345678900", "lin quar", '"linen shirt"', "qls linen"])
def test_a_piece_is_found_by_sku_barcode_and_words_on_each_of_its_lists(
    piece: ProductVariant, owner: Client, typed: str
) -> None:
    assert found(owner, ProductVariant, typed) == [piece.pk]
    assert found(owner, StockLevel, typed) == [level.pk for level in piece.stock_levels.all()]
    if not typed.startswith("5"):
        assert found(owner, Product, typed) == [piece.product_id]


@pytest.mark.parametrize("typed", ["b-04-2", "B-04", "blue shirt", "SKY"])
def test_a_level_is_found_by_its_bin_and_colour(piece: ProductVariant, owner: Client, typed: str) -> None:
    assert found(owner, StockLevel, typed) == [level.pk for level in piece.stock_levels.all()]


@pytest.mark.parametrize("typed", ["inen", "linen coat", "QLS-SKY-MX", "5012345678", "l", "-", "%", "QLS_SKY"])
def test_neither_the_middle_of_a_word_nor_words_of_two_pieces_find_one(
    piece: ProductVariant, owner: Client, typed: str
) -> None:
    for model in (ProductVariant, StockLevel, Product):
        assert found(owner, model, typed) == []


def test_a_movement_is_found_by_sku_document_and_words_of_its_reason(piece: ProductVariant, owner: Client) -> None:
    level: Any = piece.stock_levels.first()
    movement = StockMovement.objects.create(
        level=level, kind="damage", damaged_change=1, document="A7KM-29QX", reason="Torn while unpacking"
    )
    for typed in ("a7km-29qx", "torn", "unpack torn", "qls torn"):
        assert found(owner, StockMovement, typed) == [movement.pk]
    assert movement.pk in found(owner, StockMovement, "QLS-SKY-M")
    assert found(owner, StockMovement, "torn coat") == []


def test_people_and_orders_are_found_by_how_mail_and_names_begin(owner: Client) -> None:
    order = make_order(email="Ann.Lee@Example.org", full_name="Ann Lee")
    ann = make_user("ann.lee@example.org", full_name="Ann Lee")
    for typed in ("ANN.LEE@EXAMPLE.org", "ann.l", "Lee", "lee ann"):
        assert found(owner, Order, typed) == [order.pk]
        assert found(owner, type(ann), typed) == [ann.pk]
    assert found(owner, Order, "example.org") == found(owner, type(ann), "ee") == []


def test_stock_stands_in_the_order_of_its_labels(owner: Client) -> None:
    for sku in ("B-2", "A-1", "B-1"):
        ProductVariant.objects.filter(pk=make_variant().pk).update(sku=sku)
    answer = owner.get(reverse("admin:shop_stocklevel_changelist"))
    assert [level.variant.sku for level in answer.context["cl"].result_list] == ["A-1", "B-1", "B-2"]


def indexed() -> Iterator[tuple[type[Model], str]]:
    for model, options in admin.site._registry.items():
        if is_indexed(options.search_fields):
            for name in options.search_fields:
                yield model, str(name)


def test_every_list_that_grows_with_sales_is_searched_by_indexes() -> None:
    assert {model._meta.model_name for model, _ in indexed()} >= LONG


def without_index(model: type[Model], name: str) -> Iterator[str]:
    """The plans of a search by this field that would read a long table, or an index, to its end."""
    column = name.lstrip("=^@").removesuffix("__istartswith").rpartition("__")[2]
    for probe in probes(model, name, "Quarry-7"):
        plan = probe.values("pk").explain()
        probed = any("Index Cond" in line and column in line for line in plan.splitlines())
        in_short = any(table in SHORT and column in plan for table in re.findall(r"Scan .*on (\w+)", plan))
        if not set(re.findall(r"Seq Scan on (\w+)", plan)) <= set(SHORT) or not (probed or in_short):
            yield plan


def test_every_field_of_an_indexed_search_has_its_index() -> None:
    more_of_each(one_of_each())
    multiply(Copies(MANY, dict.fromkeys(SHORT, 8)))
    analyse()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    wrong = {f"{model._meta.model_name} {name}": list(without_index(model, name)) for model, name in indexed()}
    assert {name: plans for name, plans in wrong.items() if plans} == {}


HOSTILE = [
    *("\0", "a\0b", "x" * 10_000, "%", "_" * 5, "\\", "%_\\%", "'; DROP TABLE shop_order; --", "a' & !b:*|(", "٣²"),
    *("@" * 300, "🧦 שלום \u202e", "-", '"', "'", '"\\', "PO-%_%_%_", "<script>alert(1)</script>", "ﬀ ß İ"),
    *("a " * 500, "😀" * 300, "qls' 'linen", "\\' \\\\ :* <->"),
]


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_typed_breaks_a_list_or_means_more_than_itself(
    piece: ProductVariant, owner: Client, typed: str
) -> None:
    for model in (Product, ProductVariant, StockLevel, StockMovement, Order):
        answer = owner.get(reverse(f"admin:shop_{model._meta.model_name}_changelist"), {"q": typed})
        assert answer.status_code == 200
        # The form of the search refuses a NUL, and then everything is shown.
        assert "\0" in typed or list(answer.context["cl"].result_list) == []
        assert b"<script>alert" not in answer.content
