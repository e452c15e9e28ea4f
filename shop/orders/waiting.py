"""What of an order is still to come, in words for its buyer."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import Max, Sum

from shop.orders.models import OrderLine
from shop.warehouse import ahead
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder


def with_promises(lines: Sequence[OrderLine]) -> Sequence[OrderLine]:
    """The lines, each with `promise`: when what it waits for is sent, empty where it waits for nothing.

    What has come in part is sent with the rest. One query, two where something is waited for.
    """
    rows = BackOrder.objects.waiting().filter(order_line__in=lines).order_by().values_list("order_line_id")
    found = {line: (units, day) for line, units, day in rows.annotate(units=Sum("quantity"), day=Max("promised_on"))}
    holds = Reservation.objects.held().filter(ahead.came_in_part(), order_line__in=found) if found else ()
    here = Counter[int]()
    for hold in holds:
        here[hold.order_line_id] += hold.quantity
    for line in lines:
        if line.pk in found:
            units, day = found[line.pk]
            line.promise = ahead.words(units + here[line.pk], line.quantity, day)
    return lines
