"""Everything that hangs on an order, read by one statement: for its page and its timeline."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from adminpanel.at_once import at_once
from shop.alerts.models import Alert
from shop.delivery.shipment_models import Shipment
from shop.events.models import InboxEntry, OutboxEvent
from shop.invoices.models import Document
from shop.invoices.services import documents_of
from shop.mail.models import OutgoingMail
from shop.marketing.models import Redemption
from shop.orders.models import Order, OrderLine, OrderStateChange, OrderTax
from shop.orders.record_models import OrderHold, OrderRequest
from shop.packing.models import PackingLine, PackingTask
from shop.payments.models import Dispute, PaymentAttempt, ProviderCall, ProviderEvent, Refund, RefundLine
from shop.warehouse.models import Reservation, StockMovement


@dataclass(frozen=True)
class OrderRows:
    """The rows by table, each in the order in which its table is shown."""

    lines: list[OrderLine]
    redemptions: list[Redemption]
    taxes: list[OrderTax]
    attempts: list[PaymentAttempt]
    refunds: list[Refund]
    refund_lines: list[RefundLine]
    disputes: list[Dispute]
    calls: list[ProviderCall]
    messages: list[ProviderEvent]
    reservations: list[Reservation]
    movements: list[StockMovement]
    tasks: list[PackingTask]
    packing_lines: list[PackingLine]
    parcels: list[Shipment]
    documents: list[Document]
    holds: list[OrderHold]
    requests: list[OrderRequest]
    changes: list[OrderStateChange]
    events: list[OutboxEvent]
    reactions: list[InboxEntry]
    mails: list[OutgoingMail]
    alerts: list[Alert]


def rows_of(order: Order) -> OrderRows:
    """One query, however much has happened."""
    told = OutboxEvent.objects.about_order(order.pk)
    moved = StockMovement.objects.filter(document=order.number)
    rows = OrderRows(
        *at_once(
            order.lines.all(),
            Redemption.objects.filter(order=order),
            order.taxes.all(),
            order.payment_attempts.all(),
            Refund.objects.filter(attempt__order=order).select_related("actor").order_by("created_at"),
            RefundLine.objects.filter(refund__attempt__order=order).select_related("order_line"),
            Dispute.objects.filter(attempt__order=order),
            ProviderCall.objects.filter(attempt__order=order).order_by("pk"),
            ProviderEvent.objects.filter(attempt__order=order).order_by("pk"),
            Reservation.objects.filter(order_line__order=order).select_related("order_line", "level__location"),
            moved.select_related("level__variant", "level__location", "actor").order_by("pk"),
            order.packing_tasks.select_related("location", "packed_by", "shipment").order_by("pk"),
            PackingLine.objects.filter(task__order=order),
            order.shipments.order_by("pk"),
            documents_of(order),
            order.holds.select_related("lifted_by"),
            order.requests.all(),
            order.state_changes.select_related("actor"),
            told.order_by("created_at"),
            InboxEntry.objects.filter(event_id__in=told.order_by().values("pk")).order_by("pk"),
            OutgoingMail.objects.filter(about=order.number).order_by("pk"),
            order.alerts.select_related("closed_by"),
        )
    )
    hang_together(order, rows)
    return rows


def hang_together(order: Order, rows: OrderRows) -> None:
    """Let what is asked of a row's parts find what is here already."""
    hang(order, "lines", rows.lines)
    hang(order, "redemptions", rows.redemptions)
    of_refund, of_task = defaultdict(list), defaultdict(list)
    for refund_line in rows.refund_lines:
        of_refund[refund_line.refund_id].append(refund_line)
    for packing_line in rows.packing_lines:
        of_task[packing_line.task_id].append(packing_line)
    for refund in rows.refunds:
        hang(refund, "lines", of_refund[refund.pk])
    for task in rows.tasks:
        hang(task, "lines", of_task[task.pk])


def hang(row: Any, name: str, parts: list[Any]) -> None:
    """What prefetch_related() would keep there."""
    queryset = getattr(row, name).all()
    queryset._result_cache = parts
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = queryset
