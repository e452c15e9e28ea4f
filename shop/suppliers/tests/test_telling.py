"""What suppliers hear of their proposals, and what staff hear of answers and papers."""

import pytest
from django.test import Client

from shop.alerts.models import Alert
from shop.mail.models import OutgoingMail
from shop.suppliers import ordering
from shop.suppliers.answering import LineAnswer, Proposed, answer_proposal, confirm, propose
from shop.suppliers.files import keep
from shop.suppliers.links import address_for
from shop.suppliers.moves import Who
from shop.suppliers.purchase_models import Channel, PurchaseOrder, PurchaseProposal
from shop.suppliers.tests.builders import PDF, make_confirmed, make_sent
from shop.tests.builders import make_variant

pytestmark = pytest.mark.django_db
LINK = Who(Channel.LINK)


def proposed(*units: int) -> PurchaseOrder:
    """Confirmed, with another quantity proposed for each line."""
    order = make_confirmed(*(make_variant(stock=0) for _ in units))
    lines = zip(order.lines.all(), units, strict=True)
    return propose(order.pk, [Proposed(line.pk, wanted, line.unit_cost) for line, wanted in lines], LINK)


def answer_all(order: PurchaseOrder, *accepted: bool) -> None:
    rows = PurchaseProposal.objects.open().filter(line__order=order)
    for proposal, accept in zip(list(rows), accepted, strict=True):
        answer_proposal(proposal.pk, accept=accept, actor=None)


def mails() -> list[str]:
    found = OutgoingMail.objects.filter(key__startswith="proposals-answered:").order_by("pk")
    return [mail.text for mail in found]


def test_a_supplier_gets_one_mail_of_all_answers_and_the_next_of_the_new_ones_only() -> None:
    order = proposed(11, 12)
    first, second = PurchaseProposal.objects.open()
    answer_proposal(first.pk, accept=True, actor=None)
    assert mails() == []
    answer_proposal(second.pk, accept=False, actor=None)
    (text,) = mails()
    assert "11 at €21.40 each" in text and "12 at €21.40 each" in text
    assert (text.count(": accepted"), text.count(": not accepted, the order stays")) == (1, 1)
    propose(order.pk, [Proposed(first.line_id, 13, 2140)], LINK)
    answer_all(order, True)
    assert "13 at" in mails()[1] and "11 at" not in mails()[1]


def test_the_last_answer_stands_beside_its_line(client: Client) -> None:
    order = proposed(11, 12)
    answer_all(order, True, False)
    page = client.get("/" + address_for(order).split("/", 3)[3]).content.decode()
    assert "You proposed 11" in page and ": accepted on" in page
    assert "You proposed 12" in page and ": not accepted on" in page


def test_less_than_ordered_is_told_until_the_order_is_over() -> None:
    order = make_sent()
    line = order.lines.get()
    confirm(order.pk, [LineAnswer(line.pk, 0)], LINK)
    alert = Alert.objects.get()
    assert (alert.key, alert.area) == (f"supplier-short:{order.number}", "stock")
    assert "will not send 20 units" in alert.title and line.variant.sku in alert.advice
    ordering.cancel(order.pk, actor=None, reason="no")
    assert not Alert.objects.open().exists()


def test_a_whole_confirmation_is_no_news() -> None:
    make_confirmed()
    assert not Alert.objects.exists()


def test_a_paper_is_told_once() -> None:
    order = make_sent()
    for _ in range(2):
        keep(order.pk, name="invoice 7.pdf", content=PDF, who=LINK)
    alert = Alert.objects.get()
    assert (alert.key, alert.times) == (f"supplier-paper:{order.number}", 1)
    assert "invoice 7.pdf" in alert.title
