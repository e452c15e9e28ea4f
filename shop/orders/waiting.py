"""What of an order is still to come, in words for its buyer."""

from collections.abc import Sequence

from django.db.models import Max, Sum

from shop.orders.models import OrderLine
from shop.warehouse import ahead
from shop.warehouse.moving_models import BackOrder


def with_promises(lines: Sequence[OrderLine]) -> Sequence[OrderLine]:
    """The lines, each with `promise`: when what it waits for is sent, empty where it waits for nothing. One query."""
    rows = BackOrder.objects.waiting().filter(order_line__in=lines).order_by().values_list("order_line_id")
    found = {line: (units, day) for line, units, day in rows.annotate(units=Sum("quantity"), day=Max("promised_on"))}
    for line in lines:
        if line.pk in found:
            units, day = found[line.pk]
            line.promise = ahead.words(units, line.quantity, day)
    return lines
