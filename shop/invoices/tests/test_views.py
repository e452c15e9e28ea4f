"""Who gets which document."""

import pytest
from django.test import Client
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.invoices.models import Document
from shop.invoices.services import issue_credit_note, issue_invoice
from shop.invoices.tests.builders import make_paid_order, make_refund
from shop.orders.models import Order

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    made = make_paid_order()
    issue_invoice(made.pk)
    issue_credit_note(make_refund(made, free=100).pk)
    return made


def addresses(order: Order, key: str = "") -> list[str]:
    note = Document.objects.get(kind="credit-note", order=order)
    keys = [order.number, key or order.key]
    return [reverse("order-invoice", args=keys), reverse("order-credit-note", args=[*keys, note.number])]


def test_the_buyer_gets_both_and_nobody_keeps_them(client: Client, order: Order) -> None:
    for address in addresses(order):
        response = client.get(address)
        assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
        assert response["Cache-Control"] == "private, no-store"
        assert response.content.startswith(b"%PDF-")
    page = client.get(order.get_absolute_url()).content.decode()
    assert all(f'href="{address}"' in page for address in addresses(order))
    assert "Includes £13.66 VAT at 20%." in page


def test_strangers_get_404_also_with_the_key_of_another_order(client: Client, order: Order) -> None:
    other = make_paid_order()
    assert client.get(reverse("order-invoice", args=[other.number, other.key])).status_code == 404
    note = Document.objects.get(kind="credit-note")
    crossed = reverse("order-credit-note", args=[other.number, other.key, note.number])
    invoice = reverse("order-credit-note", args=[order.number, order.key, "INV-2026-000001"])
    for address in (*addresses(order, other.key), *addresses(order, "x" * 32), crossed, invoice):
        assert client.get(address).status_code == 404


def test_staff_with_the_right_find_and_open_documents(order: Order) -> None:
    client = signed_in(make_staff("customer care"))
    number = Document.objects.get(kind="invoice").number
    found = client.get(reverse("admin:shop_document_changelist"), {"q": order.number}).content.decode()
    assert number in found and "2 invoices" not in found
    address = reverse("admin:shop_document_pdf", args=[Document.objects.get(kind="invoice").pk])
    assert address in client.get(reverse("admin:shop_order_change", args=[order.pk])).content.decode()
    assert client.get(address)["Content-Type"] == "application/pdf"
    assert client.get(reverse("admin:shop_document_pdf", args=[10**9])).status_code == 404
    assert client.get(reverse("admin:shop_document_change", args=[Document.objects.first().pk])).status_code == 200  # type: ignore[union-attr]


@pytest.mark.parametrize("role", ["warehouse", "analyst", "marketing"])
def test_other_staff_do_not(order: Order, role: str) -> None:
    client = signed_in(make_staff(role))
    address = reverse("admin:shop_document_pdf", args=[Document.objects.get(kind="invoice").pk])
    assert client.get(address).status_code == 403
