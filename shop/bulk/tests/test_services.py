"""Many rows at once: written once, as they were looked at, and taken back where nobody has gone on since."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from shop.bulk import deeds, services
from shop.bulk.edits import Edit
from shop.bulk.models import BulkChange
from shop.bulk.tables import TABLES
from shop.bulk.tests.builders import asked, planned, somebody, written
from shop.catalog import listings
from shop.catalog.models import ProductListing, ProductVariant
from shop.core import clock
from shop.core.errors import InvalidTransition, ShopError
from shop.events.models import OutboxEvent
from shop.marketing.sale_models import PriceRecord
from shop.tests.builders import make_category, make_colour, make_order, make_product, make_size, make_user, make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse.models import StockLevel, StockMovement
from shop.warehouse.moving_models import BackOrder

pytestmark = pytest.mark.django_db


def two() -> list[ProductVariant]:
    product = make_product()
    return [make_variant(product, sku=f"A-{name}", size=make_size(name)) for name in ("S", "M")]


def price(variant: ProductVariant) -> tuple[int, int | None]:
    variant.refresh_from_db()
    return variant.price, variant.compare_at_price


def test_nothing_is_written_before_somebody_says_so() -> None:
    variants = two()
    row = asked(deeds.by_percent(10), variants)
    assert (row.state, row.rows, price(variants[0])) == ("planned", 2, (7800, None))
    assert row.edits[0] == ["variant", variants[0].pk, "A-S", "price", 7800, 8580]
    assert ProductVariant.history.count() == 2


def test_written_prices_have_history_price_record_listing_and_one_event_a_product() -> None:
    first, second = two()
    listings.refresh([first.product_id])
    row = written(deeds.by_percent(-10), [first, second], reason="End of season")
    assert (row.state, row.rows, price(first)) == ("done", 2, (7020, None))
    newest = first.history.first()
    assert (newest.price, newest.history_user, newest.history_change_reason) == (
        7020,
        somebody(),
        "Prices: End of season",
    )
    assert PriceRecord.objects.filter(variant=first).last().price == 7020  # type: ignore[union-attr]
    assert ProductListing.objects.get(product=first.product).price == 7020
    assert OutboxEvent.objects.filter(name="ProductChanged", detail__reason="prices").count() == 1


def test_written_twice_it_is_written_once() -> None:
    row = planned(two()[0])
    services.write(change_id=row.pk, user=somebody())
    again = services.write(change_id=row.pk, user=somebody())
    assert ProductVariant.history.filter(price=100).count() == 1
    assert (again.rows, len(again.edits), again.refused) == (1, 1, [])


def test_a_row_that_changed_since_the_look_is_left_and_named_with_its_new_value() -> None:
    first, second = two()
    row = asked(deeds.set_price(5000), [first, second])
    ProductVariant.objects.filter(pk=first.pk).update(price=6000)
    row = services.write(change_id=row.pk, user=somebody())
    assert (price(first), price(second), row.rows) == ((6000, None), (5000, None), 1)
    assert row.refused == [["A-S", "Price is £60.00 now; it was £78.00. Somebody changed it meanwhile."]]
    assert [cells[2] for cells in row.edits] == ["A-M"]


def test_a_row_that_is_gone_is_named() -> None:
    first = make_variant(sku="A-S", stock=0)
    row = asked(deeds.set_price(5000), [first])
    first.stock_levels.all().delete()
    first.delete()
    row = services.write(change_id=row.pk, user=somebody())
    assert (row.refused, row.rows) == ([["A-S", "It was deleted meanwhile."]], 0)


def test_an_undo_restores_what_nobody_changed_since_names_the_rest_and_stands_in_history() -> None:
    first, second = two()
    row = written(deeds.set_price(5000), [first, second])
    second.refresh_from_db()
    second.price = 4000
    second.save()
    other = make_user("lee@example.org", is_staff=True)
    back = services.undo(change_id=row.pk, user=other)
    assert (price(first), price(second)) == ((7800, None), (4000, None))
    assert back.refused == [["A-M", "Price is £40.00 now; it was £50.00. Somebody changed it meanwhile."]]
    assert (back.title, back.rows, back.undoes) == ("Undo: Prices", 1, row)
    assert first.history.first().history_user == other
    row.refresh_from_db()
    assert row.state == "undone"


def test_undone_twice_it_is_undone_once_and_the_undo_can_be_undone() -> None:
    (first, _) = two()
    row = written(deeds.set_price(5000), [first])
    back = services.undo(change_id=row.pk, user=somebody())
    assert services.undo(change_id=row.pk, user=somebody()) == back
    assert BulkChange.objects.count() == 2
    services.undo(change_id=back.pk, user=somebody())
    assert price(first) == (5000, None)


def test_an_undo_of_which_nothing_is_left_changes_nothing() -> None:
    first, _ = two()
    row = written(deeds.set_price(5000), [first])
    ProductVariant.objects.filter(pk=first.pk).update(price=4000)
    with pytest.raises(ShopError, match=r"Nothing can be taken back. A-S: Price is £40\.00 now"):
        services.undo(change_id=row.pk, user=somebody())
    row.refresh_from_db()
    assert (row.state, BulkChange.objects.count(), price(first)) == ("done", 1, (4000, None))


def test_what_was_not_written_cannot_be_undone() -> None:
    with pytest.raises(InvalidTransition, match="Not written yet"):
        services.undo(change_id=planned(two()[0]).pk, user=somebody())


def test_more_rows_than_one_change_takes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_ROWS", 1)
    with pytest.raises(ShopError, match="These are 2 rows; 1 can be changed in one go"):
        asked(deeds.set_price(5000), two())
    assert not BulkChange.objects.exists()


def test_plans_that_nobody_wrote_are_forgotten_after_two_days() -> None:
    first, second = two()
    old = planned(first)
    BulkChange.objects.filter(pk=old.pk).update(created_at=clock.now() - timedelta(days=3))
    kept = planned(second)
    assert list(BulkChange.objects.all()) == [kept]


def test_the_struck_price_shows_the_lowest_of_thirty_days_and_comes_back_off_sale() -> None:
    first, _ = two()
    listings.refresh([first.product_id])
    written(deeds.on_sale(25), [first])
    assert price(first) == (5850, 7800)
    assert first.lowest_before == 7800
    shown = ProductListing.objects.get(product=first.product)
    assert (shown.price, shown.compare_at_price, shown.on_sale) == (5850, 7800, True)
    written(deeds.off_sale, [first])
    assert price(first) == (7800, None)
    assert first.lowest_before is None


@pytest.mark.parametrize(
    ("deed", "fields", "why"),
    [
        (deeds.by_percent(50), {"compare_at_price": 9000}, "It is reduced from £90.00: the price must stay below"),
        (deeds.on_sale(10), {"compare_at_price": 9000}, "It is on sale already, from £90."),
        (deeds.on_sale(10), {"price": 1}, "10% of £0.01 is less than the smallest coin."),
        (deeds.off_sale, {}, "It is not on sale."),
        (deeds.by_percent(500), {"price": 900_000_000}, "more than any price may be"),
        (deeds.set_price(7800), {}, "It is so already."),
        (deeds.by_percent(10), {"on_running_sale": True}, "A running sale keeps its price."),
    ],
)
def test_a_price_that_cannot_be_so_says_why_and_stays(deed: Any, fields: dict[str, Any], why: str) -> None:
    first, second = two()
    for name, value in fields.items():
        setattr(first, name, value)
    second.price = 5000
    second.compare_at_price = 6000 if deed is deeds.off_sale else None
    row = asked(deed, [first, second])
    assert (row.refused[0][0], row.rows) == ("A-S", 1)
    assert why in row.refused[0][1]


def test_products_go_into_the_shop_and_out_of_it_and_the_undo_knows_since_when() -> None:
    variant = make_variant()
    product = variant.product
    since = product.published_at
    listings.refresh([product.pk])
    row = written(deeds.take_out, [product], "product")
    product.refresh_from_db()
    assert product.published_at is None
    assert not ProductListing.objects.exists()
    services.undo(change_id=row.pk, user=somebody())
    product.refresh_from_db()
    assert product.published_at == since
    assert ProductListing.objects.count() == 1
    with pytest.raises(ShopError, match="It is in the shop already"):
        asked(deeds.publish, [product], "product")
    product.published_at, product.has_variants = None, False  # type: ignore[attr-defined]
    with pytest.raises(ShopError, match="It has no active variant"):
        asked(deeds.publish, [product], "product")


def test_a_product_moves_to_a_category_unless_that_is_gone() -> None:
    product, knits, old = make_product(), make_category("Knits", "knits"), make_category("Old", "old")
    written(deeds.move_to(knits.pk), [product], "product")
    product.refresh_from_db()
    assert product.category == knits
    row = asked(deeds.move_to(old.pk), [product], "product")
    old.delete()
    assert services.write(change_id=row.pk, user=somebody()).refused == [[product.name, "That category is gone."]]


def test_reorder_points_are_settings_and_move_no_stock() -> None:
    level = make_variant(stock=4, colour=make_colour("Clay")).stock_levels.get()
    moved = StockMovement.objects.count()
    row = written(deeds.order_more_at(7), [level], "level")
    level.refresh_from_db()
    assert (level.reorder_point, StockMovement.objects.count()) == (7, moved)
    services.undo(change_id=row.pk, user=somebody())
    level.refresh_from_db()
    assert level.reorder_point is None


def test_an_sku_that_another_variant_has_by_now_does_not_come_back() -> None:
    first, second = two()
    edit = Edit("variant", first.pk, "A-S", "sku", "A-S", "NEW")
    row = services.change(title="SKU", edits=[edit], user=somebody())
    second.refresh_from_db()
    second.sku = "A-S"
    second.save()
    with pytest.raises(ShopError, match="Another variant has the SKU A-S"):
        services.undo(change_id=row.pk, user=somebody())


def test_stock_goes_through_the_ledger_with_reason_and_person_and_not_below_what_orders_hold() -> None:
    level = make_variant(sku="A", stock=5).stock_levels.get()
    edit = Edit("level", level.pk, "A, Main", "on_hand", 5, 2)
    row = services.change(title="Grid", edits=[edit], reason="Recount", user=somebody())
    move = StockMovement.objects.first()
    assert move is not None
    assert (move.kind, move.on_hand_change, move.reason, move.document, move.actor) == (
        "adjustment",
        -3,
        "Grid: Recount",
        f"BULK-{row.pk}",
        somebody(),
    )
    StockLevel.objects.filter(pk=level.pk).update(reserved=2)
    with pytest.raises(services.Refused) as refused:
        services.change(title="Grid", edits=[Edit("level", level.pk, "A, Main", "on_hand", 2, 1)], user=somebody())
    assert refused.value.refusals[0].why == "Orders hold 2 of these, so there cannot be only 1."
    assert (StockLevel.objects.get(pk=level.pk).on_hand, BulkChange.objects.count()) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_what_only_names_a_variant_does_not_wait_for_its_change() -> None:
    variant = make_variant(stock=1)
    order = make_order(variant)

    def name_it() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        BackOrder.objects.create(order_line=order.lines.get(), variant=variant, quantity=1)

    # The other way round would be a deadlock: packing holds the level and names the variant, a grid does both.
    with transaction.atomic():
        TABLES["variant"].lock([variant.pk])
        told = in_parallel(name_it, 1)
    assert told == []
