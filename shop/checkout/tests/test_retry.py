"""Paying again: one live page at a time, and only for orders that wait for it."""

from datetime import timedelta

import pytest

from shop.adapters.payments import ProviderRefused, ProviderUnavailable
from shop.catalog.models import ProductVariant
from shop.checkout.paying import PaymentUnavailable, start_payment
from shop.checkout.retry import NotPayable, pay_again
from shop.checkout.sync import sync
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, place, states
from shop.core import clock
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from shop.tests.builders import make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation, StockLevel

pytestmark = pytest.mark.django_db
PAID = {"status": "complete", "payment_status": "paid", "intent_status": "succeeded"}


def started() -> Order:
    order = place()
    start_payment(attempt_of(order).pk)
    return order


def attempts(order: Order) -> list[str]:
    return list(PaymentAttempt.objects.filter(order=order).order_by("created_at").values_list("state", flat=True))


def test_an_open_page_is_used_again(fake: FakeProvider) -> None:
    order = started()
    assert pay_again(order) == pay_again(order) == attempt_of(order).redirect_url
    assert attempts(order) == ["open"]


def test_a_page_about_to_close_is_closed_and_replaced_and_the_order_lives_on(fake: FakeProvider) -> None:
    order = started()
    PaymentAttempt.objects.update(expires_at=clock.now() + timedelta(minutes=4))
    first = attempt_of(order).redirect_url
    assert pay_again(order) != first
    assert (attempts(order), states(order)) == (["expired", "open"], ("open", "pending"))
    order.refresh_from_db()
    assert order.hold_until == attempt_of(order).expires_at + timedelta(minutes=2)
    assert StockLevel.objects.get().reserved == 2


def test_another_payment_asks_for_the_total_that_was_agreed_whatever_things_cost_now(fake: FakeProvider) -> None:
    order = started()
    PaymentAttempt.objects.update(state="failed")
    ProductVariant.objects.update(price=9900)
    pay_again(order)
    assert (attempt_of(order).amount, order.grand_total) == (2 * 7800 + 395, 2 * 7800 + 395)
    assert fake.sessions[attempt_of(order).session_id].amount_total == 2 * 7800 + 395


def test_a_replaced_page_cannot_cancel_the_order_afterwards(fake: FakeProvider) -> None:
    order = started()
    replaced = attempt_of(order)
    PaymentAttempt.objects.update(expires_at=clock.now() + timedelta(minutes=4))
    pay_again(order)
    PaymentAttempt.objects.filter(state="open").update(state="failed")
    sync(replaced.pk)
    assert (attempts(order), states(order)[1]) == (["expired", "failed"], "pending")


def test_after_a_refusal_a_new_page_is_opened(fake: FakeProvider) -> None:
    order = place()
    fake.errors = [ProviderRefused("no")]
    with pytest.raises(PaymentUnavailable):
        start_payment(attempt_of(order).pk)
    assert pay_again(order) == attempt_of(order).redirect_url
    assert attempts(order) == ["failed", "open"]


def test_an_attempt_without_an_answer_is_replayed_not_doubled(fake: FakeProvider) -> None:
    order = place()
    fake.errors = [ProviderUnavailable("timed out"), ProviderUnavailable("timed out")]
    with pytest.raises(PaymentUnavailable):
        start_payment(attempt_of(order).pk)
    with pytest.raises(PaymentUnavailable):
        pay_again(order)
    assert pay_again(order).startswith("https://pay.example/")
    assert (attempts(order), len(fake.sessions)) == (["open"], 1)


def test_a_silent_provider_is_no_reason_to_open_a_second_page(fake: FakeProvider) -> None:
    order = started()
    fake.errors = [ProviderUnavailable("timed out")]
    with pytest.raises(PaymentUnavailable):
        pay_again(order)
    assert attempts(order) == ["open"]


def test_a_paid_order_is_found_paid_and_not_charged_again(fake: FakeProvider) -> None:
    order = started()
    fake.says(attempt_of(order), **PAID)
    with pytest.raises(NotPayable):
        pay_again(order)
    assert (attempts(order), states(order)) == (["paid"], ("paid", "paid"))


def test_a_cancelled_order_cannot_be_paid(fake: FakeProvider) -> None:
    order = started()
    fake.says(attempt_of(order), status="expired")
    PaymentAttempt.objects.update(state="expired")
    Order.objects.update(state="cancelled")
    with pytest.raises(NotPayable):
        pay_again(order)
    assert attempts(order) == ["expired"]


def test_stock_that_is_not_held_any_more_is_taken_again_or_missed(fake: FakeProvider) -> None:
    order = place(make_variant(stock=2), quantity=2)
    line = order.lines.get()
    PaymentAttempt.objects.update(state="failed")
    warehouse.release(order_line_ids=[line.pk], document=order.number, reason="test")
    assert pay_again(order).startswith("https://pay.example/")
    assert StockLevel.objects.get().reserved == 2
    PaymentAttempt.objects.update(state="failed")
    warehouse.release(order_line_ids=[line.pk], document=order.number, reason="test")
    place(line.variant, quantity=1)
    with pytest.raises(warehouse.OutOfStock):
        pay_again(order)
    assert attempts(order) == ["failed", "failed"]


def test_the_stock_is_held_for_as_long_as_the_new_page_takes_payment(fake: FakeProvider) -> None:
    order = place()
    PaymentAttempt.objects.update(state="failed")
    Reservation.objects.update(expires_at=clock.now() + timedelta(minutes=1))
    pay_again(order)
    order.refresh_from_db()
    assert order.hold_until == attempt_of(order).expires_at + timedelta(minutes=2)
    assert Reservation.objects.get().expires_at == order.hold_until


def test_an_order_that_was_never_paid_in_hours_opens_no_more_pages(fake: FakeProvider) -> None:
    order = place()
    PaymentAttempt.objects.update(state="failed")
    Order.objects.update(placed_at=clock.now() - timedelta(hours=4, minutes=1))
    before = Reservation.objects.get().expires_at
    with pytest.raises(NotPayable):
        pay_again(order)
    assert (attempts(order), Reservation.objects.get().expires_at) == (["failed"], before)


@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_open_one_page(fake: FakeProvider) -> None:
    order = place()
    PaymentAttempt.objects.update(state="failed")
    urls: list[str] = []
    assert in_parallel(lambda: urls.append(pay_again(order)), 5) == []
    assert (len(urls), len(set(urls)), attempts(order)) == (5, 1, ["failed", "open"])
