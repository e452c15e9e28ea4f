import pytest

from shop.core.errors import ShopError
from shop.tests.builders import make_order, make_user, make_variant
from shop.warehouse.leaving import ship, short
from shop.warehouse.ledger import differences
from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.services import Demand, reserve

pytestmark = pytest.mark.django_db


def held(quantity: int = 3, stock: int = 5) -> Reservation:
    variant = make_variant(stock=stock)
    line = make_order(variant, quantity=quantity).lines.get()
    reserve(demands=[Demand(line.pk, variant.pk, quantity)], document="A", expires_at=None)
    return Reservation.objects.get()


def level() -> tuple[int, int, int]:
    """(on hand, reserved, damaged) of the only level."""
    found: tuple[int, int, int] = StockLevel.objects.values_list("on_hand", "reserved", "damaged").get()
    return found


def reservations() -> list[tuple[str, int]]:
    return list(Reservation.objects.order_by("state").values_list("state", "quantity"))


def moved() -> list[tuple[str, int, int, int]]:
    newest = StockMovement.objects.exclude(kind__in=["receipt", "reserve"])
    return list(newest.values_list("kind", "on_hand_change", "reserved_change", "damaged_change"))


def test_what_is_shipped_leaves_the_hold_and_the_shelf() -> None:
    hold, actor = held(), make_user()
    ship(units={hold.pk: 3}, document="SH-1", actor=actor)
    assert (level(), reservations()) == ((2, 0, 0), [("shipped", 3)])
    assert moved() == [("sale", -3, -3, 0)]
    assert StockMovement.objects.filter(document="SH-1", actor=actor).count() == 1
    assert differences() == []


def test_shipping_a_part_leaves_the_rest_held() -> None:
    ship(units={held().pk: 2}, document="SH-1")
    assert (level(), reservations()) == ((3, 1, 0), [("held", 1), ("shipped", 2)])
    assert differences() == []


@pytest.mark.parametrize("units", [0, -1, 4])
def test_more_than_is_held_is_not_shipped(units: int) -> None:
    hold = held()
    with pytest.raises(ShopError):
        ship(units={hold.pk: units}, document="SH-1")
    assert (level(), reservations(), moved()) == ((5, 3, 0), [("held", 3)], [])


def test_nothing_is_shipped_twice() -> None:
    hold = held()
    ship(units={hold.pk: 3}, document="SH-1")
    with pytest.raises(ShopError):
        ship(units={hold.pk: 3}, document="SH-1")
    assert (level(), len(moved())) == ((2, 0, 0), 1)


def test_missing_units_leave_the_shelf_and_damaged_ones_lie_aside() -> None:
    short(reservation=held(), missing=1, damaged=1, document="PK-1", reason="packing")
    assert (level(), reservations()) == ((3, 1, 1), [("held", 1), ("released", 2)])
    assert sorted(moved()) == [("adjustment", -1, -1, 0), ("damage", -1, -1, 1)]
    assert differences() == []


def test_no_more_can_be_short_than_is_held() -> None:
    hold = held()
    with pytest.raises(ShopError):
        short(reservation=hold, missing=2, damaged=2, document="PK-1", reason="packing")
    assert (level(), reservations(), moved()) == ((5, 3, 0), [("held", 3)], [])
