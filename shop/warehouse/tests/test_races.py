"""Stock under real parallel connections."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from shop.catalog.models import ProductVariant
from shop.orders.models import OrderLine
from shop.tests.builders import make_location, make_order, make_stock, make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse import counts, levels
from shop.warehouse.ledger import differences
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.moving_models import StockCount
from shop.warehouse.services import Demand, OutOfStock, release, reserve

pytestmark = pytest.mark.django_db(transaction=True)


def want(*wanted: tuple[OrderLine, ProductVariant]) -> None:
    demands = [Demand(line.pk, variant.pk, 1) for line, variant in wanted]
    reserve(demands=demands, document="A", expires_at=None)


def test_twenty_buyers_of_five_units_leave_exactly_five_served() -> None:
    variant = make_variant(stock=0)
    make_stock(variant, 3, make_location("near"))
    make_stock(variant, 2, make_location("far"))
    lines = list(make_order(*[variant] * 20).lines.all())
    errors = in_parallel(lambda: want((lines.pop(), variant)), 20)
    assert [type(error) for error in errors] == [OutOfStock] * 15
    assert Reservation.objects.held().count() == 5
    assert list(StockLevel.objects.values_list("on_hand", "reserved")) == [(3, 3), (2, 2)]
    assert differences() == []


def test_buyers_of_the_same_two_things_in_opposite_order_never_deadlock() -> None:
    a, b = make_variant(stock=40), make_variant(stock=40)
    baskets = []
    for turned in [False, True] * 8:
        first, second = make_order(a, b).lines.all()
        baskets.append([(second, b), (first, a)] if turned else [(first, a), (second, b)])
    assert in_parallel(lambda: want(*baskets.pop()), 16) == []
    assert list(StockLevel.objects.values_list("reserved", flat=True)) == [16, 16]
    assert differences() == []


def test_the_same_release_at_the_same_moment_gives_back_once() -> None:
    variant = make_variant(stock=5)
    line = make_order(variant).lines.get()
    want((line, variant))
    assert in_parallel(lambda: release(order_line_ids=[line.pk], document="A", reason="late"), 6) == []
    assert StockLevel.objects.get().reserved == 0
    assert differences() == []


def test_rows_are_locked_in_key_order_before_each_is_updated_in_key_order() -> None:
    variants = [make_variant(stock=5) for _ in range(3)]
    lines = list(make_order(*variants).lines.all())
    with CaptureQueriesContext(connection) as queries:
        want(*reversed(list(zip(lines, variants, strict=True))))
    statements = [query["sql"] for query in queries]
    (lock,) = [at for at, sql in enumerate(statements) if "FOR NO KEY UPDATE" in sql]
    assert 'ORDER BY "shop_stocklevel"."id" ASC FOR NO KEY UPDATE OF "shop_stocklevel"' in statements[lock]
    updates = [(at, sql) for at, sql in enumerate(statements) if sql.startswith('UPDATE "shop_stocklevel"')]
    assert all(at > lock for at, _ in updates)
    keys = list(StockLevel.objects.order_by("pk").values_list("pk", flat=True))
    assert [f'"id" IN ({", ".join(map(str, keys))})' in sql for _, sql in updates] == [True]
    assert all('"on_hand" >= ' in sql for _, sql in updates)


def test_rows_that_name_a_level_are_written_while_it_is_locked() -> None:
    """Otherwise whoever packs or counts waits for levels in another order than all others lock them, and deadlocks."""
    variant = make_variant(stock=10)
    location = make_location()

    def begin() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        counts.begin(StockCount(location=location))

    with transaction.atomic():
        levels.lock([variant.pk])
        assert in_parallel(begin, 1) == []
