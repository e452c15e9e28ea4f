"""What was to come in exchange and cannot be packed is paid back on the line that was paid for."""

import pytest

from shop.checkout.tests.paying_builders import FakeProvider, attempt_of
from shop.events.relay import relay
from shop.orders.models import Order
from shop.packing.finishing import Lack, finish
from shop.packing.models import PackingLine
from shop.packing.scanning import scan
from shop.packing.services import plan, unpack
from shop.payments.models import Refund
from shop.refunds.services import cancel_paid
from shop.returns.models import Return
from shop.returns.settling import settle
from shop.returns.tests.builders import came, deliver, delivered, replacement_of, sent_back, shirts
from shop.returns.units import left_to_return
from shop.warehouse.ledger import differences

pytestmark = pytest.mark.django_db


def exchanged(fake: FakeProvider, units: int = 2) -> Return:
    """Of three shirts so many came back for another size, which is to be packed."""
    small, large = shirts("S", "L", stock=5)
    parent = came(sent_back(delivered(fake, small, quantity=3), units, size=large), fit=units)
    relay()
    return parent


def pack(order: Order, units: int) -> None:
    """So many of its pieces are in the parcel, and the others nowhere."""
    (task,) = plan(order.pk) or order.packing_tasks.all()
    sku = order.lines.get().sku
    for _ in range(units):
        assert scan(task=task, code=sku, actor=None).is_right
    lack = Lack(PackingLine.Problem.MISSING, PackingLine.Remedy.REFUND)
    finish(task=task, lacks={line.pk: lack for line in task.lines.all()}, actor=None)


def given_back(parent: Return) -> list[tuple[int, int]]:
    """(amount, units) of each refund, all on the first purchase's only line."""
    refunds = Refund.objects.order_by("created_at")
    line = parent.order.lines.get()
    assert all(refund.attempt == attempt_of(parent.order) for refund in refunds)
    return [(refund.amount, refund.lines.get(order_line=line).quantity) for refund in refunds]


def test_a_piece_that_was_not_there_is_paid_back_once(fake: FakeProvider) -> None:
    parent = exchanged(fake)
    settle(parent=parent, actor=None)
    other = replacement_of(parent)
    pack(other, 1)
    for _ in range(2):
        relay()
    assert given_back(parent) == [(7800, 1)]
    assert differences() == []


def test_only_what_was_sent_in_exchange_can_come_back_again(fake: FakeProvider) -> None:
    parent = exchanged(fake)
    settle(parent=parent, actor=None)
    other = replacement_of(parent)
    pack(other, 1)
    relay()
    other = deliver(Order.objects.get(pk=other.pk))
    assert left_to_return(other) == {other.lines.get().pk: 1}
    assert left_to_return(parent.order) == {parent.order.lines.get().pk: 1}


def test_closing_pays_it_back_where_it_was_packed_before(fake: FakeProvider) -> None:
    parent = exchanged(fake)
    pack(replacement_of(parent), 1)
    relay()
    assert given_back(parent) == []
    settle(parent=parent, actor=None)
    assert given_back(parent) == [(7800, 1)]


def test_nothing_of_it_could_be_packed(fake: FakeProvider) -> None:
    parent = exchanged(fake)
    settle(parent=parent, actor=None)
    other = replacement_of(parent)
    pack(other, 0)
    for _ in range(2):
        relay()
    assert (replacement_of(parent).state, given_back(parent)) == ("cancelled", [(15600, 2)])


def test_a_part_that_was_missing_and_then_the_whole_give_no_more_than_came_back(fake: FakeProvider) -> None:
    parent = exchanged(fake)
    settle(parent=parent, actor=None)
    other = replacement_of(parent)
    pack(other, 1)
    relay()
    unpack(shipment=other.shipments.get())
    cancel_paid(order=Order.objects.get(pk=other.pk), actor=None, reason="changed their mind")
    relay()
    assert given_back(parent) == [(7800, 1), (7800, 1)]
    assert left_to_return(parent.order) == {parent.order.lines.get().pk: 1}
