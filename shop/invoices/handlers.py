"""What invoices do when something happened. An event that comes twice finds its document written."""

from uuid import UUID

from shop.events.envelope import Event
from shop.invoices.services import issue_credit_note, issue_invoice


def invoice_order(event: Event) -> None:
    """The order is paid: its invoice."""
    issue_invoice(event.detail["order_id"])


def credit_refund(event: Event) -> None:
    """Money went back: the credit note."""
    issue_credit_note(UUID(event.detail["refund_id"]))
