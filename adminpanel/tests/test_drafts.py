"""A draft that is sent while its form is being saved: one after the other, and nothing is undone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.urls import reverse

from adminpanel.purchase_admin import PurchaseOrderAdmin
from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.transfers_admin import TransferAdmin
from shop.suppliers import ordering
from shop.suppliers.tests.builders import make_purchase
from shop.tests.builders import make_location, make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse import transfers
from shop.warehouse.moving_models import Transfer, TransferLine

pytestmark = pytest.mark.django_db(transaction=True)


def meanwhile(monkeypatch: pytest.MonkeyPatch, page: Any, step: Callable[[], object]) -> list[Exception]:
    """Have somebody else take that step as soon as the page has read its row; the errors that they meet."""
    known = page.get_form
    errors: list[Exception] = []

    def patiently() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        step()

    def get_form(*args: Any, **options: Any) -> Any:
        if not errors:
            errors.extend(in_parallel(patiently, 1) or [AssertionError("nothing held it up")])
        return known(*args, **options)

    monkeypatch.setattr(page, "get_form", get_form)
    return errors


def save(client: Client, row: Any, **fields: Any) -> None:
    """Save the draft's form as it is, with these fields."""
    table, lines = row._meta.model_name, {"lines-TOTAL_FORMS": 0, "lines-INITIAL_FORMS": 0}
    answer = client.post(reverse(f"admin:shop_{table}_change", args=[row.pk]), lines | fields)
    assert answer.status_code == 302


def test_a_transfer_is_not_sent_while_its_form_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = Transfer.objects.create(source=make_location(), destination=make_location("far", 1))
    TransferLine.objects.create(transfer=transfer, variant=make_variant(stock=10), quantity=4)
    errors = meanwhile(monkeypatch, TransferAdmin, lambda: transfers.send(transfer=transfer, actor=None))
    ends = {"source": transfer.source_id, "destination": transfer.destination_id}
    save(signed_in(make_staff("warehouse")), transfer, note="By van", **ends)
    assert [type(error) for error in errors] == [OperationalError]
    transfer.refresh_from_db()
    assert (transfer.state, transfer.sent_at, transfer.note) == ("draft", None, "By van")


def test_a_purchase_order_is_not_sent_while_its_form_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    order = make_purchase()
    errors = meanwhile(monkeypatch, PurchaseOrderAdmin, lambda: ordering.approve(order.pk, actor=None))
    save(signed_in(make_staff()), order, note="Call first")
    assert [type(error) for error in errors] == [OperationalError]
    order.refresh_from_db()
    assert (order.state, order.sent_at, order.note) == ("draft", None, "Call first")
