"""What came: fit, damaged, missing; once, and never more than was ordered."""

from decimal import Decimal

import pytest

from shop.core.errors import ShopError
from shop.events.models import OutboxEvent
from shop.suppliers import ordering
from shop.suppliers.costing import Costs, landed_average, set_costs
from shop.suppliers.models import SupplierProduct
from shop.suppliers.moves import Who
from shop.suppliers.purchase_models import GoodsReceipt, GoodsReceiptLine, PurchaseOrder
from shop.suppliers.receiving import Arrived, Delivery, ReceiptRefused, receive
from shop.suppliers.tests.builders import make_confirmed, make_purchase, make_sent, make_source, make_supplier
from shop.tests.builders import make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse.ledger import differences
from shop.warehouse.models import StockLevel, StockMovement

pytestmark = pytest.mark.django_db


def test_fit_units_can_be_sold_and_damaged_ones_lie_beside_them() -> None:
    order = make_confirmed(units=20)
    line = order.lines.get()
    receipt = receive(order.pk, [Arrived(line.pk, received=15, damaged=2, missing=3)], Delivery(), actor=None)
    level = StockLevel.objects.get(variant=line.variant)
    assert (level.on_hand, level.damaged) == (15, 2)
    moved = StockMovement.objects.get(level=level)
    assert (moved.on_hand_change, moved.damaged_change, moved.document) == (15, 2, receipt.number)
    line.refresh_from_db()
    assert (line.received, line.damaged) == (15, 2)
    assert PurchaseOrder.objects.get().state == "partly-received"
    told = OutboxEvent.objects.get(name="StockReceived").detail
    assert told == {"document": receipt.number, "variant_ids": [line.variant_id]}


def test_all_that_was_promised_makes_it_received() -> None:
    order = make_confirmed(units=20)
    line = order.lines.get()
    order.lines.update(confirmed_quantity=12)
    receive(order.pk, [Arrived(line.pk, received=11, damaged=1)], Delivery(), actor=None)
    assert PurchaseOrder.objects.get().state == "received"


def test_more_than_ordered_is_refused_whole() -> None:
    one, two = make_variant(stock=0), make_variant(stock=0)
    order = make_sent(one, two, units=5)
    first, second = order.lines.all()
    with pytest.raises(ReceiptRefused) as refused:
        receive(order.pk, [Arrived(first.pk, 5), Arrived(second.pk, 4, damaged=2)], Delivery(), actor=None)
    assert refused.value.problems == {
        second.pk: "Only 5 of 5 ordered are still to come, so 6 cannot be received.",
    }
    assert not GoodsReceipt.objects.exists()
    assert not StockLevel.objects.exists()


def test_nothing_is_received_for_a_cancelled_order_or_a_draft() -> None:
    gone, draft = make_sent(), make_purchase()
    ordering.cancel(gone.pk, actor=None, reason="no")
    for order in (gone, draft):
        with pytest.raises(ShopError, match="nothing can be received"):
            receive(order.pk, [Arrived(order.lines.get().pk, 1)], Delivery(), actor=None)
    assert not StockMovement.objects.exists()


def test_a_double_click_receives_once() -> None:
    order = make_confirmed(units=20)
    delivery, arrived = Delivery(key="one-form"), [Arrived(order.lines.get().pk, 10)]
    first = receive(order.pk, arrived, delivery, actor=None)
    assert receive(order.pk, arrived, delivery, actor=None) == first
    assert StockLevel.objects.get().on_hand == 10


@pytest.mark.django_db(transaction=True)
def test_two_who_receive_the_same_goods_at_once_put_them_in_once() -> None:
    order = make_confirmed(units=20)
    arrived = [Arrived(order.lines.get().pk, 20)]

    refusals = in_parallel(lambda: receive(order.pk, arrived, Delivery(), actor=None), 2)
    assert [str(refusal)[-30:] for refusal in refusals] == ["nothing can be received for it."[-30:]]
    assert StockLevel.objects.get().on_hand == 20
    assert differences() == []


def test_freight_and_duty_are_shared_out_by_value_at_the_rate_of_the_order() -> None:
    supplier, dear, cheap = make_supplier(), make_variant(stock=0), make_variant(stock=0)
    make_source(dear, supplier, cost=3000)
    make_source(cheap, supplier, cost=1000)
    order = make_confirmed(dear, cheap, units=10, supplier=supplier)
    arrived = [Arrived(line.pk, 10) for line in order.lines.all()]
    receive(order.pk, arrived, Delivery(), actor=None)
    # 400.00 of goods and 40.00 on top: a tenth more each, at 0.85 pounds a euro.
    set_costs(order.pk, Costs(3000, 1000, Decimal("0.85")), Who())
    landed = SupplierProduct.objects.annotate(landed=landed_average()).values_list("variant", "landed")
    assert {variant: round(cost) for variant, cost in landed} == {dear.pk: 2805, cheap.pk: 935}
    assert GoodsReceiptLine.objects.count() == 2
