"""Issuing invoices and credit notes: once, numbered without gaps, never changed."""

from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from shop.events.envelope import Event
from shop.invoices.content import read_shares
from shop.invoices.handlers import credit_refund, invoice_order
from shop.invoices.models import Document, DocumentCounter
from shop.invoices.services import issue_credit_note, issue_invoice
from shop.invoices.tests.builders import make_paid_order, make_refund
from shop.orders.models import Order
from shop.payments.models import Refund
from shop.tax.amounts import by_rate
from shop.tests.builders import make_order
from shop.tests.parallel import in_parallel

pytestmark = pytest.mark.django_db
THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def told(name: str, **detail: object) -> Event:
    """An event as a consumer gets it."""
    return Event(id=uuid4(), name=name, source="", occurred_at=THEN, detail=detail)


def invoice(order: Order) -> Document:
    found = issue_invoice(order.pk, at=THEN)
    assert found
    return found


def credit(refund: Refund) -> Document:
    found = issue_credit_note(refund.pk, at=THEN)
    assert found
    return found


def test_an_invoice_says_what_was_bought_and_the_tax_in_it() -> None:
    order = make_paid_order((7800, 2, "20"), (2500, 1, "0"), full_name="Zoë Łukasz")
    document = invoice(order)
    content = document.content
    assert (document.number, document.gross, document.tax) == ("INV-2026-000001", 18495, 2657)
    assert content["totals"] == {
        "goods": 18100, "discount": 0, "delivery": 395, "gross": 18495, "tax": 2657, "net": 15838,
    }  # fmt: skip
    assert content["taxes"] == [
        {"rate": "20", "net": 13283, "tax": 2657, "gross": 15940},
        {"rate": "0", "net": 2555, "tax": 0, "gross": 2555},
    ]
    assert [(line["quantity"], line["charged"], line["rate"], line["tax"]) for line in content["lines"]] == [
        (2, 15600, "20", 2600),
        (1, 2500, "0", 0),
    ]
    assert content["buyer"]["address"][0] == "Zoë Łukasz"
    assert content["seller"]["vat_id"] == "GB000000000"
    assert (content["issued_on"], content["currency"], content["note"]) == ("2026-03-01", "GBP", "")


def test_an_export_invoice_has_no_tax_and_says_why() -> None:
    content = invoice(make_paid_order((6500, 1, "20"), country="US")).content
    assert content["taxes"] == [{"rate": "0", "net": 6895, "tax": 0, "gross": 6895}]
    assert content["note"].startswith("Export: without UK VAT.")


def test_an_order_gets_one_invoice_however_often_it_is_told_of() -> None:
    order = make_paid_order()
    event = told("OrderPaid", order_id=order.pk, number=order.number)
    for _ in range(2):
        invoice_order(event)
    assert issue_invoice(order.pk) == Document.objects.get()
    assert DocumentCounter.objects.get().last == 1


def test_an_unpaid_order_gets_none() -> None:
    assert issue_invoice(make_order().pk) is None
    assert not Document.objects.exists() and not DocumentCounter.objects.exists()


def test_each_year_and_kind_counts_for_itself() -> None:
    order = make_paid_order()
    numbers = [invoice(order).number, invoice(make_paid_order()).number]
    later = issue_invoice(make_paid_order().pk, at=datetime(2027, 1, 1, 0, 30, tzinfo=UTC))
    assert later
    numbers += [later.number, credit(make_refund(order, free=100)).number]
    assert numbers == ["INV-2026-000001", "INV-2026-000002", "INV-2027-000001", "CN-2026-000001"]


def test_a_document_is_never_changed_nor_deleted() -> None:
    document = invoice(make_paid_order())
    changes: tuple[dict[str, Any], ...] = ({"gross": 1}, {"content": {}}, {"number": "INV-2026-000009"})
    for change in changes:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Document.objects.update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Document.objects.all().delete()
    document.refresh_from_db()
    assert document.gross == 8195


def test_a_rolled_back_invoice_leaves_no_gap() -> None:
    invoice(make_paid_order())
    failing, next_one = make_paid_order(), make_paid_order()
    with pytest.raises(RuntimeError), transaction.atomic():
        invoice(failing)
        raise RuntimeError
    assert invoice(next_one).number == "INV-2026-000002"


@pytest.mark.django_db(transaction=True)
def test_forty_at_once_are_numbered_without_gap_or_double() -> None:
    orders = [make_paid_order() for _ in range(40)]
    waiting: SimpleQueue[Order] = SimpleQueue()
    for order in orders:
        waiting.put(order)
    doomed = {orders[3].pk, orders[20].pk}

    def issue() -> None:
        order = waiting.get()
        with transaction.atomic():
            issue_invoice(order.pk, at=THEN)
            # Some fail after they have got their number.
            transaction.set_rollback(order.pk in doomed)

    assert in_parallel(issue, 40) == []
    assert sorted(Document.objects.values_list("sequence", flat=True)) == list(range(1, 39))
    for pk in doomed:
        issue_invoice(pk, at=THEN)
    assert sorted(Document.objects.values_list("sequence", flat=True)) == list(range(1, 41))


@pytest.mark.django_db(transaction=True)
def test_the_same_order_told_of_at_once_gets_one_invoice() -> None:
    order = make_paid_order()
    assert in_parallel(lambda: issue_invoice(order.pk, at=THEN), 8) == []
    assert (Document.objects.get().sequence, DocumentCounter.objects.get().last) == (1, 1)


def test_a_refund_gets_one_credit_note_that_names_its_invoice() -> None:
    order = make_paid_order((7800, 2, "20"), (2500, 1, "0"))
    line = order.lines.first()
    assert line
    refund = make_refund(order, [(line, 1, 7800)], delivery=395)
    for _ in range(2):
        credit_refund(told("RefundIssued", order_id=order.pk, number=order.number, refund_id=str(refund.pk)))
    note = Document.objects.get(kind="credit-note")
    # The invoice was missing: it was written first.
    assert note.content["corrects"]["number"] == Document.objects.get(kind="invoice").number
    assert (note.gross, note.content["reason"]) == (8195, "Pieces came back.")
    assert note.content["taxes"] == [
        {"rate": "20", "net": 6783, "tax": 1357, "gross": 8140},
        {"rate": "0", "net": 55, "tax": 0, "gross": 55},
    ]


def test_credit_notes_of_a_refunded_order_sum_to_its_invoice_rate_by_rate() -> None:
    order = make_paid_order((3333, 3, "20"), (999, 2, "25.5"), (2500, 1, "0"), delivery=777)
    shirts, scarves, romper = order.lines.all()
    whole = invoice(order)
    credit(make_refund(order, free=1001))
    credit(make_refund(order, [(shirts, 1, 3333), (romper, 1, 2500)], delivery=400))
    credit(make_refund(order, [(scarves, 2, 1998)], reason=Refund.Reason.PROVIDER))
    rest = order.grand_total - 1001 - 6233 - 1998
    credit(make_refund(order, [(shirts, 2, rest - 377)], delivery=377))
    notes = Document.objects.filter(kind="credit-note")
    assert by_rate(share for note in notes for share in read_shares(note.content)) == read_shares(whole.content)
    assert (sum(note.gross for note in notes), sum(note.tax for note in notes)) == (whole.gross, whole.tax)
    # The invoice is empty now: nothing more can be taken off it.
    assert issue_credit_note(make_refund(order, free=5).pk) is None


def test_a_refund_that_came_back_from_the_bank_and_is_made_again_is_credited_once() -> None:
    order = make_paid_order()
    first = make_refund(order, free=1000)
    note = credit(first)
    second = make_refund(order, free=1000, request_key=first.again_key)
    third = make_refund(order, free=1000, request_key=second.again_key)
    assert (credit(second), credit(third)) == (note, note)
    assert Document.objects.filter(kind="credit-note").count() == 1
    # The first of a row that was never paid out has no note: the one that was gets it.
    failed = make_refund(order, free=500, state=Refund.State.FAILED)
    assert credit(make_refund(order, free=500, request_key=failed.again_key)).gross == 500


@pytest.mark.parametrize("reason", [Refund.Reason.LATE, Refund.Reason.DUPLICATE])
def test_money_that_was_never_the_price_of_an_order_gets_no_credit_note(reason: Refund.Reason) -> None:
    order = make_paid_order()
    assert issue_credit_note(make_refund(order, free=8195, reason=reason).pk) is None
    assert not Document.objects.exists()


def test_issuing_takes_few_queries(django_assert_max_num_queries: object) -> None:
    order = make_paid_order(*[(1000, 1, "20")] * 8)
    with django_assert_max_num_queries(14, connection=connection):  # type: ignore[operator]
        invoice(order)
