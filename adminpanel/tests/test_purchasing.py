"""Purchase orders in the staff site: written, approved, answered, received."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from adminpanel.tests.builders import make_staff, signed_in
from shop.suppliers.answering import Proposed, propose
from shop.suppliers.files import keep
from shop.suppliers.keys import supplier_of
from shop.suppliers.moves import Who
from shop.suppliers.purchase_models import Channel, GoodsReceipt, PurchaseOrder, PurchaseProposal
from shop.suppliers.receiving import Arrived, Delivery, receive
from shop.suppliers.sheets import LARGEST, sheet
from shop.suppliers.tests.builders import (
    PDF,
    make_confirmed,
    make_purchase,
    make_sent,
    make_source,
    make_supplier,
)
from shop.tests.builders import make_location, make_variant
from shop.warehouse.models import StockLevel

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Client:
    return signed_in(make_staff())


def page(order: PurchaseOrder, step: str = "change") -> str:
    return f"/admin/shop/purchaseorder/{order.pk}/{step}/"


def lines_form(*lines: tuple[int, int, str], more: int = 0) -> dict[str, object]:
    """(variant, units, price) of new lines."""
    form: dict[str, object] = {"lines-TOTAL_FORMS": len(lines) + more, "lines-INITIAL_FORMS": 0}
    for number, (variant, units, cost) in enumerate(lines):
        form |= {f"lines-{number}-variant": variant, f"lines-{number}-quantity": units}
        form[f"lines-{number}-unit_cost"] = cost
    return form


def test_a_draft_written_by_hand_takes_what_the_supplier_asks(owner: Client) -> None:
    source = make_source(make_variant(stock=0), make_supplier(), cost=1990, supplier_sku="TM-77")
    form = {"supplier": source.supplier_id, "location": make_location().pk, "note": ""}
    answer = owner.post("/admin/shop/purchaseorder/add/", form | lines_form((source.variant_id, 30, "")))
    assert answer.status_code == 302, answer.content.decode()
    line = PurchaseOrder.objects.get().lines.get()
    assert (line.quantity, line.unit_cost, line.supplier_sku) == (30, 1990, "TM-77")
    assert PurchaseOrder.objects.get().currency == "EUR"


def test_what_the_supplier_does_not_sell_is_refused_beside_its_field(owner: Client) -> None:
    form = {"supplier": make_supplier().pk, "location": make_location().pk, "note": ""}
    answer = owner.post("/admin/shop/purchaseorder/add/", form | lines_form((make_variant().pk, 30, "")))
    assert "This supplier does not sell it to us" in answer.content.decode()
    assert not PurchaseOrder.objects.exists()


def test_approving_twice_sends_once_and_says_so(owner: Client) -> None:
    order = make_purchase()
    first = owner.post(page(order, "approve"), follow=True).content.decode()
    second = owner.post(page(order, "approve"), follow=True).content.decode()
    assert "goes to orders@minho.example" in first
    assert "is sent, so it cannot become sent" in second


def test_a_sent_order_is_not_edited(owner: Client) -> None:
    order = make_sent()
    answer = owner.post(page(order), {"note": "other"}, follow=True)
    assert "only drafts are edited" in answer.content.decode()
    assert PurchaseOrder.objects.get().note == ""


def test_receiving_with_damaged_ones_and_the_same_form_twice() -> None:
    order, hands = make_confirmed(units=20), signed_in(make_staff("warehouse"))
    line = order.lines.get()
    key = hands.get(page(order, "receive")).content.decode().partition('name="key" value="')[2].partition('"')[0]
    form = {"key": key, f"received_{line.pk}": "18", f"damaged_{line.pk}": "2", "delivery_note": "LS-9"}
    for _ in range(2):
        assert hands.post(page(order, "receive"), form).status_code == 302
    level = StockLevel.objects.get()
    assert (level.on_hand, level.damaged, GoodsReceipt.objects.count()) == (18, 2, 1)


def test_over_receipt_is_refused_beside_its_line(owner: Client) -> None:
    order = make_confirmed(units=20)
    form = {"key": "k", f"received_{order.lines.get().pk}": "21"}
    answer = owner.post(page(order, "receive"), form)
    assert (answer.status_code, "Only 20 of 20 ordered" in answer.content.decode()) == (422, True)
    assert not StockLevel.objects.exists()


def test_a_cancelled_order_has_no_receiving(owner: Client) -> None:
    order = make_sent()
    owner.post(page(order, "cancel"), {"reason": "too late"})
    answer = owner.post(page(order, "receive"), {"key": "k", f"received_{order.lines.get().pk}": "1"}, follow=True)
    assert "nothing can be received for it" in answer.content.decode()
    assert not GoodsReceipt.objects.exists()


def test_accepting_a_proposal_changes_its_line_once(owner: Client) -> None:
    order = make_confirmed(units=20)
    line = order.lines.get()
    propose(order.pk, [Proposed(line.pk, 24, 2300)], Who(Channel.LINK))
    proposal = PurchaseProposal.objects.get()
    step = f"proposals/{proposal.pk}/accept"
    owner.post(page(order, step))
    assert "accepted already" in owner.post(page(order, step), follow=True).content.decode()
    line.refresh_from_db()
    assert (line.quantity, line.confirmed_quantity, line.unit_cost) == (24, 24, 2300)


def test_an_answer_by_file_from_staff(owner: Client) -> None:
    order = make_sent(units=20)
    order.lines.update(confirmed_quantity=6, confirmed_on="2027-06-01")
    content = sheet(order).encode()
    order.lines.update(confirmed_quantity=None, confirmed_on=None)
    wrong = owner.post(page(order, "answer"), {"sheet": SimpleUploadedFile("a.csv", content.replace(b",6,", b",21,"))})
    assert (wrong.status_code, "20 at most" in wrong.content.decode()) == (422, True)
    owner.post(page(order, "answer"), {"sheet": SimpleUploadedFile("a.csv", content)})
    order.refresh_from_db()
    assert (order.state, order.lines.get().confirmed_quantity) == ("confirmed", 6)


def test_an_answer_by_file_that_is_too_large_is_refused_unread(owner: Client) -> None:
    order = make_sent(units=20)
    answer = owner.post(page(order, "answer"), {"sheet": SimpleUploadedFile("a.csv", b" " * (LARGEST + 1))})
    assert (answer.status_code, "larger than 1 MB" in answer.content.decode()) == (422, True)


def test_a_suppliers_paper_comes_as_a_download(owner: Client) -> None:
    order = make_sent()
    file = keep(order.pk, name='a".pdf', content=PDF, who=Who(Channel.LINK))
    answer = owner.get(page(order, f"files/{file.pk}"))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{order.number}-{file.pk}.pdf"'
    assert answer.content == PDF


def test_costs_that_come_late_reach_what_was_received(owner: Client) -> None:
    order = make_confirmed(units=10)
    receive(order.pk, [Arrived(order.lines.get().pk, 10)], Delivery(), actor=None)
    owner.post(page(order, "costs"), {"freight": "21.40", "duty": "0", "exchange_rate": "0.5"})
    assert "landed at £11.77 each" in owner.get(page(order)).content.decode()
    assert owner.post(page(order, "costs"), {"freight": "x", "duty": "", "exchange_rate": "0"}).status_code == 422


def test_a_key_is_shown_once(owner: Client) -> None:
    supplier = make_supplier()
    url = f"/admin/shop/supplier/{supplier.pk}/key/"
    key = owner.post(url).content.decode().partition("<code>")[2].partition("</code>")[0]
    assert supplier_of(key) == supplier
    assert key not in owner.get(url).content.decode()


def test_margin_stands_beside_what_a_source_costs(owner: Client) -> None:
    order = make_confirmed(units=10)
    receive(order.pk, [Arrived(order.lines.get().pk, 10)], Delivery(), actor=None)
    assert "£21.40" in owner.get("/admin/shop/supplierproduct/").content.decode()


@pytest.mark.parametrize("table", ["purchaseorder", "supplierproduct", "supplier", "goodsreceipt"])
def test_lists_take_the_same_few_queries_however_long(owner: Client, table: str, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for _ in range(3):
        order = make_confirmed()
        receive(order.pk, [Arrived(order.lines.get().pk, 1)], Delivery(), actor=None)
    with django_assert_max_num_queries(12):
        assert owner.get(f"/admin/shop/{table}/").status_code == 200


def test_an_order_page_takes_the_same_queries_with_many_lines(owner: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    order = make_sent(*[make_variant(stock=0) for _ in range(6)])
    with django_assert_max_num_queries(20):
        owner.get(page(order))
    with django_assert_max_num_queries(20):
        owner.get(page(order, "receive"))
