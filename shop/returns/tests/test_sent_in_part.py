"""Of an order that is sent in several parcels the pieces that were sent can be sent back; the others still come."""

import pytest
from django.test import Client

from shop.delivery.parcels import News, dispatch, record
from shop.delivery.shipment_models import TrackingEvent
from shop.delivery.troubles import send_again
from shop.orders.models import Order, OrderLine
from shop.packing.models import PackingLine
from shop.packing.tests.builders import close_with, make_task, stage
from shop.payments.models import Refund
from shop.returns.deadlines import last_day, refusal
from shop.returns.models import Return
from shop.returns.services import NotReturnable
from shop.returns.settling import settle
from shop.returns.tests.builders import ask, came, sent_back, somebody
from shop.returns.units import left_to_return
from shop.tests.builders import make_variant
from shop.warehouse.ledger import differences
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.moving_models import BackOrder

pytestmark = pytest.mark.django_db
Kind, Heard = Return.Kind, TrackingEvent.Kind


def sent_in_part(news: TrackingEvent.Kind = Heard.DELIVERED) -> Order:
    """One of three pieces of a line at £25.00 was sent; one is held on the shelf, one is waited for."""
    task = make_task(make_variant(price=2500, stock=4), quantity=3)
    PackingLine.objects.filter(pk=task.lines.get().pk).update(packed=1)
    shipment = close_with(task, "back-order").shipment
    assert shipment is not None
    dispatch(shipment.pk, actor=None)
    record(shipment.pk, News(news))
    order = Order.objects.get(pk=task.order_id)
    assert (stage(order), still_ours(order)) == (("paid", "unfulfilled"), (1, 1))
    return order


def still_ours(order: Order) -> tuple[int, int]:
    """Units (held, waited for)."""
    held = Reservation.objects.held().filter(order_line__order=order)
    waits = BackOrder.objects.waiting().filter(order_line__order=order)
    return sum(row.quantity for row in held), sum(row.quantity for row in waits)


def test_what_has_arrived_may_be_returned_and_withdrawn_from_while_the_rest_is_to_come() -> None:
    order = sent_in_part()
    assert [refusal(order, kind) for kind in Kind] == ["", ""]
    assert left_to_return(order) == {order.lines.get().pk: 1}
    # The time begins with the last parcel.
    assert [last_day(order, kind) for kind in Kind] == [None, None]
    with pytest.raises(NotReturnable, match="Only 1 of these"):
        ask(order, 2)
    assert ask(order, 1, kind=Kind.WITHDRAWAL).state == "approved"


def test_the_return_of_what_has_arrived_leaves_what_is_to_come() -> None:
    order = sent_in_part()
    level = StockLevel.objects.values_list("on_hand", "reserved", "damaged")
    before = level.get()
    (refund,) = settle(parent=came(sent_back(order)), actor=somebody())
    assert (refund.amount, Refund.objects.count()) == (2500, 1)
    assert (level.get(), still_ours(order)) == ((before[0] + 1, before[1], before[2]), (1, 1))
    assert left_to_return(order) == {} and differences() == []
    assert not OrderLine.objects.unheld().exists() and not OrderLine.objects.overheld().exists()


def test_the_orders_page_offers_it_and_says_then_that_the_rest_is_not_sent_yet(client: Client) -> None:
    order = sent_in_part()
    ask_page = f"/orders/{order.number}/{order.key}/return/"
    assert ask_page in client.get(order.get_absolute_url()).content.decode()
    assert client.get(ask_page).status_code == 200
    ask(order)
    assert "has not been sent yet" in client.get(ask_page).content.decode()
    assert ask_page not in client.get(order.get_absolute_url()).content.decode()


def test_what_was_lost_and_is_sent_again_cannot_be_sent_back_before() -> None:
    order = sent_in_part(Heard.LOST)
    StockLevel.objects.update(on_hand=10)
    send_again(order.shipments.get().pk, actor=None)
    assert (left_to_return(order), still_ours(order)) == ({}, (2, 1))


def test_an_order_of_which_nothing_was_sent_is_cancelled_and_not_sent_back() -> None:
    order = make_task(make_variant(stock=4)).order
    assert [refusal(order, kind).partition(".")[0] for kind in Kind] == ["This order has not been sent yet"] * 2
