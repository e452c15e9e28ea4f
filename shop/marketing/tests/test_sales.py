"""Sales: prices go down, come back, and bear interruption, overlap and staff's own edits."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from shop.catalog import listings
from shop.catalog.models import ProductListing, ProductVariant
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.marketing import sales
from shop.marketing.sale_models import PriceRecord, Sale, SalePrice
from shop.marketing.sales import apply_sales
from shop.tests.builders import make_category, make_product, make_sale, make_size, make_variant
from shop.tests.parallel import in_parallel

pytestmark = pytest.mark.django_db
OVER = {"starts_at": clock.now() - timedelta(days=9), "ends_at": clock.now() - timedelta(seconds=1)}


def prices(variant: ProductVariant) -> tuple[int, int | None]:
    found = ProductVariant.objects.get(pk=variant.pk)
    return found.price, found.compare_at_price


def end(*ended: Sale) -> None:
    Sale.objects.filter(pk__in=[sale.pk for sale in ended]).update(**OVER)


def priced_days_ago(variant: ProductVariant, *history: tuple[int, int]) -> None:
    """(days ago, price): what the variant cost from then on, before today."""
    PriceRecord.objects.bulk_create(
        PriceRecord(variant=variant, price=price, currency="GBP", at=clock.now() - timedelta(days=days))
        for days, price in history
    )


@pytest.mark.parametrize(
    ("currency", "price", "reduced"),
    [("GBP", 7770, 5206), ("JPY", 7770, 5206), ("KWD", 7770, 5210), ("KWD", 7760, 5200), ("KWD", 10, 10)],
)
def test_a_reduced_price_is_one_that_can_be_paid(settings: Settings, currency: str, price: int, reduced: int) -> None:
    settings.SHOP_CURRENCY = currency
    variant = make_variant(price=price)
    make_sale(33, products=[variant.product])
    apply_sales()
    assert prices(variant)[0] == reduced


def test_a_sale_takes_its_percent_off_and_its_end_restores_everything() -> None:
    variant, other = make_variant(price=7805), make_variant(price=5000)
    listings.refresh([variant.product_id])
    sale = make_sale(20, products=[variant.product])
    assert apply_sales() == 1
    assert (prices(variant), prices(other)) == ((6244, 7805), (5000, None))
    row = ProductListing.objects.get(pk=variant.product_id)
    assert (row.price, row.compare_at_price, row.on_sale) == (6244, 7805, True)
    assert OutboxEvent.objects.filter(name="ProductChanged", detail__reason="prices").count() == 1
    end(sale)
    assert apply_sales() == 1
    assert prices(variant) == (7805, None)
    row.refresh_from_db()
    assert (row.price, row.compare_at_price, row.on_sale) == (7805, None, False)
    assert SalePrice.objects.filter(ended_at=None).count() == 0
    assert [record.price for record in variant.price_records.all()] == [7805, 6244, 7805]
    assert list(variant.history.order_by("pk").values_list("price", flat=True)) == [7805, 6244, 7805]


def test_a_category_means_its_subtree_and_nothing_named_means_everything() -> None:
    tops = make_category("Tops", "tops")
    shirt = make_variant(make_product(category=make_category("Shirts", "shirts", parent=tops)), price=1000)
    hat = make_variant(make_product(category=make_category("Hats", "hats")), price=1000)
    sale = make_sale(10, categories=[tops])
    apply_sales()
    assert (prices(shirt), prices(hat)) == ((900, 1000), (1000, None))
    sale.categories.clear()
    apply_sales()
    assert (prices(shirt), prices(hat)) == ((900, 1000), (900, 1000))


def test_running_again_changes_nothing_and_costs_two_queries() -> None:
    variant = make_variant(price=1000)
    assert apply_sales() == 0
    with CaptureQueriesContext(connection) as captured:
        apply_sales()
    assert len(captured) == 2
    make_sale(10)
    assert [apply_sales(), apply_sales()] == [1, 0]
    assert prices(variant) == (900, 1000)
    assert SalePrice.objects.count() == 1


@pytest.mark.parametrize("change", ["not begun", "over", "switched off"])
def test_a_sale_whose_time_it_is_not_does_nothing(change: str) -> None:
    variant = make_variant(price=1000)
    later = {"starts_at": clock.now() + timedelta(days=1)}
    fields: dict[str, dict[str, Any]] = {"not begun": later, "over": OVER, "switched off": {"is_active": False}}
    make_sale(10, **fields[change])
    assert apply_sales() == 0
    assert prices(variant) == (1000, None)


def test_of_two_sales_the_higher_counts_and_the_other_takes_over_from_the_first_price() -> None:
    variant = make_variant(price=1000)
    make_sale(10)
    apply_sales()
    high = make_sale(30)
    apply_sales()
    assert prices(variant) == (700, 1000)
    end(high)
    apply_sales()
    assert prices(variant) == (900, 1000)
    Sale.objects.update(**OVER)
    apply_sales()
    assert prices(variant) == (1000, None)


def test_a_sale_whose_percent_is_changed_or_that_takes_in_more_is_followed() -> None:
    shirt, hat = make_variant(price=1000), make_variant(price=1000)
    sale = make_sale(10, products=[shirt.product])
    apply_sales()
    Sale.objects.update(percent=25)
    sale.products.add(hat.product)
    apply_sales()
    assert (prices(shirt), prices(hat)) == ((750, 1000), (750, 1000))
    sale.products.remove(shirt.product)
    apply_sales()
    assert (prices(shirt), prices(hat)) == ((1000, None), (750, 1000))


def test_what_was_reduced_before_the_sale_keeps_its_struck_price_and_gets_it_back() -> None:
    variant = make_variant(price=1000, compare_at_price=1500)
    sale = make_sale(10)
    apply_sales()
    assert prices(variant) == (900, 1500)
    end(sale)
    apply_sales()
    assert prices(variant) == (1000, 1500)


@pytest.mark.parametrize(
    ("edit", "after"),
    [
        ({"price": 850}, (850, None)),
        ({"price": 1200, "compare_at_price": None}, (1200, None)),
        ({"price": 800, "compare_at_price": 950}, (800, 950)),
        ({"compare_at_price": 1100}, (1000, 1100)),
        ({"compare_at_price": 950}, (1000, None)),
    ],
)
def test_a_price_set_by_hand_during_a_sale_stays_during_and_after_it(
    edit: dict[str, int | None], after: tuple[int, int | None]
) -> None:
    variant = make_variant(price=1000)
    sale = make_sale(10)
    apply_sales()
    ProductVariant.objects.filter(pk=variant.pk).update(**edit)
    during = prices(variant)
    assert apply_sales() == 0
    assert prices(variant) == during
    end(sale)
    apply_sales()
    assert prices(variant) == after


def test_a_price_set_by_hand_is_left_alone_by_the_next_sale_too() -> None:
    variant = make_variant(price=1000)
    first = make_sale(30)
    apply_sales()
    ProductVariant.objects.update(price=850)
    make_sale(10)
    end(first)
    apply_sales()
    assert prices(variant) == (850, 1000)
    Sale.objects.update(**OVER)
    apply_sales()
    assert prices(variant) == (850, None)


def test_a_variant_that_stops_being_sold_leaves_the_sale() -> None:
    variant = make_variant(price=1000)
    make_sale(10)
    apply_sales()
    ProductVariant.objects.update(is_active=False)
    apply_sales()
    assert prices(variant) == (1000, None)


def test_a_price_of_a_penny_stays_and_ends_well() -> None:
    variant = make_variant(price=1)
    sale = make_sale(90)
    assert apply_sales() == 0
    assert prices(variant) == (1, None)
    end(sale)
    apply_sales()
    assert prices(variant) == (1, None)


def test_a_crash_between_batches_is_made_good_by_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    variants = [make_variant(make_product(f"Piece {number}"), price=1000) for number in range(5)]
    monkeypatch.setattr(sales, "BATCH", 2)
    make_sale(10)
    written: list[int] = []
    write = sales.write

    def dies(changed: list[ProductVariant]) -> None:
        if written:
            raise RuntimeError("killed")
        written.append(len(changed))
        write(changed)

    monkeypatch.setattr(sales, "write", dies)
    with pytest.raises(RuntimeError):
        apply_sales()
    assert [prices(variant)[0] for variant in variants] == [900, 900, 1000, 1000, 1000]
    assert SalePrice.objects.count() == 2
    monkeypatch.setattr(sales, "write", write)
    assert apply_sales() == 3
    assert [prices(variant)[0] for variant in variants] == [900] * 5


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_reduce_once() -> None:
    product = make_product()
    variants = [make_variant(product, size=make_size(name), price=1000) for name in ("S", "M", "L")]
    make_sale(10)
    assert in_parallel(apply_sales, 4) == []
    assert {prices(variant) for variant in variants} == {(900, 1000)}
    assert SalePrice.objects.count() == 3


# The record of prices, and the lowest one before a reduction


def test_every_writer_of_a_price_leaves_a_record() -> None:
    variant = make_variant(price=1000)
    variant.price = 1100
    variant.save()
    ProductVariant.objects.update(price=1200)
    ProductVariant.objects.update(price=1200, sku="same-price")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_productvariant SET price = 1300")
    assert [record.price for record in variant.price_records.all()] == [1000, 1100, 1200, 1300]


def test_the_record_is_never_rewritten_and_outlives_its_variant() -> None:
    variant = make_variant(stock=0, price=1000)
    for change in (lambda: PriceRecord.objects.update(price=1), lambda: PriceRecord.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    variant.delete()
    assert PriceRecord.objects.count() == 1


@pytest.mark.parametrize(
    ("history", "lowest"),
    [
        ([], 1000),
        ([(20, 800), (10, 900)], 800),
        ([(60, 700), (10, 900)], 700),  # held until ten days ago
        ([(60, 700), (40, 950), (10, 990)], 950),
    ],
)
def test_the_lowest_price_of_the_thirty_days_before_is_kept_when_a_reduction_begins(
    history: list[tuple[int, int]], lowest: int
) -> None:
    variant = make_variant(price=1000)
    priced_days_ago(variant, *history)
    make_sale(50)
    apply_sales()
    variant.refresh_from_db()
    assert (variant.price, variant.lowest_before) == (500, lowest)


def test_the_lowest_price_stays_while_the_reduction_grows_and_goes_with_it() -> None:
    variant = make_variant(price=1000)
    sale = make_sale(10)
    apply_sales()
    Sale.objects.update(percent=40)
    apply_sales()
    variant.refresh_from_db()
    assert (variant.price, variant.lowest_before) == (600, 1000)
    variant.lowest_before = 5
    variant.save()
    variant.refresh_from_db()
    assert variant.lowest_before == 1000
    end(sale)
    apply_sales()
    variant.refresh_from_db()
    assert variant.lowest_before is None


def test_a_reduction_by_hand_keeps_it_as_well() -> None:
    variant = make_variant(price=1000)
    variant.price, variant.compare_at_price = 800, 1000
    variant.save()
    variant.refresh_from_db()
    assert variant.lowest_before == 1000


def test_pages_show_it_wherever_a_price_is_struck(client: Client) -> None:
    product = make_product(slug="quarry")
    make_variant(product, price=10_000)
    listings.refresh([product.pk])
    assert b"Lowest price" not in client.get("/product/quarry/").content
    make_sale(50)
    apply_sales()
    for address in ("/product/quarry/", "/shop/", "/search/?q=quarry"):
        page = client.get(address).content.decode()
        assert "Lowest price in the 30 days before: £100" in page, address
