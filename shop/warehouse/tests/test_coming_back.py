import pytest

from shop.core.errors import ShopError
from shop.warehouse.coming_back import come_back, give_up, parcel_comes_back
from shop.warehouse.leaving import ship
from shop.warehouse.ledger import differences
from shop.warehouse.models import Reservation
from shop.warehouse.tests.test_leaving import held, level, reservations

pytestmark = pytest.mark.django_db


def sent(quantity: int = 3) -> Reservation:
    """Of five units on the shelf."""
    ship(units={held(quantity).pk: quantity}, document="SH-1")
    return Reservation.objects.get()


def test_units_sent_back_lie_on_the_shelf_or_damaged_beside_it() -> None:
    line = sent().order_line_id
    come_back(fit={line: 1}, damaged={line: 1}, document="RE-1", reason="return")
    assert (level(), sorted(reservations())) == ((3, 0, 1), [("returned", 1), ("returned", 1), ("shipped", 1)])
    assert differences() == []


def test_no_unit_comes_back_fit_and_damaged() -> None:
    line = sent().order_line_id
    come_back(fit={line: 3}, damaged={line: 2}, document="RE-1", reason="return")
    assert (level(), reservations()) == ((5, 0, 0), [("returned", 3)])
    assert differences() == []


@pytest.mark.parametrize(("damaged", "numbers"), [(False, (4, 0, 0)), (True, (2, 0, 2))])
def test_a_parcel_comes_back_whole(damaged: bool, numbers: tuple[int, int, int]) -> None:
    row = sent()
    parcel_comes_back(goods={(row.order_line_id, row.level_id): 2}, damaged=damaged, document="A", reason="parcel")
    assert (level(), reservations()) == (numbers, [("returned", 2), ("shipped", 1)])


def test_a_parcel_of_which_some_is_back_already_is_not_taken_in() -> None:
    row = sent()
    come_back(fit={row.order_line_id: 1}, damaged={}, document="RE-1", reason="return")
    with pytest.raises(ShopError):
        parcel_comes_back(goods={(row.order_line_id, row.level_id): 3}, damaged=False, document="A", reason="parcel")
    assert (level(), reservations()) == ((3, 0, 0), [("returned", 1), ("shipped", 2)])


def test_units_given_up_are_not_the_orders_any_more_and_the_stock_stays() -> None:
    row = sent()
    give_up(goods={(row.order_line_id, row.level_id): 2}, is_back=False)
    assert (level(), reservations()) == ((2, 0, 0), [("released", 2), ("shipped", 1)])
