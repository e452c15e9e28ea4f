"""Whoever waits for goods gets the day that is confirmed now, and a mail where it is later."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from shop.catalog.models import ProductVariant
from shop.core import clock
from shop.core.dates import short_day
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.suppliers.answering import LineAnswer, Proposed, ShipNotice, answer_proposal, propose, ship_notice, write_down
from shop.suppliers.drafting import needs
from shop.suppliers.moves import Who
from shop.suppliers.purchase_models import Channel, PurchaseProposal
from shop.suppliers.tests.builders import make_confirmed, make_sent, make_source, make_supplier
from shop.tests.builders import make_order, make_variant
from shop.warehouse.models import StockLevel
from shop.warehouse.moving_models import BackOrder

pytestmark = pytest.mark.django_db
LINK = Who(Channel.LINK)


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def waits(variant: ProductVariant, units: int, promised_in: int | None, *, paid: bool = True) -> BackOrder:
    order = make_order(variant)
    Order.objects.filter(pk=order.pk).update(paid_at=clock.now())
    return BackOrder.objects.create(
        order_line=order.lines.get(),
        variant=variant,
        quantity=units,
        promised_on=None if promised_in is None else in_days(promised_in),
        expires_at=None if paid else clock.now(),
    )


def days() -> list[date | None]:
    return list(BackOrder.objects.order_by("pk").values_list("promised_on", flat=True))


def mails() -> dict[str, str]:
    found = OutgoingMail.objects.filter(key__startswith="back-order-later:")
    return {mail.about: mail.text for mail in found}


def test_a_confirmation_dates_all_who_have_paid_and_tells_those_who_wait_longer() -> None:
    variant = make_variant(stock=0)
    later, sooner, unknown = waits(variant, 1, 5), waits(variant, 1, 40), waits(variant, 1, None)
    waits(variant, 1, 5, paid=False)
    make_confirmed(variant, days=20)
    assert days() == [in_days(20), in_days(20), in_days(20), in_days(5)]
    assert list(mails()) == [later.order_line.order.number]
    assert f"Ships about {short_day(in_days(20))}." in mails()[later.order_line.order.number]
    assert {sooner.pk, unknown.pk} < set(BackOrder.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("way", ["proposal", "notice", "telephone"])
def test_each_way_of_another_day_reaches_who_waits_once(way: str) -> None:
    variant = make_variant(stock=0)
    order = make_confirmed(variant, days=10)
    line = order.lines.get()
    waits(variant, 2, 10)
    for _ in range(2):
        if way == "telephone":
            write_down(order.pk, [LineAnswer(line.pk, 20, in_days(30))], Who())
        elif way == "notice":
            ship_notice(order.pk, ShipNotice(timezone.localdate(), "T1", in_days(30)), LINK)
        else:
            propose(order.pk, [Proposed(line.pk, 20, 2140, in_days(30))], LINK)
            answer_proposal(PurchaseProposal.objects.open().get().pk, accept=True, actor=None)
    assert days() == [in_days(30)]
    assert len(mails()) == 1


def test_a_later_day_that_the_shop_names_itself_stays() -> None:
    variant = make_variant(stock=0, expected_on=in_days(50))
    waits(variant, 1, 50)
    make_confirmed(variant, days=20)
    assert (days(), mails()) == ([in_days(50)], {})


def test_what_is_refused_changes_nobody_s_day() -> None:
    variant = make_variant(stock=0)
    order = make_confirmed(variant, days=10)
    waits(variant, 1, 10)
    propose(order.pk, [Proposed(order.lines.get().pk, 20, 2140, in_days(30))], LINK)
    answer_proposal(PurchaseProposal.objects.get().pk, accept=False, actor=None)
    assert (days(), mails()) == ([in_days(10)], {})


def test_what_is_waited_for_is_drafted_without_a_reorder_point() -> None:
    variant = make_variant(stock=1)
    source = make_source(variant, make_supplier(), pack_size=2)
    assert StockLevel.objects.get().reorder_point is None
    waits(variant, 4, None)
    (need,) = needs()
    # 4 waited for and 1 here: 3, in pairs.
    assert (need.source, need.units) == (source, 4)
    make_sent(variant, units=3, supplier=source.supplier)
    assert needs() == []
