"""What with_available() counts."""

import pytest

from shop.catalog.models import ProductVariant
from shop.tests.builders import make_location, make_size, make_stock, make_variant
from shop.warehouse.models import StockLocation
from shop.warehouse.moving_models import BackOrder
from shop.warehouse.tests.test_ahead import ordered

pytestmark = pytest.mark.django_db


def counted() -> list[tuple[int, int, int]]:
    """(unclaimed, ready, available) of each variant."""
    found = ProductVariant.objects.with_available().order_by("pk")
    return [(each.unclaimed, each.ready, each.available) for each in found]


def test_units_count_at_all_active_locations_less_what_orders_hold_or_wait_for() -> None:
    piece = make_variant(stock=5, sold_ahead=4)
    make_stock(piece, 3, make_location("second"))
    make_stock(piece, 70, make_location("closed"))
    StockLocation.objects.filter(code="closed").update(is_active=False)
    make_variant(piece.product, size=make_size("L"), stock=0)
    assert counted() == [(8, 8, 12), (0, 0, 0)]
    ordered(piece, 6)
    assert counted() == [(2, 2, 6), (0, 0, 0)]
    ordered(piece, 5)
    assert counted() == [(-3, 0, 1), (0, 0, 0)]
    BackOrder.objects.update(state=BackOrder.State.CANCELLED)
    assert counted() == [(0, 0, 4), (0, 0, 0)]
