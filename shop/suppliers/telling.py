"""What suppliers hear of their proposals, and what staff hear of suppliers' answers and papers."""

from collections.abc import Iterable

from django.db.models import Max

from shop.alerts.models import Alert
from shop.alerts.services import raise_alert
from shop.mail.services import queue_mail
from shop.suppliers.links import LASTS, address_for
from shop.suppliers.moves import Who, note
from shop.suppliers.purchase_models import Channel, PurchaseOrder, PurchaseOrderLine, PurchaseProposal

MAILED = "Answers to its proposals mailed"


def mail_answers(order: PurchaseOrder) -> None:
    """The supplier gets one mail of all that was answered since the last one. The caller has locked the order."""
    last = order.notes.filter(what=MAILED).aggregate(at=Max("at"))["at"]
    answered = PurchaseProposal.objects.filter(line__order=order).exclude(state=PurchaseProposal.State.OPEN)
    # What staff wrote down themselves was said on the telephone.
    told = answered.exclude(channel=Channel.STAFF).select_related("line").order_by("line_id", "pk")
    proposals = list(told.filter(answered_at__gt=last) if last else told)
    if not proposals:
        return
    queue_mail(
        key=f"proposals-answered:{order.number}:{max(proposal.pk for proposal in proposals)}",
        to=order.supplier.email,
        template="proposals-answered",
        context={
            "purchase": order,
            "supplier": order.supplier,
            "proposals": proposals,
            "link": address_for(order),
            "days": LASTS.days,
        },
    )
    note(order, MAILED, Who())


def tell_short(order: PurchaseOrder, lines: Iterable[PurchaseOrderLine]) -> None:
    """Staff hear of a confirmation that lacks something."""
    short = [line for line in lines if (line.confirmed_quantity or 0) < line.quantity]
    if not short:
        return
    lacks = sum(line.quantity - (line.confirmed_quantity or 0) for line in short)
    raise_alert(
        key=order.short_alert,
        title=f"{order.supplier.name} will not send {lacks} units of {order.number}",
        advice=f"It concerns {', '.join(line.variant.sku for line in short[:5])}{' and others' * (len(short) > 5)}. "
        "Order them elsewhere where they are needed, or leave it; then close this alert.",
        area=Alert.Area.STOCK,
    )


def tell_paper(order: PurchaseOrder, name: str) -> None:
    """Staff hear of an invoice or another paper."""
    raise_alert(
        key=f"supplier-paper:{order.number}",
        title=f"{order.supplier.name} sent a paper for {order.number}: {name}",
        advice="Open it on the purchase order's page. If it is the invoice, compare it with what was received and have "
        "it paid; then close this alert.",
        area=Alert.Area.STOCK,
    )
