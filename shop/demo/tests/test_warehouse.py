"""What goes on in the demo's warehouse."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shop.catalog.models import ProductVariant
from shop.demo.warehouse import make_warehouse
from shop.tests.builders import make_colour, make_location, make_product, make_stock, make_variant
from shop.warehouse.ledger import differences
from shop.warehouse.models import StockLevel, StockMovement
from shop.warehouse.moving_models import StockCount, Transfer

pytestmark = pytest.mark.django_db


def made() -> None:
    make_warehouse(list(ProductVariant.objects.with_available().order_by("pk")))


def test_a_transfer_is_on_its_way_a_count_is_half_done_and_damaged_pieces_lie_aside() -> None:
    for _ in range(6):
        make_variant(stock=30)
    make_location("store", 1)
    StockLevel.objects.update(bin="A-01-1")
    made()
    transfer = Transfer.objects.get()
    assert (transfer.state, transfer.destination.code) == ("in-transit", "store")
    assert list(transfer.lines.values_list("quantity", flat=True)) == [4, 4, 4]
    count = StockCount.objects.get()
    assert (count.state, count.lines.count()) == ("counting", 6)
    assert [line.found for line in count.lines.all() if line.counted is not None] == [0, -1]
    assert sorted(StockLevel.objects.filter(damaged__gt=0).values_list("damaged", flat=True)) == [1, 2]
    reasons = StockMovement.objects.filter(kind="damage").order_by("pk").values_list("reason", flat=True)
    assert list(reasons) == ["Seam torn in a delivery", "Stain on the front"]
    assert differences() == []


def test_a_new_product_is_sold_for_its_day_and_a_sold_out_colour_until_it_comes_in() -> None:
    make_location()
    new, dress = make_product("Picnic Short"), make_product("Wren Dress")
    ahead, gone = make_variant(new, stock=0), make_variant(dress, stock=0, colour=make_colour("Brick"))
    there = make_variant(dress, stock=0, colour=make_colour("Ink"))
    make_stock(there, 3)
    made()
    day = timezone.localdate() + timedelta(days=30)
    said = dict(ProductVariant.objects.values_list("pk", "sold_ahead"))
    assert said == {ahead.pk: 20, gone.pk: 10, there.pk: 0}
    assert set(ProductVariant.objects.exclude(expected_on=None).values_list("pk", "expected_on")) == {(ahead.pk, day)}


def test_a_shop_without_goods_has_nothing_going_on() -> None:
    make_location()
    made()
    assert not Transfer.objects.exists() and not StockCount.objects.exists()
