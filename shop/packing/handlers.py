"""What packing does when something has happened elsewhere."""

from shop.events.envelope import Event
from shop.packing import services as packing


def plan_order(event: Event) -> None:
    """OrderPaid: it is to be packed. Read as it stands now: it may have been called off meanwhile."""
    packing.plan(event.detail["order_id"])


def follow_refund(event: Event) -> None:
    """RefundIssued: what was given back is not packed any more."""
    packing.follow_refund(event.detail["order_id"])


def cancel_order(event: Event) -> None:
    """OrderCancelled: nobody packs it any more."""
    packing.cancel(event.detail["order_id"])
