"""Saying that something happened."""

from typing import Any

from django.db import connection
from django.db.transaction import TransactionManagementError

from shop.adapters.kick import rows_wait
from shop.events.models import OutboxEvent
from shop.events.schemas import check


def emit(name: str, detail: dict[str, Any]) -> OutboxEvent:
    """Write the event beside the change it tells of; the relay publishes it after the commit.

    Raises InvalidEvent for a detail against its schema, TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"{name} must be emitted in the transaction of the change it tells of")
    schema = check(name, detail)
    rows_wait()
    return OutboxEvent.objects.create(name=name, source=schema.source, detail=detail)
