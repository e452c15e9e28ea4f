"""Staff hear of what a supplier proposes."""

import pytest

from shop.alerts.models import Alert
from shop.suppliers import ordering
from shop.suppliers.answering import Proposed, answer_proposal, propose
from shop.suppliers.moves import Who
from shop.suppliers.purchase_models import Channel, PurchaseOrder, PurchaseProposal
from shop.suppliers.tests.builders import make_confirmed
from shop.tests.builders import make_variant

pytestmark = pytest.mark.django_db


def proposed() -> PurchaseOrder:
    """Changes of two lines."""
    order = make_confirmed(make_variant(stock=0), make_variant(stock=0))
    wanted = [Proposed(line.pk, 10, line.unit_cost) for line in order.lines.all()]
    return propose(order.pk, wanted, Who(Channel.LINK))


def test_a_proposal_is_told_once_and_settled_by_the_last_answer() -> None:
    order = proposed()
    propose(order.pk, [Proposed(order.lines.all()[0].pk, 9, 2140)], Who(Channel.LINK))
    alert = Alert.objects.get()
    assert (alert.key, alert.area, alert.is_open) == (f"supplier-proposal:{order.number}", "stock", True)
    first, second = PurchaseProposal.objects.all()
    answer_proposal(first.pk, accept=True, actor=None)
    assert Alert.objects.open().exists()
    answer_proposal(second.pk, accept=False, actor=None)
    assert not Alert.objects.open().exists()


def test_a_cancelled_order_has_nothing_to_answer() -> None:
    ordering.cancel(proposed().pk, actor=None, reason="no")
    assert not Alert.objects.open().exists()
