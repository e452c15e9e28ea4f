"""The ledger and the provider: every transition, every crash between two steps, every way of hearing the news."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shop.adapters.payments import ProviderError, ProviderRefused, ProviderUnavailable, RefundState
from shop.alerts.models import Alert
from shop.checkout.reconcile import reconcile
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.refunds import MOVES, RefundMismatch, record, send
from shop.refunds.tests.builders import ask_refund, paid_order, refunded

pytestmark = pytest.mark.django_db
State = Refund.State


def asked(fake: FakeProvider) -> tuple[Order, Refund]:
    order = paid_order(fake)
    fake.calls.clear()
    return order, ask_refund(order, (order.lines.get().pk, 1))[0]


def issued() -> list[str]:
    return [event.detail["refund_id"] for event in OutboxEvent.objects.filter(name="RefundIssued")]


def alerts() -> list[str]:
    return list(Alert.objects.open().values_list("key", flat=True))


def state_of(refund: Refund, status: str, **fields: Any) -> RefundState:
    """The provider's word on one of our refunds."""
    known = {"refund_id": refund.provider_id or "re_1", "reference": str(refund.pk), "intent_id": "pi_1"}
    return RefundState(status=status, amount=refund.amount, currency=refund.currency, **{**known, **fields})


def foreign(status: str = "succeeded", **fields: Any) -> RefundState:
    """A refund of £5 made in the provider's dashboard."""
    known = {"refund_id": "re_9", "amount": 500, "currency": "GBP", "intent_id": "pi_1", "reference": ""}
    return RefundState(status=status, **{**known, **fields})


def age(refund: Refund, hours: int) -> None:
    Refund.objects.filter(pk=refund.pk).update(created_at=clock.now() - timedelta(hours=hours))


def test_a_refund_is_sent_once_under_its_own_key_and_told_once(fake: FakeProvider) -> None:
    order, refund = asked(fake)
    for _ in range(3):
        sent = send(refund.pk)
    assert (sent.state, sent.provider_id is None, sent.done_at is None) == ("succeeded", False, False)
    assert fake.calls == [f"refund {refund.pk}:refund"]
    assert (issued(), refunded(order), alerts()) == ([str(refund.pk)], [7800], [])


def test_a_definite_no_fails_it_gives_the_amount_back_and_tells_the_staff(fake: FakeProvider) -> None:
    order, refund = asked(fake)
    fake.errors = [ProviderRefused("charge already refunded")]
    sent = send(refund.pk)
    assert (sent.state, sent.provider_id, sent.last_error) == ("failed", None, "charge already refunded")
    assert (refunded(order), issued(), alerts()) == ([0], [], [f"refund-failed:{refund.pk}"])
    alert = Alert.objects.get()
    assert (alert.order_id, "£78" in alert.title, "charge already refunded" in alert.advice) == (order.pk, True, True)


def test_without_an_answer_it_waits_and_is_replayed_under_the_same_key(fake: FakeProvider) -> None:
    order, refund = asked(fake)
    fake.errors = [ProviderUnavailable("timed out")]
    with pytest.raises(ProviderUnavailable):
        send(refund.pk)
    refund.refresh_from_db()
    assert (refund.state, refund.last_error, refunded(order)) == ("requested", "timed out", [7800])
    assert send(refund.pk).state == "succeeded"
    assert (fake.calls, len(fake.refunds)) == ([f"refund {refund.pk}:refund"] * 2, 1)


def test_an_old_one_is_looked_for_before_it_is_asked_for_again(fake: FakeProvider) -> None:
    order, refund = asked(fake)
    made = state_of(refund, "succeeded", refund_id="re_made", intent_id=attempt_of(order).intent_id)
    fake.refunds["forgotten key"] = made
    age(refund, hours=25)
    assert (send(refund.pk).provider_id, fake.calls) == ("re_made", ["list refunds"])


def test_an_old_one_that_was_never_made_is_made(fake: FakeProvider) -> None:
    _, refund = asked(fake)
    age(refund, hours=25)
    assert send(refund.pk).state == "succeeded"
    assert fake.calls == ["list refunds", f"refund {refund.pk}:refund"]


def test_a_question_that_is_refused_is_no_answer(fake: FakeProvider) -> None:
    order, refund = asked(fake)
    age(refund, hours=25)
    fake.errors = [ProviderRefused("no such intent")]
    with pytest.raises(ProviderError):
        send(refund.pk)
    refund.refresh_from_db()
    assert (refund.state, refunded(order), alerts()) == ("requested", [7800], [])


def test_one_on_its_way_is_asked_about_and_never_made_again(fake: FakeProvider) -> None:
    _, refund = asked(fake)
    fake.refund_status = "pending"
    assert (send(refund.pk).state, issued()) == ("pending", [])
    key = f"{refund.pk}:refund"
    fake.refunds[key] = replace(fake.refunds[key], status="succeeded")
    assert send(refund.pk).state == "succeeded"
    assert (fake.calls, issued()) == ([f"refund {key}", "list refunds"], [str(refund.pk)])


def test_one_on_its_way_that_the_provider_does_not_list_stays_so(fake: FakeProvider) -> None:
    _, refund = asked(fake)
    fake.refund_status = "pending"
    send(refund.pk)
    fake.refunds.clear()
    with pytest.raises(ProviderUnavailable):
        send(refund.pk)
    assert Refund.objects.get().state == "pending"


@pytest.mark.parametrize("before", State.values)
@pytest.mark.parametrize("fact", ["pending", "succeeded", "failed"])
def test_every_step_from_every_state(fake: FakeProvider, before: str, fact: str) -> None:
    order, refund = asked(fake)
    provider_id = None if before == "requested" else "re_1"
    Refund.objects.filter(pk=refund.pk).update(state=before, provider_id=provider_id)
    counted = 0 if before == "failed" else 7800
    PaymentAttempt.objects.update(refunded_amount=counted)
    moves = fact in MOVES[before]
    after = record(attempt_of(order), state_of(refund, fact)).state
    assert after == (fact if moves else before)
    assert refunded(order) == [0 if after == "failed" else 7800]
    assert (len(issued()), len(alerts())) == (moves and fact == "succeeded", moves and fact == "failed")


def test_one_that_was_refused_to_us_and_was_made_after_all_is_believed(fake: FakeProvider) -> None:
    order, refund = asked(fake)
    fake.errors = [ProviderRefused("invalid key")]
    send(refund.pk)
    assert record(attempt_of(order), state_of(refund, "succeeded")).state == "succeeded"
    assert (refunded(order), issued()) == ([7800], [str(refund.pk)])


def test_a_refusal_does_not_undo_what_was_heard_meanwhile(fake: FakeProvider) -> None:
    order, refund = asked(fake)
    record(attempt_of(order), state_of(refund, "succeeded"))
    assert record(attempt_of(order), state_of(refund, "failed", refund_id="")).state == "succeeded"
    assert (refunded(order), alerts()) == ([7800], [])


def test_a_refund_made_in_the_dashboard_lands_in_the_same_ledger_once(fake: FakeProvider) -> None:
    order = paid_order(fake)
    for _ in range(3):
        made = record(attempt_of(order), foreign())
    assert (made.reason, made.state, made.amount, made.free_amount) == ("provider", "succeeded", 500, 500)
    assert (made.lines.count(), refunded(order), issued()) == (0, [500], [str(made.pk)])


def test_a_dashboard_refund_that_comes_between_takes_the_place_of_ours(fake: FakeProvider) -> None:
    order = paid_order(fake)
    (ours,) = ask_refund(order, (order.lines.get().pk, 2), delivery=395)
    record(attempt_of(order), foreign())
    assert refunded(order) == [15995]
    fake.errors = [ProviderRefused("greater than unrefunded amount")]
    assert send(ours.pk).state == "failed"
    assert (refunded(order), alerts()) == ([500], [f"refund-failed:{ours.pk}"])


@pytest.mark.parametrize("wrong", [{"amount": 1}, {"currency": "EUR"}, {"amount": -7800}])
def test_a_fact_in_other_terms_changes_nothing(fake: FakeProvider, wrong: dict[str, Any]) -> None:
    order, refund = asked(fake)
    with pytest.raises(RefundMismatch):
        record(attempt_of(order), replace(state_of(refund, "succeeded"), **wrong))
    with pytest.raises(RefundMismatch):
        record(attempt_of(order), replace(foreign(), **{"amount": 0, **wrong, "currency": "EUR"}))
    assert (Refund.objects.get().state, refunded(order)) == ("requested", [7800])


def test_the_reference_of_another_payments_refund_is_not_taken_for_ours(fake: FakeProvider) -> None:
    other, refund = asked(fake)
    order = paid_order(fake)
    adopted = record(attempt_of(order), foreign(reference=str(refund.pk)))
    assert (adopted.pk != refund.pk, refunded(order), refunded(other)) == (True, [500], [7800])
    refund.refresh_from_db()
    assert refund.state == "requested"


def test_the_reconciler_sends_what_was_left_each_in_its_own_try(fake: FakeProvider) -> None:
    refunds = [asked(fake)[1] for _ in range(3)]
    fake.refund_status = "pending"
    send(refunds[2].pk)
    for refund in refunds:
        age(refund, hours=1)
    fake.calls.clear()
    fake.errors = [ProviderUnavailable("timed out")]
    summary = reconcile()
    assert (summary.done["refunds"], len(summary.failures)) == (3, 1)
    assert sorted(Refund.objects.values_list("state", flat=True)) == ["pending", "pending", "requested"]
    assert fake.calls == [f"refund {refunds[0].pk}:refund", f"refund {refunds[1].pk}:refund", "list refunds"]


def test_the_reconciler_leaves_young_ones_to_their_own_request(fake: FakeProvider) -> None:
    asked(fake)
    assert (reconcile().done["refunds"], fake.calls) == (0, [])
