"""The demo's parcels: every order that was sent has its own, and each agrees with its order and the stock."""

from shop.delivery.fulfilment import is_left_to_pack, parcels_of, stage_of
from shop.orders.models import Order


def test_each_order_that_was_sent_has_its_parcels_and_they_agree_with_it() -> None:
    paid = Order.objects.filter(state=Order.State.PAID, replaces=None)
    assert paid.filter(shipped_at__isnull=False).exists()
    for order in paid:
        parcels = list(parcels_of(order))
        assert order.shipped_at is None or parcels
        assert stage_of(parcels, is_left=is_left_to_pack(order)) == order.fulfilment_state, order.number
