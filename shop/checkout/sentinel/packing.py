"""Does whatever is to be sent lie on somebody's packing table, and nothing else?"""

from collections.abc import Iterator
from datetime import timedelta

from shop.alerts.models import Alert
from shop.checkout.sentinel.finding import Check, Finding
from shop.core import clock
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.packing.models import PackingTask
from shop.packing.services import unplanned

# The job that plans what was forgotten runs every five minutes.
SETTLING = timedelta(minutes=30)


def orders_without_task() -> Iterator[Finding]:
    old = unplanned().filter(
        created_at__lte=clock.now() - SETTLING, order_line__order__paid_at__lte=clock.now() - SETTLING
    )
    held_back = OrderHold.objects.standing().values("order")
    orders = Order.objects.filter(lines__reservations__in=old).exclude(pk__in=held_back).distinct().order_by("pk")
    for order in orders:
        yield Finding(
            order.pk,
            f"Order {order.number} is paid and holds its pieces, but nobody was told to pack them",
            "See that the job 'plan packing' runs, and under Events whether OrderPaid was given up. The next run of "
            "that job makes the task.",
            order.pk,
        )


def tasks_in_vain() -> Iterator[Finding]:
    open_tasks = PackingTask.objects.open().exclude(order__state=Order.State.PAID).select_related("order")
    for task in open_tasks:
        state = task.order.get_state_display().lower()
        yield Finding(
            task.pk,
            f"{task.number} is to be packed, but order {task.order.number} is {state}",
            "Put the box aside: what is in it goes back to the shelf. See under Events whether OrderCancelled was "
            "given up, and tell whoever looks after the code.",
            task.order_id,
        )


CHECKS = (
    Check("packing-forgotten", "paid orders that somebody packs", orders_without_task, Alert.Area.STOCK),
    Check("packing-in-vain", "packing tasks of orders that are paid", tasks_in_vain, Alert.Area.STOCK),
)
