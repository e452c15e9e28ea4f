"""What buyers hear once the pieces that they waited for have come in."""

import pytest

from shop.events.models import OutboxEvent
from shop.events.relay import relay
from shop.mail.models import OutgoingMail
from shop.orders import services as orders
from shop.orders.models import Order
from shop.packing.models import PackingTask
from shop.packing.tests.builders import make_to_pack
from shop.tests.builders import make_location, make_product, make_size, make_variant
from shop.warehouse import services as warehouse
from shop.warehouse.filling import fill
from shop.warehouse.models import StockLevel

pytestmark = pytest.mark.django_db


def waiting_order(units: int = 2) -> Order:
    """A paid order of one piece of which none is here."""
    make_location()
    variant = make_variant(make_product("Coat & Cape"), size=make_size("M"), stock=0, sold_ahead=5)
    order = make_to_pack(variant, quantity=units, full_name="Ann Lee")
    OutboxEvent.objects.all().delete()
    return order


def come_in(units: int) -> None:
    level = StockLevel.objects.get()
    warehouse.receive(level=level, quantity=units)
    fill([level.variant_id])


def mails() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(key__startswith="come-in:"))


def test_the_buyer_hears_once_that_all_of_it_is_here_and_it_is_to_be_packed() -> None:
    order = waiting_order()
    come_in(1)
    relay()
    assert mails() == []
    come_in(1)
    relay()
    (mail,) = mails()
    assert (mail.to, mail.about) == (order.email, order.number)
    assert mail.subject == f"Order {order.number}: your Coat & Cape is here"
    assert "Ann, your Coat & Cape is here" in mail.text
    assert "Coat & Cape × 2, " in mail.text and "size M" in mail.text
    assert "Coat &amp; Cape × 2" in mail.html and "will be sent" in mail.html
    assert sum(line.quantity for line in PackingTask.objects.get(order=order).lines.all()) == 2
    fill([StockLevel.objects.get().variant_id])
    relay()
    assert len(mails()) == 1


def test_of_an_order_called_off_meanwhile_nobody_hears() -> None:
    order = waiting_order()
    come_in(2)
    orders.cancel(order, reason="changed my mind", by_choice=True)
    relay()
    assert mails() == []


def test_of_pieces_given_back_meanwhile_nobody_hears() -> None:
    order = waiting_order()
    come_in(2)
    warehouse.release(order_line_ids=[order.lines.get().pk], document=order.number, reason="refunded")
    relay()
    assert mails() == []
