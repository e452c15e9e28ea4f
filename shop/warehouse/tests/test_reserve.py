from datetime import timedelta

import pytest

from shop.core import clock
from shop.events.models import OutboxEvent
from shop.tests.builders import make_location, make_order, make_stock, make_variant
from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.services import Demand, OutOfStock, Shortage, available, release, reserve, settle

pytestmark = pytest.mark.django_db
UNTIL = clock.now() + timedelta(minutes=47)


def numbers() -> list[tuple[int, int]]:
    return list(StockLevel.objects.order_by("pk").values_list("on_hand", "reserved"))


def test_reserve_holds_units_until_the_given_time() -> None:
    variant = make_variant(stock=10)
    line = make_order(variant).lines.get()
    reserve(demands=[Demand(line.pk, variant.pk, 3)], document="A7KM-29QX", expires_at=UNTIL)
    assert numbers() == [(10, 3)]
    hold = Reservation.objects.get()
    assert (hold.order_line_id, hold.quantity, hold.state, hold.expires_at) == (line.pk, 3, "held", UNTIL)
    moved = StockMovement.objects.get(kind="reserve")
    assert (moved.on_hand_change, moved.reserved_change, moved.document) == (0, 3, "A7KM-29QX")
    assert available([variant.pk, 0]) == {variant.pk: 7, 0: 0}


def test_two_lines_of_one_variant_are_summed_into_one_movement() -> None:
    variant = make_variant(stock=10)
    first, second = make_order(variant, variant).lines.all()
    demands = [Demand(first.pk, variant.pk, 2), Demand(second.pk, variant.pk, 4)]
    reserve(demands=demands, document="A", expires_at=UNTIL)
    assert list(StockMovement.objects.filter(kind="reserve").values_list("reserved_change", flat=True)) == [6]
    assert list(Reservation.objects.values_list("quantity", flat=True)) == [2, 4]


def test_out_of_stock_names_every_short_variant_and_changes_nothing() -> None:
    plenty, few, none = make_variant(stock=10), make_variant(stock=2), make_variant(stock=0)
    lines = make_order(plenty, few, none, few).lines.all()
    wanted = [(plenty, 1), (few, 2), (none, 1), (few, 1)]
    demands = [Demand(line.pk, variant.pk, units) for line, (variant, units) in zip(lines, wanted, strict=True)]
    with pytest.raises(OutOfStock) as refusal:
        reserve(demands=demands, document="A", expires_at=UNTIL)
    assert refusal.value.shortages == (Shortage(few.pk, 3, 2), Shortage(none.pk, 1, 0))
    assert numbers() == [(10, 0), (2, 0)]
    assert not Reservation.objects.exists()
    assert not OutboxEvent.objects.exists()
    assert StockMovement.objects.exclude(kind="receipt").count() == 0


def test_a_location_that_can_serve_the_whole_line_is_taken_before_splitting() -> None:
    variant = make_variant(stock=0)
    make_stock(variant, 2, make_location("near", 1))
    far = make_stock(variant, 5, make_location("far", 2))
    line = make_order(variant).lines.get()
    reserve(demands=[Demand(line.pk, variant.pk, 4)], document="A", expires_at=UNTIL)
    assert list(Reservation.objects.values_list("level_id", "quantity")) == [(far.pk, 4)]


def test_a_line_no_location_can_serve_alone_is_split_in_the_locations_order() -> None:
    variant = make_variant(stock=0)
    far = make_stock(variant, 5, make_location("far", 2))
    near = make_stock(variant, 2, make_location("near", 1))
    line = make_order(variant).lines.get()
    reserve(demands=[Demand(line.pk, variant.pk, 6)], document="A", expires_at=UNTIL)
    assert list(Reservation.objects.values_list("level_id", "quantity")) == [(near.pk, 2), (far.pk, 4)]


def test_a_location_that_has_the_whole_order_is_taken_before_one_that_has_a_line_of_it() -> None:
    shirt, coat = make_variant(stock=5), make_variant(stock=1)
    far = make_location("far", 2)
    levels = [make_stock(variant, 5, far).pk for variant in (shirt, coat)]
    lines = list(make_order(shirt, coat).lines.all())
    demands = [Demand(line.pk, line.variant_id or 0, 2) for line in lines]
    reserve(demands=demands, document="A", expires_at=UNTIL)
    assert list(Reservation.objects.values_list("level_id", flat=True)) == levels
    reserve(demands=[Demand(lines[0].pk, shirt.pk, 4), Demand(lines[1].pk, coat.pk, 1)], document="B", expires_at=UNTIL)
    assert list(Reservation.objects.values_list("level__location__code", "quantity"))[2:] == [("main", 4), ("main", 1)]
    reserve(demands=[Demand(lines[0].pk, shirt.pk, 1), Demand(lines[1].pk, coat.pk, 3)], document="C", expires_at=UNTIL)
    assert list(Reservation.objects.values_list("level__location__code", "quantity"))[4:] == [("far", 1), ("far", 3)]


def test_a_closed_location_serves_nothing() -> None:
    variant = make_variant(stock=0)
    closed = make_location("closed")
    make_stock(variant, 5, closed)
    closed.is_active = False
    closed.save()
    line = make_order(variant).lines.get()
    with pytest.raises(OutOfStock):
        reserve(demands=[Demand(line.pk, variant.pk, 1)], document="A", expires_at=UNTIL)
    assert available([variant.pk]) == {variant.pk: 0}


def test_release_gives_back_once_however_often_it_is_asked() -> None:
    variant = make_variant(stock=10)
    line = make_order(variant).lines.get()
    reserve(demands=[Demand(line.pk, variant.pk, 3)], document="A", expires_at=UNTIL)
    for _ in range(2):
        release(order_line_ids=[line.pk], document="A", reason="not paid in time")
    assert numbers() == [(10, 0)]
    assert Reservation.objects.get().state == "released"
    moved = StockMovement.objects.get(kind="release")
    assert (moved.reserved_change, moved.reason) == (-3, "not paid in time")


def test_settle_takes_the_end_from_what_is_held() -> None:
    variant = make_variant(stock=10)
    line = make_order(variant).lines.get()
    reserve(demands=[Demand(line.pk, variant.pk, 3)], document="A", expires_at=UNTIL)
    settle(order_line_ids=[line.pk])
    assert Reservation.objects.get().expires_at is None
