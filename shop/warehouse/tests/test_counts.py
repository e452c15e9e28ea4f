from typing import Any

import pytest

from shop.core.errors import ShopError
from shop.events.models import OutboxEvent
from shop.tests.builders import make_colour, make_location, make_order, make_stock, make_user, make_variant
from shop.warehouse.models import StockLevel, StockMovement
from shop.warehouse.services import MOST_UNITS, Demand, available, receive, release, reserve, set_on_hand

pytestmark = pytest.mark.django_db


def events(name: str) -> list[dict[str, Any]]:
    return list(OutboxEvent.objects.filter(name=name).order_by("created_at").values_list("detail", flat=True))


def hold(variant_id: int, line_id: int, quantity: int) -> None:
    reserve(demands=[Demand(line_id, variant_id, quantity)], document="A", expires_at=None)


def test_receive_adds_units_and_says_who_and_why() -> None:
    level, actor = make_stock(make_variant(stock=0), 2), make_user()
    receive(level=level, quantity=5, document="GR-7", reason="delivery", actor=actor)
    assert level.on_hand == StockLevel.objects.get().on_hand == 7
    moved = StockMovement.objects.first()
    assert moved is not None
    assert (moved.kind, moved.on_hand_change, moved.reserved_change) == ("receipt", 5, 0)
    assert (moved.document, moved.reason, moved.actor) == ("GR-7", "delivery", actor)


def test_a_count_writes_the_difference() -> None:
    level, actor = make_stock(make_variant(stock=0), 7), make_user()
    set_on_hand(level=level, on_hand=4, reason="counted", actor=actor)
    assert level.on_hand == StockLevel.objects.get().on_hand == 4
    moved = StockMovement.objects.first()
    assert moved is not None
    assert (moved.kind, moved.on_hand_change, moved.reason, moved.actor) == ("adjustment", -3, "counted", actor)


def test_a_count_that_finds_the_same_writes_nothing() -> None:
    level = make_stock(make_variant(stock=0), 7)
    set_on_hand(level=level, on_hand=7, reason="counted", actor=None)
    assert StockMovement.objects.count() == 1


@pytest.mark.parametrize("quantity", [0, -1, MOST_UNITS])
def test_an_impossible_receipt_changes_nothing(quantity: int) -> None:
    level = make_stock(make_variant(stock=0), 7)
    with pytest.raises(ShopError):
        receive(level=level, quantity=quantity)
    assert (level.on_hand, StockLevel.objects.get().on_hand, StockMovement.objects.count()) == (7, 7, 1)


@pytest.mark.parametrize("on_hand", [2, -1, MOST_UNITS + 1])
def test_an_impossible_count_changes_nothing(on_hand: int) -> None:
    variant = make_variant(stock=7)
    hold(variant.pk, make_order(variant).lines.get().pk, 3)
    with pytest.raises(ShopError):
        set_on_hand(level=StockLevel.objects.get(), on_hand=on_hand, reason="counted", actor=None)
    assert StockLevel.objects.values_list("on_hand", "reserved").get() == (7, 3)
    assert StockMovement.objects.count() == 2


def test_a_count_from_a_stale_row_is_measured_against_the_present_one() -> None:
    level = make_stock(make_variant(stock=0), 7)
    stale = StockLevel.objects.get()
    receive(level=level, quantity=3)
    set_on_hand(level=stale, on_hand=8, reason="counted", actor=None)
    assert StockMovement.objects.filter(kind="adjustment").get().on_hand_change == -2
    assert stale.on_hand == StockLevel.objects.get().on_hand == 8


def test_stock_low_is_told_once_when_the_threshold_is_crossed() -> None:
    variant = make_variant(stock=6)
    lines = make_order(variant, variant, variant).lines.all()
    for line, quantity in zip(lines, (2, 1, 1), strict=True):
        hold(variant.pk, line.pk, quantity)
    low = {"variant_id": variant.pk, "sku": variant.sku, "location": "main", "available": 3}
    assert events("StockLow") == [low]
    release(order_line_ids=[line.pk for line in lines], document="A", reason="not paid")
    hold(variant.pk, lines[0].pk, 4)
    assert events("StockLow") == [low, {**low, "available": 2}]


def test_a_product_changes_when_a_variant_sells_out_and_when_it_comes_back() -> None:
    variant = make_variant(stock=5)
    first, second = make_order(variant, variant).lines.all()
    changed = {"product_id": variant.product_id, "slug": variant.product.slug, "reason": "stock"}
    hold(variant.pk, first.pk, 4)
    assert events("ProductChanged") == []
    hold(variant.pk, second.pk, 1)
    assert events("ProductChanged") == [changed]
    release(order_line_ids=[first.pk], document="A", reason="not paid")
    receive(level=StockLevel.objects.get(), quantity=1)
    assert events("ProductChanged") == [changed, changed]


def test_a_product_with_stock_elsewhere_is_not_sold_out() -> None:
    variant = make_variant(stock=2)
    make_stock(variant, 1, make_location("far"))
    hold(variant.pk, make_order(variant).lines.get().pk, 2)
    assert events("ProductChanged") == []
    assert available([variant.pk]) == {variant.pk: 1}


def test_two_variants_of_a_product_that_sell_out_together_are_one_change() -> None:
    one = make_variant(stock=1)
    other = make_variant(one.product, stock=1, colour=make_colour("Moss"))
    lines = make_order(one, other).lines.all()
    demands = [Demand(line.pk, line.variant_id or 0, 1) for line in lines]
    reserve(demands=demands, document="A", expires_at=None)
    assert len(events("ProductChanged")) == 1
