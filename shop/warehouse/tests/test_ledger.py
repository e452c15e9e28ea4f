import random
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from shop.accounts.models import User
from shop.core.errors import ShopError
from shop.orders.models import OrderLine, OrderStateChange
from shop.tests.builders import make_location, make_order, make_stock, make_user, make_variant
from shop.warehouse.ledger import Difference, differences
from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.services import Demand, receive, release, reserve, set_on_hand, settle

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(6))
def test_after_any_operations_every_number_is_the_sum_of_its_ledger(seed: int) -> None:
    choose = random.Random(seed)
    variants = [make_variant(stock=0) for _ in range(3)]
    for code in ("near", "far"):
        for variant in variants:
            make_stock(variant, choose.randint(1, 6), make_location(code))
    lines = list(make_order(*variants, *variants, *variants).lines.all())
    operations: list[Callable[[], object]] = [
        lambda: hold(choose.sample(lines, 2), choose),
        lambda: release(order_line_ids=[choose.choice(lines).pk], document="A", reason="changed"),
        lambda: settle(order_line_ids=[choose.choice(lines).pk]),
        lambda: receive(level=any_level(choose), quantity=choose.randint(0, 3)),
        lambda: set_on_hand(level=any_level(choose), on_hand=choose.randint(-1, 8), reason="counted", actor=None),
    ]
    refused = 0
    for _ in range(60):
        try:
            choose.choice(operations)()
        except ShopError:
            refused += 1
        assert differences() == []
    assert 0 < refused < 60, "both outcomes were met"


def hold(lines: list[OrderLine], choose: random.Random) -> None:
    demands = [Demand(line.pk, line.variant_id or 0, choose.randint(1, 5)) for line in lines]
    reserve(demands=demands, document="A", expires_at=None)


def any_level(choose: random.Random) -> StockLevel:
    return choose.choice(list(StockLevel.objects.order_by("pk")))


def test_differences_name_each_level_that_disagrees() -> None:
    variant = make_variant(stock=5)
    make_variant(stock=4)
    line = make_order(variant).lines.get()
    level = StockLevel.objects.get(variant=variant)
    reserve(demands=[Demand(line.pk, variant.pk, 2)], document="A", expires_at=None)
    StockLevel.objects.filter(pk=level.pk).update(on_hand=9)
    Reservation.objects.update(quantity=1)
    assert differences() == [Difference(level.pk, on_hand=(9, 5), reserved=(2, 2), held=(2, 1))]


@pytest.mark.parametrize("change", [{"on_hand": 1}, {"reserved": 6}, {"reserved": -1}])
def test_the_database_itself_refuses_to_promise_more_than_there_is(change: dict[str, int]) -> None:
    variant = make_variant(stock=5)
    StockLevel.objects.filter(variant=variant).update(reserved=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockLevel.objects.filter(variant=variant).update(**change)


def refused_by_the_database(run: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match="is append-only"), transaction.atomic():
        run()


def test_stock_movements_cannot_be_rewritten_or_removed() -> None:
    make_variant(stock=5)
    refused_by_the_database(lambda: StockMovement.objects.update(on_hand_change=6))
    refused_by_the_database(lambda: StockMovement.objects.all().delete())
    refused_by_the_database(lambda: StockMovement.objects.all()._raw_delete("default"))
    with pytest.raises(ShopError, match="append-only"):
        StockMovement.objects.get().delete()
    assert StockMovement.objects.get().on_hand_change == 5


def test_an_orders_history_cannot_be_rewritten_or_removed() -> None:
    make_order()
    refused_by_the_database(lambda: OrderStateChange.objects.update(to_state="paid"))
    refused_by_the_database(lambda: OrderStateChange.objects.all().delete())
    assert OrderStateChange.objects.get().to_state == "pending"


def test_a_ledger_line_outlives_the_user_who_wrote_it() -> None:
    actor = make_user()
    variant = make_variant(stock=5)
    set_on_hand(level=StockLevel.objects.get(variant=variant), on_hand=4, reason="one torn", actor=actor)
    User.objects.all().delete()
    moved = StockMovement.objects.get(kind="adjustment")
    assert (moved.actor, moved.on_hand_change, moved.reason) == (None, -1, "one torn")
