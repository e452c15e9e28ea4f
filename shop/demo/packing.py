"""The demo's packing tables: tasks for what is paid, parcels for what is packed, one wave."""

from django.db.models import F

from shop.orders.models import Order
from shop.packing.finishing import finish
from shop.packing.models import PackingLine, PackingTask
from shop.packing.services import plan
from shop.packing.waves import make_wave

Fulfilment = Order.FulfilmentState
IN_WAVE = 4


def make_packing() -> None:
    """Everything through the services that packers use. The caller holds a transaction."""
    paid = Order.objects.filter(state=Order.State.PAID)
    packed = list(paid.filter(fulfilment_state=Fulfilment.PACKED).values_list("pk", flat=True))
    Order.objects.filter(pk__in=packed).update(fulfilment_state=Fulfilment.UNFULFILLED)
    for order_id in paid.filter(fulfilment_state=Fulfilment.UNFULFILLED).order_by("pk").values_list("pk", flat=True):
        tasks = plan(order_id)
        if order_id in packed:
            pack(tasks)
    waiting = PackingTask.objects.open().filter(location__code="main")
    if chosen := list(waiting.values_list("pk", flat=True)[:IN_WAVE]):
        make_wave(task_ids=chosen, actor=None)


def pack(tasks: list[PackingTask]) -> None:
    """All pieces are in, and the parcels are closed."""
    PackingLine.objects.filter(task__in=tasks).update(packed=F("quantity"))
    for task in tasks:
        finish(task=task, lacks={}, actor=None)
