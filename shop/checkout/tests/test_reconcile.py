"""What crashes and lost messages left behind is put right, and nothing is cancelled on hearsay."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from shop.adapters.payments import ProviderRefused, ProviderUnavailable, SessionState, WebhookEvent
from shop.alerts.models import Alert
from shop.checkout.announced import process_event
from shop.checkout.paying import start_payment
from shop.checkout.reconcile import expire_unpaid, reconcile
from shop.checkout.sync import sync
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, place, states
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.models import PaymentAttempt, ProviderEvent
from shop.tests.parallel import in_parallel
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
    assert (summary.done["payments"], summary.failures) == (1, [])
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
    assert reconcile().done["payments"] == 0
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
    assert reconcile().done["provider events"] == 1
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
    assert (summary.done["payments"], len(summary.failures)) == (2, 1)
    assert sorted([states(first)[1], states(second)[1]]) == ["paid", "pending"]


def test_the_command_says_what_it_did_and_fails_when_something_did(fake: FakeProvider) -> None:
    order = started()
    age()
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert f"payments 1/1: order {order.number}, " in out.getvalue()
    summary = (
        "0 provider events, 1 payments, 0 refunds, 0 messages never sent, 0 payments unnoticed, 0 orders cancelled"
    )
    assert f"{summary}, 0 holds over, 0 failed" in out.getvalue()
    fake.errors = [ProviderUnavailable("timed out")]
    with pytest.raises(CommandError, match="timed out"):
        call_command("reconcile", stdout=out)


@pytest.mark.parametrize("days", ["0", "31", "-1"])
def test_the_command_looks_back_as_far_as_providers_remember(fake: FakeProvider, days: str) -> None:
    with pytest.raises(CommandError, match="from 1 to 30"):
        call_command("reconcile", days=int(days))


def test_the_command_that_is_interrupted_says_that_what_is_done_stays_done(fake: FakeProvider) -> None:
    first, second = started(), started()
    for order in (first, second):
        fake.says(attempt_of(order), **PAID)
    age()
    fake.errors = [None, KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(CommandError, match="stays done"):
        call_command("reconcile", stdout=StringIO())
    assert sorted([states(first)[1], states(second)[1]]) == ["paid", "pending"]
    reconcile()
    assert [states(first)[1], states(second)[1]] == ["paid", "paid"]


# --- Messages that nobody can work on ------------------------------------------------------------------------------


def message(named: str, event_id: str = "evt_1") -> WebhookEvent:
    session = {"id": "cs_1", "object": "checkout.session", "metadata": {"attempt": named}}
    return WebhookEvent(event_id, "checkout.session.completed", {"data": {"object": session}}, "cs_1", named)


def test_a_message_about_an_unknown_payment_is_set_aside_after_three_days(fake: FakeProvider) -> None:
    payments.store_event("stripe", message(str(uuid4())))
    age()
    for _ in range(2):
        assert "no payment attempt" in reconcile().failures[0]
    age(60 * 24 * 3)
    assert reconcile().failures == []
    row = ProviderEvent.objects.get()
    assert (row.set_aside_at is not None, row.processed_at) == (True, None)
    assert reconcile().done["provider events"] == 0
    assert [(alert.key[:16], alert.times) for alert in Alert.objects.open()] == [("unknown-payment:", 3)]


def test_a_message_that_fails_for_days_becomes_an_alert_about_its_order(fake: FakeProvider) -> None:
    order = started()
    attempt = attempt_of(order)
    row = payments.store_event("stripe", message(str(attempt.pk)))
    age(60 * 24 * 3)
    PaymentAttempt.objects.update(created_at=clock.now())
    fake.errors = [ProviderUnavailable("timed out")]
    assert reconcile().failures == []
    alert = Alert.objects.open().get()
    assert (alert.key, alert.order) == (f"event-set-aside:{row.pk}", order)
    assert "timed out" in alert.advice


def test_a_message_set_aside_is_worked_on_when_the_provider_sends_it_again(fake: FakeProvider) -> None:
    order = started()
    attempt = attempt_of(order)
    row = payments.store_event("stripe", message(str(attempt.pk)))
    payments.set_aside(row)
    fake.says(attempt, **PAID)
    process_event(payments.store_event("stripe", message(str(attempt.pk))))
    assert states(order) == ("paid", "paid")


# --- What nobody ever told us ---------------------------------------------------------------------------------------


def paid_page(order: Order, **fields: Any) -> SessionState:
    fake_page = SessionState(
        session_id=attempt_of(order).session_id,
        status="complete",
        payment_status="paid",
        amount_total=order.grand_total,
        currency="GBP",
        attempt_id=str(attempt_of(order).pk),
        intent_id="pi_1",
        intent_status="succeeded",
        url="",
        expires_at=clock.now(),
    )
    return replace(fake_page, **fields)


def test_a_payment_of_an_attempt_given_up_is_found_by_asking(fake: FakeProvider) -> None:
    order = started()
    fake.says(attempt_of(order), status="expired")
    expire = attempt_of(order)
    sync(expire.pk)
    fake.says(attempt_of(order), **PAID)
    assert reconcile().done["payments unnoticed"] == 0
    fake.listed = [paid_page(order)]
    assert reconcile().done["payments unnoticed"] == 1
    assert states(order) == ("paid", "paid")
    assert reconcile().done["payments unnoticed"] == 0


def test_money_without_an_attempt_here_is_an_alert_until_somebody_dealt_with_it(fake: FakeProvider) -> None:
    order = started()
    foreign = paid_page(order, session_id="cs_foreign", attempt_id=str(uuid4()))
    nameless = paid_page(order, session_id="cs_nameless", attempt_id="")
    unpaid = paid_page(order, session_id="cs_unpaid", attempt_id="", payment_status="unpaid")
    fake.listed = [foreign, nameless, unpaid]
    assert reconcile().failures == []
    keys = sorted(alert.key for alert in Alert.objects.open())
    assert keys == ["orphan-payment:stripe:cs_foreign", "orphan-payment:stripe:cs_nameless"]
    assert "£159.95 was paid at Stripe without an order" in {alert.title for alert in Alert.objects.open()}
    Alert.objects.all().close()
    reconcile()
    assert not Alert.objects.open().exists()
    assert states(order) == ("open", "pending")


def test_a_second_page_paid_for_one_attempt_is_an_orphan_too(fake: FakeProvider) -> None:
    order = started()
    fake.listed = [paid_page(order, session_id="cs_second")]
    reconcile()
    assert "has another page" in Alert.objects.open().get().advice
    assert states(order) == ("open", "pending")


def test_a_message_that_never_came_is_worked_on_and_known_as_such(fake: FakeProvider) -> None:
    order = started()
    attempt = attempt_of(order)
    fake.says(attempt, **PAID)
    fake.announced = [message(str(attempt.pk))]
    assert reconcile().done["messages never sent"] == 1
    row = ProviderEvent.objects.get()
    assert (row.deliveries, row.processed_at is None, row.attempt) == (0, False, attempt)
    assert states(order) == ("paid", "paid")
    assert reconcile().done["messages never sent"] == 0


def test_a_provider_without_an_answer_is_a_failure_and_holds_end_all_the_same(
    fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = started()
    fake.says(attempt_of(order), status="expired")
    hold_over(order)

    def silent(*_: object, **__: object) -> None:
        raise ProviderUnavailable("timed out")

    monkeypatch.setattr(fake, "list_events", silent)
    monkeypatch.setattr(fake, "list_sessions", silent)
    run = reconcile()
    assert run.failures == ["stripe: messages: timed out", "stripe: payments: timed out"]
    assert states(order) == ("expired", "cancelled")


# --- Many at once, and too much for one run -------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_second_run_at_the_same_moment_leaves_the_work_to_the_first(
    fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = started()
    fake.says(attempt_of(order), **PAID)
    age()
    real, others = fake.retrieve_session, []

    def meanwhile(session_id: str) -> SessionState:
        assert in_parallel(lambda: others.append(reconcile()), 3) == []
        return real(session_id)

    monkeypatch.setattr(fake, "retrieve_session", meanwhile)
    run = reconcile()
    assert [str(other) for other in others] == ["Another run is at work: nothing was done."] * 3
    assert (run.busy, run.failures, states(order)) == (False, [], ("paid", "paid"))
    assert reconcile().busy is False


@pytest.mark.django_db(transaction=True)
def test_runs_in_parallel_settle_each_payment_once(fake: FakeProvider) -> None:
    placed = [started() for _ in range(4)]
    for order in placed:
        fake.says(attempt_of(order), **PAID)
    age()
    assert in_parallel(reconcile, 4) == []
    assert [states(order) for order in placed] == [("paid", "paid")] * 4
    assert OutboxEvent.objects.filter(name="OrderPaid").count() == 4


def test_a_run_that_lasted_long_enough_leaves_the_rest_to_the_next(fake: FakeProvider, settings: Settings) -> None:
    for order in (started(), started()):
        fake.says(attempt_of(order), **PAID)
    age()
    settings.ROUND_SECONDS = -1.0
    run = reconcile()
    assert (run.left, Order.objects.filter(state="paid").count()) == (2, 0)
    assert "2 left for the next run" in str(run)


def test_a_payment_that_fails_goes_to_the_end_of_the_queue(fake: FakeProvider) -> None:
    first, second = started(), started()
    age()
    fake.errors = [ProviderUnavailable("timed out")]
    reconcile()
    oldest = PaymentAttempt.objects.order_by("updated_at")[0]
    assert attempt_of(first).last_error == "timed out"
    assert oldest == attempt_of(first)
    reconcile()
    assert states(second) == ("open", "pending")
