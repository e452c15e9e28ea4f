"""What crashes and lost messages left behind is put right, and nothing is cancelled on hearsay."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from shop.adapters.payments import ProviderRefused, ProviderUnavailable
from shop.checkout.paying import start_payment
from shop.checkout.reconcile import expire_unpaid, reconcile
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, place, states
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, ProviderEvent
from shop.warehouse.models import StockLevel

pytestmark = pytest.mark.django_db
PAID = {"status": "complete", "payment_status": "paid", "intent_status": "succeeded"}


def started() -> Order:
    order = place()
    start_payment(attempt_of(order).pk)
    return order


def age(minutes: int = 5) -> None:
    """Let that much time pass for everything there is."""
    past = clock.now() - timedelta(minutes=minutes)
    PaymentAttempt.objects.update(created_at=past)
    ProviderEvent.objects.update(received_at=past)


def hold_over(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(hold_until=clock.now() - timedelta(seconds=1))


def reserved() -> int:
    return StockLevel.objects.get().reserved


def test_a_lost_webhook_is_made_up_for(fake: FakeProvider) -> None:
    order = started()
    fake.says(attempt_of(order), **PAID)
    age()
    summary = reconcile()
    assert (summary.attempts, summary.failures) == (1, [])
    assert states(order) == ("paid", "paid")
    assert OutboxEvent.objects.filter(name="OrderPaid").count() == 1


def test_a_crash_between_call_and_record_is_replayed_with_the_same_page(fake: FakeProvider) -> None:
    order = place()
    attempt = attempt_of(order)
    made = fake.create_session(attempt.params, idempotency_key=f"{attempt.pk}:session")
    age()
    reconcile()
    attempt.refresh_from_db()
    assert (attempt.session_id, attempt.redirect_url, len(fake.sessions)) == (made.session_id, made.url, 1)
    assert states(order) == ("open", "pending")


def test_young_attempts_are_left_to_their_own_request(fake: FakeProvider) -> None:
    order = place()
    assert reconcile().attempts == 0
    assert (states(order), fake.calls) == (("created", "pending"), [])


def test_a_message_that_was_not_worked_on_is(fake: FakeProvider) -> None:
    order = started()
    attempt = attempt_of(order)
    fake.says(attempt, **PAID)
    session = {"id": attempt.session_id, "metadata": {"attempt": str(attempt.pk)}}
    ProviderEvent.objects.create(
        provider="stripe", event_id="evt_1", type="checkout.session.completed", payload={"data": {"object": session}}
    )
    age()
    assert reconcile().events == 1
    assert states(order) == ("paid", "paid")
    assert ProviderEvent.objects.get().processed_at is not None


def test_a_hold_that_is_over_closes_the_page_first_and_then_cancels(fake: FakeProvider) -> None:
    order = started()
    hold_over(order)
    fake.calls.clear()
    assert expire_unpaid() == 1
    assert fake.calls == ["expire", "retrieve"]
    assert (states(order), reserved()) == (("expired", "cancelled"), 0)
    assert expire_unpaid() == 0


def test_a_hold_that_is_over_does_not_cancel_what_was_paid(fake: FakeProvider) -> None:
    order = started()
    fake.says(attempt_of(order), **PAID)
    hold_over(order)
    assert expire_unpaid() == 0
    assert (states(order), reserved()) == (("paid", "paid"), 2)


def test_a_hold_that_is_over_waits_when_the_provider_does_not_answer(fake: FakeProvider) -> None:
    order = started()
    hold_over(order)
    fake.errors = [ProviderUnavailable("timed out")]
    assert expire_unpaid() == 0
    assert (states(order), reserved()) == (("open", "pending"), 2)


def test_an_order_whose_page_was_never_recorded_is_not_cancelled_unasked(fake: FakeProvider) -> None:
    order = place()
    attempt = attempt_of(order)
    fake.create_session(attempt.params, idempotency_key=f"{attempt.pk}:session")
    fake.says(attempt, **PAID)
    hold_over(order)
    assert expire_unpaid() == 0
    assert states(order) == ("paid", "paid")


def test_an_order_that_the_provider_refuses_for_good_is_cancelled(fake: FakeProvider) -> None:
    order = place()
    hold_over(order)
    fake.errors = [ProviderRefused("expires_at is too soon")]
    assert expire_unpaid() == 1
    assert (states(order), reserved()) == (("failed", "cancelled"), 0)


def test_a_delayed_payment_keeps_its_stock_beyond_the_hold(fake: FakeProvider) -> None:
    order = started()
    fake.says(attempt_of(order), status="complete", intent_status="processing")
    hold_over(order)
    for _ in range(2):
        assert expire_unpaid() == 0
    assert (states(order), reserved()) == (("processing", "processing"), 2)


def test_the_page_of_an_order_paid_otherwise_is_closed(fake: FakeProvider) -> None:
    order = started()
    Order.objects.filter(pk=order.pk).update(state="paid")
    age()
    reconcile()
    assert states(order) == ("expired", "paid")


def test_one_broken_item_does_not_stop_the_others(fake: FakeProvider) -> None:
    first, second = started(), started()
    for order in (first, second):
        fake.says(attempt_of(order), **PAID)
    age()
    fake.errors = [ProviderUnavailable("timed out")]
    summary = reconcile()
    assert (summary.attempts, len(summary.failures)) == (2, 1)
    assert sorted([states(first)[1], states(second)[1]]) == ["paid", "pending"]


def test_the_command_says_what_it_did_and_fails_when_something_did(fake: FakeProvider) -> None:
    order = started()
    age()
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert f"of order {order.number} (open)" in out.getvalue()
    assert "1 payments and 0 provider events looked at, 0 holds over, 0 orders cancelled, 0 failures" in out.getvalue()
    fake.errors = [ProviderUnavailable("timed out")]
    with pytest.raises(CommandError, match="timed out"):
        call_command("reconcile", stdout=out)
