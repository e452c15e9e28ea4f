"""What suppliers and staff cannot do with a purchase order."""

import pytest

from shop.core.errors import InvalidTransition, ShopError
from shop.suppliers import ordering
from shop.suppliers.answering import LineAnswer, Proposed, answer_proposal, confirm, propose
from shop.suppliers.keys import new_key, supplier_of
from shop.suppliers.moves import MOVES, State, Who, move
from shop.suppliers.purchase_models import Channel, PurchaseOrder, PurchaseProposal
from shop.suppliers.tests.builders import make_confirmed, make_purchase, make_sent, make_supplier

pytestmark = pytest.mark.django_db
BY = Who(Channel.LINK)


@pytest.mark.parametrize(
    ("before", "after"), [(before, after) for before in State for after in State if after not in MOVES[before]]
)
def test_a_move_that_is_not_in_the_table_changes_nothing(before: State, after: State) -> None:
    order = make_purchase()
    PurchaseOrder.objects.update(state=before)
    order.refresh_from_db()
    with pytest.raises(InvalidTransition):
        move(order, after, "x", BY)
    assert PurchaseOrder.objects.get().state == before


def test_a_proposal_is_answered_once() -> None:
    order = make_confirmed()
    line = order.lines.get()
    propose(order.pk, [Proposed(line.pk, 5, 2140)], BY)
    pk = PurchaseProposal.objects.get().pk
    answer_proposal(pk, accept=False, actor=None)
    with pytest.raises(ShopError, match="refused already"):
        answer_proposal(pk, accept=True, actor=None)
    line.refresh_from_db()
    assert (line.confirmed_quantity, line.quantity) == (20, 20)


def test_nobody_answers_for_an_order_that_was_cancelled() -> None:
    order = make_sent()
    line = order.lines.get()
    ordering.cancel(order.pk, actor=None, reason="no")
    with pytest.raises(ShopError, match="cancelled"):
        confirm(order.pk, [LineAnswer(line.pk, 0)], BY)
    with pytest.raises(ShopError, match="cancelled"):
        propose(order.pk, [Proposed(line.pk, 5, 2140)], BY)
    assert not PurchaseProposal.objects.exists()


@pytest.mark.parametrize(("units", "cost"), [(201, 2140), (-1, 2140), (5, -1), (5, 10**10 + 1)])
def test_what_no_proposal_can_be_is_refused(units: int, cost: int) -> None:
    order = make_sent()
    with pytest.raises(ShopError, match="Propose"):
        propose(order.pk, [Proposed(order.lines.get().pk, units, cost)], BY)
    assert not PurchaseProposal.objects.exists()


def test_a_key_of_a_supplier_that_is_not_active_opens_nothing() -> None:
    supplier = make_supplier()
    key = new_key(supplier)
    assert supplier_of(key) == supplier
    supplier.is_active = False
    supplier.save()
    assert supplier_of(key) is None
