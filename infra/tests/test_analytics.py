"""What QuickSight would read: the views, run on the tests' own database."""

from typing import Any

import pytest
from django.db import connection

from infra import load
from shop.core import clock
from shop.orders.models import Order
from shop.tests.builders import make_order, make_variant

pytestmark = pytest.mark.django_db

VIEWS = load.FOLDER / "analytics" / "views.sql"
GIVEN = {"ReaderSecretArn": "arn:aws:secretsmanager:x", "Analyst": "arn:aws:quicksight:x"}


def read(view: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(VIEWS.read_text())
        cursor.execute(f"SELECT * FROM reporting.{view} ORDER BY 1, 2, 3")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def data_sets() -> dict[str, list[str]]:
    """The columns of each view that the template names."""
    made = load.resources("analytics", "dev", given=GIVEN).values()
    tables = [each.properties["PhysicalTableMap"]["view"]["RelationalTable"] for each in made if "DataSet" in each.type]
    assert {table["Schema"] for table in tables} == {"reporting"}
    return {table["Name"]: [column["Name"] for column in table["InputColumns"]] for table in tables}


def test_paid_orders_are_summed_by_day_and_others_are_not() -> None:
    paid = make_order(make_variant(price=7800), quantity=2)
    make_order(make_variant(price=100))
    Order.objects.filter(pk=paid.pk).update(state=Order.State.PAID, paid_at=clock.now())
    (day,) = read("sales_by_day")
    assert (day["orders"], day["taken"], day["currency"]) == (1, paid.grand_total, "GBP")
    (sold,) = read("sold_by_day")
    assert (sold["units"], sold["taken"], sold["size"]) == (2, 15600, "M")


def test_stock_is_told_by_location() -> None:
    variant = make_variant(stock=4)
    assert read("stock") == [
        {
            "product": variant.product.slug,
            "sku": variant.sku,
            "location": "main",
            "on_hand": 4,
            "reserved": 0,
            "damaged": 0,
        }
    ]


def test_the_data_sets_are_the_views() -> None:
    with connection.cursor() as cursor:
        cursor.execute(VIEWS.read_text())
        cursor.execute(
            "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) "
            "FROM information_schema.columns WHERE table_schema = 'reporting' GROUP BY 1"
        )
        assert dict(cursor.fetchall()) == data_sets()


def test_no_view_shows_a_person() -> None:
    personal = {
        "email",
        "full_name",
        "phone",
        "address",
        "address_extra",
        "postcode",
        "city",
        "user_id",
        "number",
        "key",
    }
    assert {column for columns in data_sets().values() for column in columns} & personal == set()
