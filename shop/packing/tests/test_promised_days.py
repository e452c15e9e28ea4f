"""The day a parcel is promised for: the order's where it leaves in time, a day anew where its goods came late."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from shop.core import clock
from shop.delivery.mails import write
from shop.delivery.shipment_models import Shipment
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.packing.models import PackingTask
from shop.packing.tests.builders import close_with, make_task, scan_all
from shop.tests.builders import make_rate

pytestmark = pytest.mark.django_db
# A Monday before the cut-off; two weeks and two working days later.
PAID, LATE = datetime(2026, 10, 19, 10, tzinfo=UTC), datetime(2026, 11, 4, 10, tzinfo=UTC)
PROMISED = date(2026, 10, 23)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


def closed_at(at: Callable[[datetime], None], moment: datetime, *, planned: datetime = PAID) -> Shipment:
    """The parcel of an order paid on that Monday, whose goods were there to be packed and packed then."""
    make_rate()
    at(PAID)
    task = make_task()
    Order.objects.update(delivery_from=date(2026, 10, 21), delivery_until=PROMISED)
    PackingTask.objects.update(send_by=planned.date())
    scan_all(task)
    at(moment)
    task.refresh_from_db()
    shipment = close_with(task).shipment
    assert shipment is not None
    return shipment


@pytest.mark.parametrize("hour", [11, 16])
def test_a_parcel_that_leaves_in_time_keeps_the_order_s_day(at: Callable[[datetime], None], hour: int) -> None:
    assert closed_at(at, PAID.replace(hour=hour)).promised_on == PROMISED


@pytest.mark.parametrize("planned", [PAID, LATE])
def test_goods_that_come_late_are_promised_from_the_day_they_leave(
    at: Callable[[datetime], None], planned: datetime
) -> None:
    assert closed_at(at, LATE, planned=planned).promised_on == date(2026, 11, 10)


def test_where_nothing_goes_there_that_way_any_more_no_past_day_is_promised(at: Callable[[datetime], None]) -> None:
    make_rate("express")
    at(PAID)
    task = make_task()
    Order.objects.update(delivery_until=PROMISED)
    scan_all(task)
    at(LATE)
    shipment = close_with(task).shipment
    assert shipment is not None and shipment.promised_on is None


def test_no_buyer_reads_a_day_that_is_over(client: Client, at: Callable[[datetime], None]) -> None:
    shipment = closed_at(at, PAID)
    url = shipment.order.get_absolute_url()
    assert "Fri 23 October" in client.get(url).content.decode()
    at(LATE)
    write(shipment.order, shipment, Shipment.State.DISPATCHED)
    assert "should be with you" not in OutgoingMail.objects.get(key__startswith="parcel-").text
    assert "Fri 23 October" not in client.get(url).content.decode()
