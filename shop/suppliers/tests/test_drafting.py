"""What sinks to its reorder point is drafted: how much, once, and in whose draft."""

from datetime import timedelta

import pytest

from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.events.relay import relay
from shop.mail.models import OutgoingMail
from shop.suppliers.drafting import draft_due, needs
from shop.suppliers.purchase_models import PurchaseOrder
from shop.suppliers.tests.builders import make_sent, make_source, make_supplier
from shop.tests.builders import make_order, make_variant
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.services import Demand

pytestmark = pytest.mark.django_db


def low_variant(*, stock: int = 4, at: int | None = 5, **source: object) -> ProductVariant:
    variant = make_variant(stock=stock)
    StockLevel.objects.filter(variant=variant).update(reorder_point=at)
    make_source(variant, source.pop("supplier", None) or make_supplier(lead_time_days=30), **source)  # type: ignore[arg-type]
    return variant


def sell(variant: ProductVariant, units: int, days_ago: int = 10) -> None:
    """Paid for and held since then."""
    order = make_order(variant, quantity=units)
    held = Reservation.objects.create(
        level=variant.stock_levels.get(), order_line=order.lines.get(), quantity=units, state="shipped"
    )
    Reservation.objects.filter(pk=held.pk).update(created_at=clock.now() - timedelta(days=days_ago))


def test_what_sells_until_the_next_goods_is_ordered_in_whole_packs() -> None:
    # 12 in 60 days, 60 days to cover: 12, and the reorder point of 5, less 4 on the shelf: 13, in packs of 5.
    variant = low_variant(pack_size=5)
    sell(variant, 12)
    sell(variant, 50, days_ago=61)
    (need,) = needs()
    assert (need.sold, need.reach, need.units) == (12, 4, 15)


def test_above_its_point_or_without_one_nothing_is_due() -> None:
    low_variant(stock=6)
    low_variant(stock=0, at=None)
    assert needs() == []


def test_what_is_on_its_way_counts() -> None:
    variant = low_variant(stock=0)
    make_sent(variant, units=6, supplier=variant.sources.get().supplier)
    assert needs() == []


def test_one_draft_a_supplier_gathers_lines_and_nothing_comes_twice() -> None:
    supplier = make_supplier()
    first = low_variant(supplier=supplier)
    assert draft_due() == 1
    second = low_variant(supplier=supplier)
    assert (draft_due(), draft_due()) == (1, 0)
    order = PurchaseOrder.objects.get()
    assert (order.state, order.drafted_automatically, order.currency) == ("draft", True, "EUR")
    assert [line.variant_id for line in order.lines.all()] == [first.pk, second.pk]


def test_a_source_that_is_not_preferred_or_not_active_is_not_asked() -> None:
    low_variant(is_preferred=False)
    low_variant(supplier=make_supplier(is_active=False))
    assert draft_due() == 0
    assert not PurchaseOrder.objects.exists()


def test_a_sale_that_reaches_the_reorder_point_drafts_though_nothing_is_low_yet() -> None:
    variant = low_variant(stock=4)
    StockLevel.objects.filter(variant=variant).update(on_hand=10, reorder_point=9)
    order = make_order(variant, variant)
    for line in order.lines.all():
        warehouse.reserve(demands=[Demand(line.pk, variant.pk, 1)], document=order.number, expires_at=None)
    assert list(OutboxEvent.objects.filter(name="ReorderDue").values_list("detail__available", flat=True)) == [9]
    relay()
    assert PurchaseOrder.objects.get().lines.get().variant == variant
    assert not OutboxEvent.objects.filter(name="StockLow").exists() and not OutgoingMail.objects.exists()


def test_a_sale_that_reaches_the_threshold_drafts_through_its_event() -> None:
    variant = low_variant(stock=4)
    order = make_order(variant)
    warehouse.reserve(demands=[Demand(order.lines.get().pk, variant.pk, 1)], document=order.number, expires_at=None)
    relay()
    assert PurchaseOrder.objects.get().lines.get().variant == variant
