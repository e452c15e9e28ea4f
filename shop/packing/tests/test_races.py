"""Two people at one parcel, on real connections."""

from collections.abc import Callable

import pytest

from shop.delivery.shipment_models import Shipment
from shop.events.models import OutboxEvent
from shop.packing.scanning import scan
from shop.packing.services import plan
from shop.packing.tests.builders import close_with, make_task, make_to_pack, scan_all, stage
from shop.refunds.services import NotCancellable, cancel_paid
from shop.tests.parallel import in_parallel
from shop.warehouse.ledger import differences

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_parcel_closed_by_two_at_once_is_one_parcel() -> None:
    task = make_task()
    scan_all(task)
    assert in_parallel(lambda: close_with(task), 3) == []
    assert (Shipment.objects.count(), OutboxEvent.objects.filter(name="PackageCreated").count()) == (1, 1)


def test_an_order_planned_by_two_at_once_has_one_task() -> None:
    order = make_to_pack()
    assert in_parallel(lambda: plan(order.pk), 3) == []
    assert order.packing_tasks.count() == 1


def test_a_piece_scanned_by_two_at_once_is_in_once() -> None:
    task = make_task()
    sku = task.lines.get().order_line.sku
    assert in_parallel(lambda: scan(task=task, code=sku, actor=None), 3) == []
    assert sorted(task.scans.values_list("is_right", flat=True)) == [False, False, True]
    assert task.lines.get().packed == 1


def test_an_order_is_either_cancelled_or_packed() -> None:
    task = make_task()
    scan_all(task)
    jobs: list[Callable[[], object]] = [
        lambda: close_with(task),
        lambda: cancel_paid(order=task.order, actor=None, reason="changed my mind"),
    ]
    errors = in_parallel(lambda: jobs.pop()(), 2)
    assert len(errors) == 1
    if isinstance(errors[0], NotCancellable):
        assert (stage(task.order), Shipment.objects.count()) == (("paid", "packed"), 1)
    else:
        assert (stage(task.order), Shipment.objects.count()) == (("cancelled", "unfulfilled"), 0)
    assert differences() == []
