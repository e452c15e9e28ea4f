"""What returns do when something happened."""

from django.db import transaction

from shop.events.envelope import Event
from shop.returns.fit import refresh_fits
from shop.returns.models import Return, ReturnLine
from shop.returns.unsent import refund_unsent


def refresh_fit(event: Event) -> None:
    """ReturnReceived: how its products fit is counted anew."""
    lines = ReturnLine.objects.filter(parent=event.detail["return_id"], order_line__variant__isnull=False)
    refresh_fits(set(lines.values_list("order_line__variant__product", flat=True)))


@transaction.atomic
def refund_exchange(event: Event) -> None:
    """OrderCancelled, PackageCreated, PackagingFailed: what does not come in exchange after all is paid back."""
    if parent := Return.objects.filter(replacement=event.detail["order_id"]).first():
        refund_unsent(parent)
