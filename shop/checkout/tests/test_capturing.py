"""Money that the shop itself takes: once, only for an order that still wants it, and found again after a crash."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from shop.adapters.payments import PageGone, ProviderRefused, ProviderUnavailable
from shop.alerts.models import Alert
from shop.checkout import capturing
from shop.checkout.paying import start_payment
from shop.checkout.reconcile import check, end_hold, expire_unpaid, reconcile
from shop.checkout.sync import sync
from shop.checkout.tests.paying_builders import FakePayPal, attempt_of, place, power_cut, states
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from shop.tests.builders import make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse.models import StockLevel

pytestmark = pytest.mark.django_db


def approved(paypal: FakePayPal, stock: int = 10) -> tuple[Order, PaymentAttempt]:
    """An order whose buyer agreed at PayPal."""
    order = place(make_variant(stock=stock), provider="paypal")
    start_payment(attempt_of(order).pk)
    paypal.says(attempt_of(order), status="approved")
    return order, attempt_of(order)


def told() -> list[str]:
    names = ["OrderPaid", "OrderCancelled"]
    return list(OutboxEvent.objects.filter(name__in=names).order_by("created_at").values_list("name", flat=True))


def captures(paypal: FakePayPal) -> list[str]:
    return [call for call in paypal.calls if call.startswith("capture")]


def hold_is_over(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(hold_until=clock.now() - timedelta(seconds=1))


def race(rivals: list[Callable[[], object]]) -> list[Exception]:
    """Each of them at the same time; what they ended with."""
    return in_parallel(lambda: rivals.pop()(), len(rivals))


def test_an_approved_payment_is_captured_once_and_pays_the_order(paypal: FakePayPal) -> None:
    order, attempt = approved(paypal)
    for _ in range(3):
        sync(attempt.pk)
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])
    assert captures(paypal) == [f"capture {attempt.pk}:capture"]
    attempt.refresh_from_db()
    assert (attempt.captured_amount, attempt.intent_id) == (order.grand_total, "CAP1")
    assert attempt.capture_wanted_at is not None


def test_the_reconciler_captures_what_a_lost_message_told_of(paypal: FakePayPal) -> None:
    order, attempt = approved(paypal)
    check(attempt)
    assert states(order) == ("paid", "paid")


def test_a_crash_after_the_capture_is_made_good_under_the_same_key(
    paypal: FakePayPal, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, attempt = approved(paypal)
    with power_cut(monkeypatch, capturing, "capture-before-record"):
        sync(attempt.pk)
    assert (states(order), len(paypal.captured)) == (("open", "pending"), 1)
    sync(attempt.pk)
    assert (states(order), told(), len(paypal.captured)) == (("paid", "paid"), ["OrderPaid"], 1)


def test_a_crash_before_the_capture_is_made_good_under_the_same_key(
    paypal: FakePayPal, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, attempt = approved(paypal)
    paypal.errors = [None, ProviderUnavailable("timed out")]
    with pytest.raises(ProviderUnavailable):
        sync(attempt.pk)
    assert (states(order), paypal.captured) == (("open", "pending"), {})
    sync(attempt.pk)
    assert states(order) == ("paid", "paid")
    assert captures(paypal) == [f"capture {attempt.pk}:capture"] * 2


def test_an_order_is_not_given_up_while_nobody_knows_whether_it_is_paid(paypal: FakePayPal) -> None:
    order, attempt = approved(paypal)
    paypal.errors = [None, ProviderUnavailable("timed out")]
    with pytest.raises(ProviderUnavailable):
        sync(attempt.pk)
    hold_is_over(order)
    paypal.errors = [None, ProviderUnavailable("timed out")]
    assert (expire_unpaid(), states(order), told()) == (0, ("open", "pending"), [])
    assert (expire_unpaid(), states(order), told()) == (0, ("paid", "paid"), ["OrderPaid"])


def test_a_declined_capture_leaves_the_order_to_be_paid_another_way(paypal: FakePayPal) -> None:
    order, attempt = approved(paypal)
    paypal.errors = [None, ProviderRefused("INSTRUMENT_DECLINED")]
    sync(attempt.pk)
    assert (states(order), told()) == (("failed", "pending"), [])
    assert attempt_of(order).last_error == "INSTRUMENT_DECLINED"
    sync(attempt.pk)
    assert (states(order), len(captures(paypal))) == (("failed", "pending"), 1)


@pytest.mark.parametrize(
    ("answer", "after", "news"),
    [
        ({"payment_status": "paid", "intent_status": "succeeded"}, ("paid", "paid"), ["OrderPaid"]),
        ({"intent_status": "canceled"}, ("failed", "pending"), []),
    ],
)
def test_a_pending_capture_keeps_the_stock_until_its_bank_answers(
    paypal: FakePayPal, answer: dict[str, Any], after: tuple[str, str], news: list[str]
) -> None:
    order, attempt = approved(paypal)
    paypal.outcome = {"status": "complete", "intent_id": "CAP1", "intent_status": "processing"}
    sync(attempt.pk)
    assert (states(order), told(), StockLevel.objects.get().reserved) == (("processing", "processing"), [], 2)
    hold_is_over(order)
    assert (expire_unpaid(), states(order)) == (0, ("processing", "processing"))
    paypal.says(attempt, **answer)
    sync(attempt.pk)
    assert (states(order), told()) == (after, news)


@pytest.mark.parametrize("wrong", [{"amount_total": 1}, {"currency": "EUR"}])
def test_a_capture_of_another_amount_goes_to_review(paypal: FakePayPal, wrong: dict[str, Any]) -> None:
    order, attempt = approved(paypal)
    paypal.outcome |= wrong
    sync(attempt.pk)
    assert (states(order), told()) == (("review", "review"), [])
    assert attempt_of(order).captured_amount == wrong.get("amount_total", order.grand_total)


@pytest.mark.parametrize("wrong", [{"amount_total": 1}, {"currency": "EUR"}])
def test_what_was_agreed_to_for_another_amount_is_not_captured(paypal: FakePayPal, wrong: dict[str, Any]) -> None:
    order, attempt = approved(paypal)
    paypal.says(attempt, **wrong)
    sync(attempt.pk)
    assert (states(order), captures(paypal)) == (("failed", "pending"), [])


def test_an_agreement_after_the_hold_is_not_captured_and_lapses(paypal: FakePayPal) -> None:
    order, attempt = approved(paypal)
    hold_is_over(order)
    sync(attempt.pk)
    assert (states(order), captures(paypal)) == (("open", "pending"), [])
    assert expire_unpaid() == 1
    assert (states(order), told(), StockLevel.objects.get().reserved) == (
        ("expired", "cancelled"),
        ["OrderCancelled"],
        0,
    )
    sync(attempt.pk)
    assert (states(order), captures(paypal)) == (("expired", "cancelled"), [])


@pytest.mark.parametrize("state", ["paid", "cancelled", "review"])
def test_nothing_is_captured_for_an_order_that_waits_for_no_payment(paypal: FakePayPal, state: str) -> None:
    order, attempt = approved(paypal)
    Order.objects.filter(pk=order.pk).update(state=state)
    sync(attempt.pk)
    assert (states(order), captures(paypal)) == (("open", state), [])


def test_the_reconciler_gives_up_an_agreement_that_nobody_needs(paypal: FakePayPal) -> None:
    order = approved(paypal)[0]
    Order.objects.filter(pk=order.pk).update(state="paid")
    PaymentAttempt.objects.update(created_at=clock.now() - timedelta(minutes=5))
    assert reconcile().failures == []
    assert (states(order), captures(paypal)) == (("expired", "paid"), [])


def test_money_that_was_taken_after_all_revives_the_order_when_its_stock_can_be_had(paypal: FakePayPal) -> None:
    order, attempt = approved(paypal)
    hold_is_over(order)
    expire_unpaid()
    paypal.says(attempt, **paypal.outcome)
    sync(attempt.pk)
    assert (states(order), told()) == (("paid", "paid"), ["OrderCancelled", "OrderPaid"])


def test_a_page_that_paypal_forgot_is_over_when_nothing_was_asked_of_it(paypal: FakePayPal) -> None:
    order, attempt = approved(paypal)
    paypal.errors = [PageGone("404")]
    sync(attempt.pk)
    assert (states(order), told()) == (("expired", "cancelled"), ["OrderCancelled"])


def test_a_page_that_paypal_forgot_after_its_money_was_asked_for_is_for_a_person(paypal: FakePayPal) -> None:
    order, attempt = approved(paypal)
    paypal.errors = [None, ProviderUnavailable("timed out"), PageGone("404")]
    for error in (ProviderUnavailable, PageGone):
        with pytest.raises(error):
            sync(attempt.pk)
    assert states(order) == ("open", "pending")
    assert list(Alert.objects.values_list("key", flat=True)) == [f"capture-unknown:{attempt.pk}"]


def test_a_withdrawn_agreement_fails_the_payment(paypal: FakePayPal) -> None:
    order, attempt = approved(paypal)
    paypal.errors = [None, ProviderUnavailable("timed out")]
    with pytest.raises(ProviderUnavailable):
        sync(attempt.pk)
    paypal.says(attempt, status="open")
    sync(attempt.pk)
    assert states(order) == ("failed", "pending")


def test_a_payment_never_begun_is_given_up_without_a_call(paypal: FakePayPal) -> None:
    order = place(provider="paypal")
    hold_is_over(order)
    assert expire_unpaid() == 1
    assert (states(order), paypal.calls) == (("expired", "cancelled"), [])


@pytest.mark.django_db(transaction=True)
def test_capturing_and_giving_up_never_both_win(paypal: FakePayPal) -> None:
    seen = set()
    for _ in range(6):
        paypal.captured.clear()
        order, attempt = approved(paypal)
        assert race([partial(sync, attempt.pk), partial(end_hold, order)]) == []
        seen.add((*states(order), len(paypal.captured)))
    assert seen <= {("paid", "paid", 1), ("expired", "cancelled", 0)}
