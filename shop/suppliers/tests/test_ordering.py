"""From a draft to a mail that the supplier can answer; and the ways an order ends."""

from decimal import Decimal

import pytest

from shop.core.errors import InvalidTransition, ShopError
from shop.events.models import OutboxEvent
from shop.events.relay import relay
from shop.mail.models import OutgoingMail
from shop.suppliers import ordering
from shop.suppliers.moves import MOVES, State
from shop.suppliers.receiving import Arrived, Delivery, receive
from shop.suppliers.tests.builders import make_confirmed, make_purchase, make_sent, make_source, make_supplier
from shop.tests.builders import make_location, make_variant

pytestmark = pytest.mark.django_db


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(State)


def test_a_draft_copies_what_the_supplier_calls_and_asks() -> None:
    supplier, variant = make_supplier(), make_variant(stock=0, sku="QLS-M")
    make_source(variant, supplier, supplier_sku="TM-77", cost=1990)
    order = ordering.draft(supplier=supplier, location=make_location(), units={variant.pk: 40})
    line = order.lines.get()
    assert (line.supplier_sku, line.description, line.quantity) == ("TM-77", "Quarry Linen Shirt, Sky, M", 40)
    assert str(ordering.goods_total(order)) == "€796"


def test_a_draft_begins_with_the_rate_of_the_last_order_in_its_currency() -> None:
    make_purchase(exchange_rate=Decimal("0.86"))
    make_purchase(supplier=make_supplier(currency="USD"), exchange_rate=Decimal("0.79"))
    assert make_purchase(supplier=make_supplier(currency="SEK")).exchange_rate == 1
    assert make_purchase().exchange_rate == Decimal("0.86")


def test_nothing_is_drafted_of_what_the_supplier_does_not_sell() -> None:
    with pytest.raises(ShopError, match="does not sell 1 of these"):
        ordering.draft(supplier=make_supplier(), location=make_location(), units={make_variant().pk: 1})


def test_approving_mails_pdf_csv_and_link_once() -> None:
    order = make_sent()
    assert (order.state, order.notes.last().to_state) == ("sent", "sent")  # type: ignore[union-attr]
    relay()
    mail = OutgoingMail.objects.get(key=f"purchase-order:{order.number}:1")
    assert mail.to == "orders@minho.example"
    assert "/supplier/" in mail.text
    files = {file.name: bytes(file.content) for file in mail.attachments.all()}
    assert set(files) == {f"{order.number}.pdf", f"{order.number}.csv"}
    assert files[f"{order.number}.pdf"].startswith(b"%PDF-")
    with pytest.raises(InvalidTransition, match="is sent, so it cannot become sent"):
        ordering.approve(order.pk, actor=None)
    assert OutboxEvent.objects.filter(name="PurchaseOrderSent").count() == 1


def test_an_empty_draft_and_one_for_an_inactive_supplier_are_not_sent() -> None:
    empty = ordering.draft(supplier=make_supplier(), location=make_location(), units={})
    with pytest.raises(ShopError, match="nothing on this order"):
        ordering.approve(empty.pk, actor=None)
    left = make_purchase(supplier=make_supplier(is_active=False))
    with pytest.raises(ShopError, match="is not active"):
        ordering.approve(left.pk, actor=None)
    assert not OutboxEvent.objects.filter(name="PurchaseOrderSent").exists()


def test_below_the_minimum_order_only_on_demand() -> None:
    order = make_purchase(units=2, supplier=make_supplier(minimum_order=50_000))
    with pytest.raises(ordering.BelowMinimum, match="takes orders from €500; this comes to"):
        ordering.approve(order.pk, actor=None)
    assert ordering.approve(order.pk, actor=None, below_minimum=True).state == "sent"


def test_sending_again_makes_former_links_worthless() -> None:
    order = make_sent()
    assert ordering.send_again(order.pk, actor=None).link_version == 2
    relay()
    assert OutgoingMail.objects.filter(key=f"purchase-order:{order.number}:2").exists()


def test_cancelling_tells_the_supplier_only_of_what_it_has_got() -> None:
    draft, sent = make_purchase(), make_confirmed()
    ordering.cancel(draft.pk, actor=None, reason="not needed")
    ordering.cancel(sent.pk, actor=None, reason="too late")
    assert [mail.key for mail in OutgoingMail.objects.all()] == [f"purchase-order-cancelled:{sent.number}"]


def test_what_has_come_in_part_is_closed_and_not_cancelled() -> None:
    order = make_confirmed()
    receive(order.pk, [Arrived(order.lines.get().pk, received=1)], Delivery(), actor=None)
    with pytest.raises(InvalidTransition, match="partly received, so it cannot become cancelled"):
        ordering.cancel(order.pk, actor=None, reason="no")
    assert ordering.close(order.pk, actor=None, reason="the rest never comes").state == "closed"
