"""Counting what lies at a location."""

import pytest

from shop.catalog.models import ProductVariant
from shop.core.errors import ShopError
from shop.delivery.shipment_models import Shipment
from shop.packing.tests.builders import close_with, make_task, scan_all
from shop.tests.builders import make_location, make_stock, make_user, make_variant
from shop.warehouse import counts
from shop.warehouse import services as warehouse
from shop.warehouse.damage import set_aside
from shop.warehouse.ledger import differences
from shop.warehouse.models import StockLevel, StockMovement
from shop.warehouse.moving_models import StockCount, StockCountLine

pytestmark = pytest.mark.django_db


def begun(*, bins: str = "") -> StockCount:
    return counts.begin(StockCount(location=make_location(), bins=bins))


def line_of(count: StockCount) -> StockCountLine:
    return count.lines.get()


def level() -> tuple[int, int, int]:
    return StockLevel.objects.values_list("on_hand", "reserved", "damaged").get()


def test_the_difference_is_written_when_it_is_approved_with_who_did_it() -> None:
    make_variant(stock=10)
    count, keeper = begun(), make_user()
    counts.enter(line=line_of(count), counted=7, damaged=1, actor=keeper)
    assert level() == (10, 0, 0)
    counts.finish(count=count)
    counts.approve(count=count, actor=keeper)
    assert level() == (7, 0, 1)
    kinds = list(StockMovement.objects.order_by("pk").values_list("kind", "on_hand_change", "damaged_change"))
    assert kinds[1:] == [("count", -2, 0), ("damage", -1, 1)]
    assert StockMovement.objects.filter(document=count.number, actor=keeper).count() == 2
    count.refresh_from_db()
    assert (count.state, count.approved_by) == (StockCount.State.APPROVED, keeper)
    assert differences() == []


def test_what_moves_between_counting_and_approving_is_not_counted_twice() -> None:
    variant = make_variant(stock=10)
    count = begun()
    counts.enter(line=line_of(count), counted=9)
    warehouse.receive(level=variant.stock_levels.get(), quantity=5)
    counts.finish(count=count)
    counts.approve(count=count, actor=None)
    assert level() == (14, 0, 0)


@pytest.mark.parametrize("state", ["packed", "ready"])
def test_units_in_parcels_of_the_house_are_not_expected_on_the_shelf(state: str) -> None:
    variant = make_variant(stock=10)
    task = make_task(variant, quantity=3)
    scan_all(task)
    close_with(task)
    Shipment.objects.update(state=state)
    line = counts.enter(line=line_of(begun()), counted=7)
    assert (line.expected, line.found) == (7, 0)


def test_a_level_that_nobody_counted_stays_as_it_is() -> None:
    make_variant(stock=10)
    other = make_variant(stock=5)
    count = begun()
    counts.scan(count=count, code=other.sku, units=4)
    counts.finish(count=count)
    counts.approve(count=count, actor=None)
    assert list(StockLevel.objects.values_list("on_hand", flat=True)) == [10, 4]


def test_scans_add_up_by_sku_and_barcode_and_a_minus_takes_one_back() -> None:
    variant = make_variant(stock=10, barcode="4006381333931")
    count = begun()
    counts.scan(count=count, code=variant.sku.lower())
    counts.scan(count=count, code="4006381333931", units=3)
    assert counts.scan(count=count, code=variant.sku, units=-1).counted == 3


def test_a_piece_that_nobody_knew_to_lie_there_gets_a_line_and_comes_into_stock() -> None:
    stranger = make_variant(stock=0)
    count = begun()
    counts.scan(count=count, code=stranger.sku, units=2)
    counts.finish(count=count)
    counts.approve(count=count, actor=None)
    assert level() == (2, 0, 0)
    assert differences() == []


def test_unknown_codes_and_codes_of_several_pieces_are_refused_in_words() -> None:
    make_variant(barcode="123")
    make_variant(barcode="123")
    count = begun()
    with pytest.raises(ShopError, match="Several pieces have the barcode 123"):
        counts.scan(count=count, code="123")
    with pytest.raises(ShopError, match="No piece has the SKU or barcode"):
        counts.scan(count=count, code="nothing")
    with pytest.raises(ShopError, match="Only 0 of these"):
        counts.scan(count=count, code=make_variant().sku, units=-1)
    assert not StockCountLine.objects.filter(counted__isnull=False).exists()


def test_fewer_than_orders_hold_is_refused_naming_the_piece_and_nothing_is_written() -> None:
    variant, other = make_variant(stock=5), make_variant(stock=9)
    StockLevel.objects.filter(variant=variant).update(reserved=4)
    count = begun()
    for line in count.lines.all():
        counts.enter(line=line, counted=2)
    counts.finish(count=count)
    with pytest.raises(ShopError, match=f"{variant.sku}: orders hold 4, only 2 would be there"):
        counts.approve(count=count, actor=None)
    assert list(StockLevel.objects.order_by("pk").values_list("on_hand", flat=True)) == [5, 9]
    count.refresh_from_db()
    assert count.state == StockCount.State.COUNTED
    # Left out, the others may be written.
    counts.reopen(count=count)
    counts.enter(line=count.lines.get(level__variant=variant), counted=None)
    counts.finish(count=count)
    counts.approve(count=count, actor=None)
    assert other.stock_levels.get().on_hand == 2


def test_only_the_bins_that_were_asked_for_are_counted() -> None:
    for name in ("A-01", "a-02", "B-01"):
        StockLevel.objects.filter(pk=make_stock(make_variant(stock=0), 1).pk).update(bin=name)
    assert list(begun(bins="A").lines.values_list("level__bin", flat=True)) == ["A-01", "a-02"]


def test_nothing_is_entered_or_approved_twice() -> None:
    make_variant(stock=10)
    count = begun()
    with pytest.raises(ShopError, match="Nothing was counted"):
        counts.finish(count=count)
    counts.enter(line=line_of(count), counted=8)
    counts.finish(count=count)
    with pytest.raises(ShopError, match="not being counted any more"):
        counts.enter(line=line_of(count), counted=1)
    counts.approve(count=count, actor=None)
    with pytest.raises(ShopError, match="approved already"):
        counts.approve(count=count, actor=None)
    with pytest.raises(ShopError, match="approved already"):
        counts.cancel(count=count)
    assert level() == (8, 0, 0)


def test_damaged_units_cannot_be_those_that_orders_hold() -> None:
    variant = make_variant(stock=5)
    StockLevel.objects.update(reserved=4)
    count = begun()
    counts.enter(line=line_of(count), counted=3, damaged=2)
    counts.finish(count=count)
    with pytest.raises(ShopError, match=f"{variant.sku}: orders hold 4, only 3 would be there. Count these again"):
        counts.approve(count=count, actor=None)
    assert level() == (5, 4, 0)


def missing_one(variant: ProductVariant, damaged: int = 0) -> StockCount:
    """A count of ten that found nine, and is to be approved."""
    count = begun()
    counts.enter(line=count.lines.get(level__variant=variant), counted=9 - damaged, damaged=damaged)
    return counts.finish(count=count)


def test_a_difference_that_another_count_has_written_is_not_written_again() -> None:
    variant = make_variant(stock=10)
    first, second = missing_one(variant), missing_one(variant)
    counts.approve(count=first, actor=None)
    with pytest.raises(ShopError, match=f"{variant.sku}: corrected since they were counted"):
        counts.approve(count=second, actor=None)
    assert level() == (9, 0, 0)
    counts.reopen(count=second)
    counts.enter(line=line_of(second), counted=9)
    counts.approve(count=counts.finish(count=second), actor=None)
    assert level() == (9, 0, 0)


def test_a_difference_that_was_corrected_by_hand_meanwhile_is_not_written_again() -> None:
    variant = make_variant(stock=10)
    count = missing_one(variant)
    warehouse.set_on_hand(level=variant.stock_levels.get(), on_hand=9, reason="looked", actor=None)
    with pytest.raises(ShopError, match="corrected since"):
        counts.approve(count=count, actor=None)
    assert level() == (9, 0, 0)


def test_damaged_ones_that_were_put_aside_meanwhile_are_not_put_aside_again() -> None:
    variant = make_variant(stock=9)
    count = missing_one(variant, damaged=1)
    set_aside(level=variant.stock_levels.get(), units=1, reason="torn", actor=None)
    with pytest.raises(ShopError, match="corrected since"):
        counts.approve(count=count, actor=None)
    assert level() == (8, 0, 1)
