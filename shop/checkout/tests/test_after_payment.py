"""Refunds made at the provider, disputes, reviews and warnings: each message is a reason to ask, and none is lost."""

from dataclasses import replace
from typing import Any

import pytest

from shop.adapters.payments import Concern, DisputeState, ProviderRefused, RefundState
from shop.alerts.models import Alert
from shop.checkout.announced import process_event
from shop.checkout.paying import start_payment
from shop.checkout.sync import UnknownAttempt
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, pay, place, states
from shop.events.models import OutboxEvent
from shop.orders import holds
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.payments.models import Dispute, PaymentAttempt, ProviderEvent, Refund
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


def paid(fake: FakeProvider) -> tuple[Order, PaymentAttempt]:
    order = place()
    attempt = pay(fake, order)
    order.refresh_from_db()
    return order, attempt


def hear(type: str, attempt: PaymentAttempt | None, identifier: str = "x_1", **fields: Any) -> ProviderEvent:
    """The provider's message about something that belongs to this payment, stored and worked on."""
    subject = {"id": identifier, "payment_intent": attempt.intent_id if attempt else "pi_unknown", **fields}
    row = ProviderEvent.objects.create(
        provider="stripe",
        event_id=f"evt_{ProviderEvent.objects.count()}",
        type=type,
        payload={"data": {"object": subject}},
    )
    process_event(row)
    row.refresh_from_db()
    return row


def dashboard_refund(fake: FakeProvider, attempt: PaymentAttempt, number: int, status: str = "succeeded") -> None:
    fake.refunds[f"dashboard {number}"] = RefundState(
        f"re_{number}", status, amount=500, currency="GBP", intent_id=attempt.intent_id, reference=""
    )


def dispute(fake: FakeProvider, attempt: PaymentAttempt, outcome: str = "open") -> None:
    withdrawn = 0 if outcome == "won" else attempt.amount
    status = {"open": "needs_response"}.get(outcome, outcome)
    fake.disputes["dp_1"] = DisputeState(
        "dp_1", attempt.intent_id, status, outcome, "fraudulent", attempt.amount, "GBP", withdrawn
    )


def standing(order: Order) -> list[tuple[str, str]]:
    return list(order.holds.standing().values_list("kind", "source"))


def alerts() -> list[str]:
    return list(Alert.objects.open().values_list("key", flat=True))


@pytest.mark.parametrize("type", ["refund.created", "refund.updated", "refund.failed", "charge.refunded"])
def test_refunds_made_in_the_dashboard_land_in_the_ledger_once(fake: FakeProvider, type: str) -> None:
    order, attempt = paid(fake)
    for number in (1, 2):
        dashboard_refund(fake, attempt, number)
    for _ in range(2):
        heard = hear(type, attempt)
        assert (heard.processed_at is not None, heard.attempt) == (True, attempt)
    refunds = Refund.objects.order_by("created_at").values_list("provider_id", "reason", "state", "free_amount")
    assert list(refunds) == [("re_1", "provider", "succeeded", 500), ("re_2", "provider", "succeeded", 500)]
    attempt.refresh_from_db()
    assert (attempt.refunded_amount, states(order)) == (1000, ("paid", "paid"))
    assert OutboxEvent.objects.filter(name="RefundIssued").count() == 2


def test_a_refund_that_the_bank_sends_back_fails_and_tells_the_staff(fake: FakeProvider) -> None:
    _, attempt = paid(fake)
    dashboard_refund(fake, attempt, 1)
    hear("refund.created", attempt)
    dashboard_refund(fake, attempt, 1, status="failed")
    hear("refund.failed", attempt)
    attempt.refresh_from_db()
    refund = Refund.objects.get()
    assert (refund.state, attempt.refunded_amount, alerts()) == ("failed", 0, [f"refund-failed:{refund.pk}"])


def test_a_message_about_a_payment_not_heard_of_yet_brings_the_payment_first(fake: FakeProvider) -> None:
    order = place()
    attempt = attempt_of(order)
    start_payment(attempt.pk)
    fake.says(attempt, status="complete", payment_status="paid", intent_id="pi_7", intent_status="succeeded")
    attempt.intent_id = "pi_7"
    dashboard_refund(fake, attempt, 1)
    hear("charge.refunded", attempt, metadata={"attempt": str(attempt.pk)})
    attempt.refresh_from_db()
    assert (states(order), attempt.refunded_amount) == (("paid", "paid"), 500)


@pytest.mark.parametrize(
    "type",
    [
        "refund.created",
        "charge.refunded",
        "charge.dispute.created",
        "review.opened",
        "radar.early_fraud_warning.created",
    ],
)
def test_an_unknown_payment_is_an_error_an_alert_and_asked_for_again(fake: FakeProvider, type: str) -> None:
    with pytest.raises(UnknownAttempt):
        hear(type, None)
    assert ProviderEvent.objects.get().processed_at is None
    assert alerts() == ["unknown-payment:stripe:pi_unknown"]
    assert fake.calls == []


def test_a_refund_of_a_payment_that_is_not_paid_waits(fake: FakeProvider) -> None:
    order = place()
    attempt = attempt_of(order)
    with pytest.raises(ProviderRefused, match="not known to be paid"):
        hear("refund.created", attempt, metadata={"attempt": str(attempt.pk)})
    assert (ProviderEvent.objects.get().processed_at, Refund.objects.count()) == (None, 0)


def test_a_failed_card_is_stored_and_left_alone(fake: FakeProvider) -> None:
    order, attempt = paid(fake)
    fake.calls.clear()
    assert hear("payment_intent.payment_failed", attempt).processed_at is not None
    assert (fake.calls, alerts(), standing(order)) == ([], [], [])


def test_a_dispute_holds_the_order_tells_the_staff_and_refunds_nothing(fake: FakeProvider) -> None:
    order, attempt = paid(fake)
    assert order.may_ship
    dispute(fake, attempt)
    for type in ("charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.updated"):
        hear(type, attempt, "dp_1")
    row = Dispute.objects.get()
    assert (row.attempt, row.state, row.amount, row.withdrawn) == (attempt, "needs_response", 15995, 15995)
    assert (row.closed_at, standing(order), order.may_ship) == (None, [("dispute", "dp_1")], False)
    assert (alerts(), Alert.objects.get().times) == (["dispute:dp_1"], 3)
    assert (Refund.objects.count(), states(order)) == (0, ("paid", "paid"))


def test_a_dispute_that_is_won_lets_the_order_go(fake: FakeProvider) -> None:
    order, attempt = paid(fake)
    dispute(fake, attempt)
    hear("charge.dispute.created", attempt, "dp_1")
    dispute(fake, attempt, "won")
    for type in ("charge.dispute.closed", "charge.dispute.funds_reinstated"):
        hear(type, attempt, "dp_1")
    row = Dispute.objects.get()
    assert (row.state, row.withdrawn, row.closed_at is None) == ("won", 0, False)
    assert (standing(order), order.may_ship, alerts()) == ([], True, [])


def test_a_dispute_that_is_lost_keeps_the_order_here(fake: FakeProvider) -> None:
    order, attempt = paid(fake)
    dispute(fake, attempt, "lost")
    hear("charge.dispute.closed", attempt, "dp_1")
    row = Dispute.objects.get()
    assert (row.state, row.withdrawn, row.closed_at is None) == ("lost", 15995, False)
    assert (standing(order), alerts()) == ([("dispute", "dp_1")], ["dispute:dp_1"])
    assert (Refund.objects.count(), "was lost" in Alert.objects.get().title) == (0, True)


def test_a_review_holds_the_order_until_it_is_approved(fake: FakeProvider) -> None:
    order, attempt = paid(fake)
    fake.concerns["prv_1"] = Concern("prv_1", attempt.intent_id, "rule", stands=True)
    for _ in range(2):
        hear("review.opened", attempt, "prv_1")
    assert (standing(order), alerts(), order.may_ship) == ([("review", "prv_1")], ["review:prv_1"], False)
    fake.concerns["prv_1"] = Concern("prv_1", attempt.intent_id, "approved", stands=False)
    hear("review.closed", attempt, "prv_1")
    assert (standing(order), alerts(), order.may_ship) == ([], [], True)


def test_an_early_fraud_warning_holds_the_order_until_a_person_lifts_it(fake: FakeProvider) -> None:
    order, attempt = paid(fake)
    fake.concerns["issfr_1"] = Concern("issfr_1", attempt.intent_id, "made_with_stolen_card", stands=True)
    hear("radar.early_fraud_warning.created", attempt, "issfr_1")
    assert (standing(order), alerts()) == ([("fraud-warning", "issfr_1")], ["fraud-warning:issfr_1"])
    staff = make_user()
    assert holds.lift(OrderHold.Kind.FRAUD_WARNING, "issfr_1", staff) == 1
    hear("radar.early_fraud_warning.created", attempt, "issfr_1")
    assert (standing(order), OrderHold.objects.get().lifted_by) == ([], staff)
    assert Refund.objects.count() == 0


def test_what_belongs_to_another_payment_is_not_believed(fake: FakeProvider) -> None:
    order, attempt = paid(fake)
    dispute(fake, attempt)
    fake.disputes["dp_1"] = replace(fake.disputes["dp_1"], intent_id="pi_other")
    fake.concerns["prv_1"] = Concern("prv_1", "", "rule", stands=True)
    for type, identifier in (("charge.dispute.created", "dp_1"), ("review.opened", "prv_1")):
        with pytest.raises(ProviderRefused, match="not the intent"):
            hear(type, attempt, identifier)
    assert (standing(order), Dispute.objects.count(), alerts()) == ([], 0, [])


def test_an_older_answer_does_not_open_a_dispute_again(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    order, attempt = paid(fake)
    dispute(fake, attempt)
    hear("charge.dispute.created", attempt, "dp_1")
    stale = fake.disputes["dp_1"]
    dispute(fake, attempt, "won")
    hear("charge.dispute.closed", attempt, "dp_1")
    answers = [stale, fake.disputes["dp_1"]]
    monkeypatch.setattr(fake, "retrieve_dispute", lambda dispute_id: answers.pop(0))
    hear("charge.dispute.updated", attempt, "dp_1")
    assert (Dispute.objects.get().state, standing(order), alerts()) == ("won", [], [])


@pytest.mark.parametrize(("lifted_by_staff", "holds_again"), [(False, [("dispute", "dp_1")]), (True, [])])
def test_a_dispute_that_is_opened_again_holds_the_order_again_unless_a_person_let_it_go(
    fake: FakeProvider, lifted_by_staff: bool, holds_again: list[tuple[str, str]]
) -> None:
    order, attempt = paid(fake)
    dispute(fake, attempt)
    hear("charge.dispute.created", attempt, "dp_1")
    if lifted_by_staff:
        holds.lift(OrderHold.Kind.DISPUTE, "dp_1", make_user())
    for outcome in ("won", "open"):
        dispute(fake, attempt, outcome)
        hear("charge.dispute.updated", attempt, "dp_1")
    row = Dispute.objects.get()
    assert (row.state, row.withdrawn, row.closed_at) == ("needs_response", 15995, None)
    assert (standing(order), alerts()) == (holds_again, ["dispute:dp_1"])
