from typing import Any

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from shop.events.models import OutboxEvent
from shop.events.schemas import InvalidEvent
from shop.events.services import emit

PAID = {"order_id": 7, "number": "A7KM-29QX"}


@pytest.mark.django_db
def test_emit_writes_a_pending_row_with_the_source_of_the_schema() -> None:
    row = emit("OrderPaid", PAID)
    row.refresh_from_db()
    assert (row.name, row.source, row.detail) == ("OrderPaid", "aspireclothes.orders", PAID)
    assert (row.state, row.attempts, row.published_at) == (OutboxEvent.State.PENDING, 0, None)


@pytest.mark.django_db(transaction=True)
def test_emit_outside_a_transaction_is_refused() -> None:
    with pytest.raises(TransactionManagementError, match="OrderPaid must be emitted in the transaction"):
        emit("OrderPaid", PAID)
    assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_leaves_no_event() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        emit("OrderPaid", PAID)
        raise RuntimeError("the order could not be saved")
    assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "detail", "fault"),
    [
        ("OrderLost", PAID, "OrderLost has no schema"),
        ("OrderPaid", {"order_id": 7}, "OrderPaid: number is missing"),
        ("OrderPaid", {**PAID, "colour": "red"}, "OrderPaid: colour is not a field"),
        ("OrderPaid", {**PAID, "order_id": "7"}, "OrderPaid: order_id is str, not int"),
        ("OrderPaid", {**PAID, "order_id": True}, "OrderPaid: order_id is bool, not int"),
        ("OrderPaid", {**PAID, "number": "x" * 262_144}, "bytes are more than 262144"),
    ],
)
def test_emit_refuses_what_the_schema_does_not_say(name: str, detail: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidEvent, match=fault):
        emit(name, detail)
    assert OutboxEvent.objects.count() == 0
