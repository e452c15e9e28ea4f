"""What is ordered, and what suppliers are told, when something happened."""

from shop.adapters.mail import Attachment
from shop.events.envelope import Event
from shop.mail.services import queue_mail
from shop.suppliers.drafting import draft_due
from shop.suppliers.links import LASTS, address_for
from shop.suppliers.purchase_models import PurchaseOrder
from shop.suppliers.sheets import sheet


def mail_purchase_order(event: Event) -> None:
    """PurchaseOrderSent: the supplier gets the order as PDF and CSV, and the link by which it answers."""
    # The library is large: a process that prints nothing never loads it.
    from shop.suppliers.order_pdf import pdf  # noqa: PLC0415

    orders = PurchaseOrder.objects.expected().select_related("supplier", "location")
    order = orders.filter(pk=event.detail["purchase_order_id"]).first()
    if order is None:
        # Cancelled before the news went out.
        return
    files = (
        Attachment(f"{order.number}.pdf", "application/pdf", pdf(order)),
        Attachment(f"{order.number}.csv", "text/csv", sheet(order).encode()),
    )
    queue_mail(
        key=f"purchase-order:{order.number}:{order.link_version}",
        to=order.supplier.email,
        template="purchase-order",
        context={
            "purchase": order,
            "supplier": order.supplier,
            "lines": order.lines.all(),
            "link": address_for(order),
            "days": LASTS.days,
        },
        attachments=files,
    )


def draft_low(event: Event) -> None:
    """StockLow, ReorderDue: what is at its reorder point goes on a draft for its supplier."""
    draft_due([event.detail["variant_id"]])
