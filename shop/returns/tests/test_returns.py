"""A return from the asking to the refund."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from shop.checkout.tests.paying_builders import FakeProvider, attempt_of
from shop.core import clock
from shop.core.errors import InvalidTransition, ShopError
from shop.delivery.models import ShippingRate
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.payments.models import Refund
from shop.payments.refunds import send
from shop.refunds.services import LineRefund, request_refund
from shop.returns import services
from shop.returns.models import Return, ReturnLine
from shop.returns.services import NotReturnable
from shop.returns.settling import settle
from shop.returns.tests.builders import ask, came, delivered, sent_back, somebody, stock_of
from shop.returns.units import left_to_return
from shop.tests.builders import make_order, make_rate, make_variant

pytestmark = pytest.mark.django_db
Kind = Return.Kind


def states(parent: Return) -> list[str]:
    return [step.to_state for step in parent.steps.all()]


def test_a_return_is_asked_for_approved_received_and_refunded(fake: FakeProvider) -> None:
    variant = make_variant(price=7800, stock=10)
    order = delivered(fake, variant)
    assert stock_of(variant) == (8, 0, 0)
    parent = came(sent_back(order))
    assert stock_of(variant) == (9, 0, 0)
    (refund,) = settle(parent=parent, actor=somebody())
    assert (refund.amount, refund.delivery_amount, refund.state) == (7800, 0, "requested")
    send(refund.pk)
    parent.refresh_from_db()
    assert (parent.state, attempt_of(order).refunded_amount) == ("closed", 7800)
    assert states(parent) == ["requested", "approved", "received", "closed"]
    assert parent.lines.get().refund == refund
    assert left_to_return(order) == {order.lines.get().pk: 1}
    assert OutboxEvent.objects.filter(name="ReturnReceived").count() == 1
    about = f"Return {parent.number}"
    assert list(OutgoingMail.objects.filter(about=order.number).order_by("pk").values_list("subject", flat=True)) == [
        f"{about}: we got your request",
        f"{about}: please send it",
        f"{about} has arrived",
    ]


def test_damaged_pieces_lie_aside_and_are_paid_for_only_by_choice(fake: FakeProvider) -> None:
    variant = make_variant(price=7800, stock=10)
    parent = came(sent_back(delivered(fake, variant), 2), fit=1, damaged=1)
    assert stock_of(variant) == (9, 0, 1)
    with pytest.raises(ShopError, match="Say why"):
        settle(parent=parent, actor=None)
    assert not Refund.objects.exists()
    (refund,) = settle(parent=parent, words="It was worn.", actor=None)
    assert refund.amount == 7800


def test_staff_may_pay_for_damaged_ones(fake: FakeProvider) -> None:
    parent = came(sent_back(delivered(fake), 2), fit=1, damaged=1)
    (refund,) = settle(parent=parent, damaged={parent.lines.get().pk: 1}, actor=None)
    assert refund.amount == 15600


def test_faulty_pieces_are_paid_for_in_whatever_state_they_come(fake: FakeProvider) -> None:
    parent = came(sent_back(delivered(fake), 2, reason=ReturnLine.Reason.FAULTY), fit=0, damaged=2)
    (refund,) = settle(parent=parent, actor=None)
    assert (refund.amount, refund.delivery_amount) == (15600 + 395, 395)


def test_missing_pieces_are_not_refunded_and_may_be_sent_later(fake: FakeProvider) -> None:
    order = delivered(fake)
    parent = came(sent_back(order, 2), fit=1)
    (refund,) = settle(parent=parent, actor=None)
    assert refund.amount == 7800
    assert left_to_return(order) == {order.lines.get().pk: 1}


def test_never_more_than_was_bought(fake: FakeProvider) -> None:
    order = delivered(fake)
    ask(order, 1)
    with pytest.raises(NotReturnable, match="Only 1 of these"):
        ask(order, 2)
    assert Return.objects.count() == 1


def test_what_staff_refunded_cannot_come_back_for_money(fake: FakeProvider) -> None:
    order = delivered(fake)
    line = order.lines.get().pk
    request_refund(order=order, lines=[LineRefund(line, 2, False)], reason=Refund.Reason.GOODWILL, note="", actor=None)
    with pytest.raises(NotReturnable, match="already"):
        ask(order, 1)


def test_a_refund_by_staff_meanwhile_is_not_made_twice(fake: FakeProvider) -> None:
    order = delivered(fake)
    parent = came(sent_back(order, 2), fit=2)
    line = order.lines.get().pk
    request_refund(order=order, lines=[LineRefund(line, 1, False)], reason=Refund.Reason.RETURNED, note="", actor=None)
    (refund,) = settle(parent=parent, actor=None)
    assert refund.amount == 7800


def test_another_orders_line_is_refused(fake: FakeProvider) -> None:
    order, other = delivered(fake), delivered(fake)
    piece = services.Piece(other.lines.get().pk, 1, ReturnLine.Reason.TOO_SMALL)
    with pytest.raises(NotReturnable):
        services.ask(order=order, wanted=services.Ask([piece]))
    assert not Return.objects.exists()


@pytest.mark.parametrize(("days", "kind", "may"), [(30, "return", True), (31, "return", False)])
def test_a_return_has_its_days(fake: FakeProvider, days: int, kind: str, may: bool) -> None:
    order = delivered(fake, at=clock.now() - timedelta(days=days))
    if may:
        assert ask(order).state == "requested"
        return
    with pytest.raises(NotReturnable, match="ended on"):
        ask(order)


def test_what_was_not_sent_is_cancelled_instead() -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(state="paid", paid_at=clock.now())
    with pytest.raises(NotReturnable, match="not been sent"):
        ask(order)


def test_a_withdrawal_of_everything_gives_the_cheapest_delivery_back(fake: FakeProvider) -> None:
    make_rate("slow", 200, None)
    make_rate("express", 395, None)
    order = delivered(fake)
    Order.objects.filter(pk=order.pk).update(shipping_method="express")
    parent = ask(order, 2, kind=Kind.WITHDRAWAL)
    assert (parent.state, parent.confirmed_at) == ("approved", parent.requested_at)
    (refund,) = settle(parent=came(parent, fit=2), actor=None)
    assert (refund.amount, refund.delivery_amount) == (15800, 200)


def test_the_cheapest_delivery_is_one_that_takes_so_heavy_a_parcel(fake: FakeProvider) -> None:
    make_rate("letter", 200, None)
    ShippingRate.objects.update(weight_to=700)
    make_rate("express", 395, None)
    order = delivered(fake)
    Order.objects.filter(pk=order.pk).update(shipping_method="express")
    (refund,) = settle(parent=came(ask(order, 2, kind=Kind.WITHDRAWAL), fit=2), actor=None)
    assert (refund.amount, refund.delivery_amount) == (15995, 395)


def test_a_withdrawal_of_a_part_gives_no_delivery_back(fake: FakeProvider) -> None:
    (refund,) = settle(parent=came(ask(delivered(fake), 1, kind=Kind.WITHDRAWAL)), actor=None)
    assert (refund.amount, refund.delivery_amount) == (7800, 0)


def test_the_receipt_of_a_withdrawal_has_day_and_time(fake: FakeProvider) -> None:
    order = delivered(fake)
    parent = ask(order, 2, kind=Kind.WITHDRAWAL)
    mail = OutgoingMail.objects.get(key=f"return-withdrawn:{parent.number}")
    assert mail.to == order.email
    assert parent.confirmed_at
    assert f"{timezone.localtime(parent.confirmed_at):%Y at %H:%M:%S %Z}" in mail.text


def test_declining_needs_words_and_ends_it(fake: FakeProvider) -> None:
    parent = ask(delivered(fake))
    with pytest.raises(ShopError, match="Say why"):
        services.decline(parent=parent, words=" ", actor=somebody())
    services.decline(parent=parent, words="It was worn.", actor=somebody())
    with pytest.raises(InvalidTransition):
        services.approve(parent=parent, actor=somebody())
    parent.refresh_from_db()
    assert (parent.state, parent.answer) == ("declined", "It was worn.")


def test_receiving_twice_moves_the_stock_once(fake: FakeProvider) -> None:
    variant = make_variant(price=7800, stock=10)
    parent = came(sent_back(delivered(fake, variant)))
    with pytest.raises(InvalidTransition):
        came(parent)
    assert stock_of(variant) == (9, 0, 0)


def test_overdue_returns_are_given_up(fake: FakeProvider) -> None:
    late, still = sent_back(delivered(fake)), sent_back(delivered(fake))
    day = clock.now().date()
    Return.objects.filter(pk=late.pk).update(send_by=day - timedelta(days=8))
    Return.objects.filter(pk=still.pk).update(send_by=day - timedelta(days=7))
    assert (services.cancel_overdue(), services.cancel_overdue()) == (1, 0)
    assert (Return.objects.get(pk=late.pk).state, Return.objects.get(pk=still.pk).state) == ("cancelled", "approved")


def test_a_parcel_that_comes_too_late_is_received_all_the_same(fake: FakeProvider) -> None:
    parent = sent_back(delivered(fake))
    services.cancel(parent=parent, reason="it did not come in time")
    assert came(parent).state == "received"


def test_the_page_asks_and_shows(client: Client, fake: FakeProvider) -> None:
    order = delivered(fake)
    line, page = order.lines.get().pk, f"/orders/{order.number}/{order.key}/return/"
    assert f'href="{page}"' in client.get(order.get_absolute_url()).content.decode()
    assert client.get(page).status_code == 200
    data = {"key": "k", f"units_{line}": "1", f"reason_{line}": "too-small", f"wish_{line}": "refund"}
    shown = client.post(page, data)
    assert (shown.status_code, client.post(page, data).headers["Location"]) == (303, shown.headers["Location"])
    assert "We are looking at it" in client.get(shown.headers["Location"]).content.decode()
    assert Return.objects.count() == 1
