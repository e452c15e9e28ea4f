"""Disputes and reversals at the sandbox's PayPal over HTTP: they hold the order, and PayPal says how they stand."""

import json
from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction

from sandbox import deliveries
from sandbox.models import Event
from sandbox.paypal import disputes, paying
from sandbox.paypal.models import PayPalCapture, PayPalDispute, PayPalRefund
from shop.adapters.payments import ProviderRefused
from shop.alerts.models import Alert
from shop.checkout import capturing
from shop.checkout.announced import process_event
from shop.checkout.reconcile import look_back
from shop.checkout.sync import UnknownAttempt, sync
from shop.checkout.tests.paying_builders import attempt_of, power_cut, states
from shop.checkout.tests.paypal_builders import agree, lose_messages, message_of, started
from shop.orders.models import Order
from shop.payments.models import Dispute, ProviderEvent, Refund

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_token")]
BASE = "http://sandbox/"


def paid() -> Order:
    order, page = started()
    agree(page)
    assert states(order) == ("paid", "paid")
    return order


def paid_unknown_to_us(monkeypatch: pytest.MonkeyPatch) -> Order:
    """PayPal has the money, and the shop died before it could write so; none of the messages came."""
    lose_messages()
    order, page = started()
    agree(page)
    with power_cut(monkeypatch, capturing, "capture-before-record"):
        sync(attempt_of(order).pk)
    assert (states(order), attempt_of(order).intent_id) == (("open", "pending"), "")
    return order


def open_dispute(order: Order) -> None:
    disputes.start(attempt_of(order).session_id, BASE)
    deliveries.deliver_due()


def close(order: Order, *, won: bool) -> None:
    disputes.close(attempt_of(order).session_id, BASE, won=won)
    deliveries.deliver_due()


def take_back(order: Order, value: str) -> None:
    """A chargeback that the buyer made at their bank: PayPal knows of no dispute."""
    with transaction.atomic():
        locked = paying.locked(attempt_of(order).session_id)
        paying.refund(locked.captures.get(), Decimal(value), BASE, told="PAYMENT.CAPTURE.REVERSED")
    deliveries.deliver_due()


def hear(types: Sequence[str]) -> None:
    """Those messages once more, under new ids: what was worked on before does not spare the work."""
    for number, type in enumerate(types):
        payload = json.loads(message_of(type)[0])
        row = ProviderEvent.objects.create(provider="paypal", event_id=f"x{number}", type=type, payload=payload)
        process_event(row)
        row.refresh_from_db()
        assert row.processed_at is not None


def may_ship(order: Order) -> bool:
    return Order.objects.get(pk=order.pk).may_ship


def held_by(order: Order) -> set[str]:
    assert {hold.kind for hold in order.holds.standing()} <= {"dispute"}
    return {hold.source for hold in order.holds.standing()}


def alerts() -> set[str]:
    return set(Alert.objects.open().values_list("key", flat=True))


def unheard() -> int:
    return ProviderEvent.objects.filter(processed_at=None).count()


def test_a_dispute_holds_the_order_tells_the_staff_and_refunds_nothing() -> None:
    order = paid()
    open_dispute(order)
    dispute, total = Dispute.objects.get(), order.grand_total
    assert (dispute.attempt, dispute.state, dispute.closed_at) == (attempt_of(order), "open", None)
    assert (dispute.amount, dispute.currency, dispute.withdrawn) == (total, order.currency, total)
    assert dispute.provider_id == PayPalDispute.objects.get().pk
    assert held_by(order) == {dispute.provider_id}
    assert list(Alert.objects.open().values_list("key", "order")) == [(f"dispute:{dispute.provider_id}", order.pk)]
    assert (may_ship(order), states(order), Refund.objects.count()) == (False, ("paid", "paid"), 0)
    assert ProviderEvent.objects.get(type="CUSTOMER.DISPUTE.CREATED").attempt == attempt_of(order)


def test_a_dispute_that_is_won_lets_the_order_go() -> None:
    order = paid()
    open_dispute(order)
    close(order, won=True)
    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.withdrawn, dispute.closed_at is None) == ("resolved", 0, False)
    assert (may_ship(order), alerts(), Refund.objects.count(), unheard()) == (True, set(), 0, 0)


def test_a_dispute_that_is_lost_keeps_the_order_and_what_went_is_in_the_ledger_once() -> None:
    order = paid()
    open_dispute(order)
    close(order, won=False)
    dispute, reversal = Dispute.objects.get(), PayPalRefund.objects.get().pk
    assert (dispute.state, dispute.withdrawn, dispute.closed_at is None) == ("resolved", order.grand_total, False)
    refunds = Refund.objects.values_list("state", "reason", "amount", "provider_id")
    assert list(refunds) == [("succeeded", "provider", order.grand_total, reversal)]
    assert (held_by(order), may_ship(order)) == ({dispute.provider_id, reversal}, False)
    assert alerts() == {f"dispute:{dispute.provider_id}", f"dispute:{reversal}"}
    assert (states(order), unheard()) == (("paid", "paid"), 0)


def test_a_reversal_without_a_dispute_holds_the_order_and_is_in_the_ledger() -> None:
    order = paid()
    take_back(order, "20.00")
    reversal = PayPalRefund.objects.get().pk
    assert list(Refund.objects.values_list("state", "amount", "provider_id")) == [("succeeded", 2000, reversal)]
    assert (held_by(order), alerts(), may_ship(order)) == ({reversal}, {f"dispute:{reversal}"}, False)
    assert (attempt_of(order).refunded_amount, Dispute.objects.count(), states(order)) == (2000, 0, ("paid", "paid"))


def test_a_reversal_brings_the_dispute_of_which_nobody_told() -> None:
    order = paid()
    disputes.start(attempt_of(order).session_id, BASE)
    disputes.close(attempt_of(order).session_id, BASE, won=False)
    hear(["PAYMENT.CAPTURE.REVERSED"])
    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.withdrawn) == ("resolved", order.grand_total)
    assert held_by(order) == {dispute.provider_id, PayPalRefund.objects.get().pk}


def test_a_dispute_of_which_nobody_told_is_found_once_a_day() -> None:
    order = paid()
    lose_messages()
    open_dispute(order)
    assert may_ship(order)
    for _ in range(2):
        run = look_back()
        assert (run.done["payments asked for disputes"], run.failures) == (1, [])
    assert (held_by(order), may_ship(order)) == ({Dispute.objects.get().provider_id}, False)


@pytest.mark.parametrize("event", ["CUSTOMER.DISPUTE.CREATED", "PAYMENT.CAPTURE.REVERSED"])
def test_what_comes_before_the_capture_is_known_brings_the_payment_first(
    event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = paid_unknown_to_us(monkeypatch)
    disputes.start(attempt_of(order).session_id, BASE)
    disputes.close(attempt_of(order).session_id, BASE, won=False)
    hear([event])
    assert (states(order), may_ship(order)) == (("paid", "paid"), False)
    assert Dispute.objects.get().provider_id in held_by(order)
    assert Alert.objects.filter(key__startswith="unknown-payment").count() == 0


OPENED, ENDED, REVERSED = "CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.RESOLVED", "PAYMENT.CAPTURE.REVERSED"


@pytest.mark.parametrize("told", [*permutations((OPENED, ENDED)), *permutations((OPENED, ENDED, REVERSED))])
def test_in_any_order_and_twice_the_end_is_the_same(told: tuple[str, ...]) -> None:
    won = REVERSED not in told
    order = paid()
    lose_messages()
    disputes.start(attempt_of(order).session_id, BASE)
    disputes.close(attempt_of(order).session_id, BASE, won=won)
    hear([*told, *told])
    reversals = set() if won else {PayPalRefund.objects.get().pk}
    sources = set() if won else {Dispute.objects.get().provider_id, *reversals}
    assert (held_by(order), alerts()) == (sources, {f"dispute:{source}" for source in sources})
    assert set(Refund.objects.values_list("provider_id", flat=True)) == reversals
    assert (Dispute.objects.get().state, may_ship(order)) == ("resolved", won)


def test_the_same_message_many_times_counts_once() -> None:
    order = paid()
    open_dispute(order)
    for event in [*Event.objects.all()] * 3:
        deliveries.send(event)
    deliveries.deliver_due()
    assert (Dispute.objects.count(), len(held_by(order)), Alert.objects.get().times) == (1, 1, 1)
    assert {row.deliveries for row in ProviderEvent.objects.all()} == {4}


def test_the_dispute_is_read_from_paypal_whatever_the_message_says() -> None:
    order = paid()
    open_dispute(order)
    payload = json.loads(message_of("CUSTOMER.DISPUTE.CREATED")[0])
    payload["resource"] |= {
        "status": "RESOLVED",
        "dispute_outcome": {"outcome_code": "DENIED"},
        "dispute_amount": {"currency_code": "GBP", "value": "0.01"},
    }
    row = ProviderEvent.objects.create(
        provider="paypal", event_id="x", type="CUSTOMER.DISPUTE.UPDATED", payload=payload
    )
    process_event(row)
    dispute = Dispute.objects.get()
    assert (may_ship(order), dispute.state, dispute.amount) == (False, "open", order.grand_total)


@pytest.mark.parametrize("dispute_id", ["", "SANDBOX0", "../../v2"])
def test_a_dispute_that_paypal_does_not_know_changes_nothing_and_stays_open(dispute_id: str) -> None:
    order = paid()
    disputed = {"seller_transaction_id": PayPalCapture.objects.get().pk}
    with pytest.raises(ProviderRefused):
        tell({"dispute_id": dispute_id, "disputed_transactions": [disputed]})
    assert (unheard(), Dispute.objects.count(), order.holds.count(), alerts()) == (1, 0, 0, set())


def test_a_dispute_about_another_payment_than_the_message_says_is_not_believed() -> None:
    order, other = paid(), paid()
    lose_messages()
    open_dispute(other)
    disputed = {"seller_transaction_id": attempt_of(order).intent_id}
    with pytest.raises(ProviderRefused, match="not the intent"):
        tell({"dispute_id": PayPalDispute.objects.get().pk, "disputed_transactions": [disputed]})
    assert (may_ship(order), may_ship(other), Dispute.objects.count()) == (True, True, 0)


@pytest.mark.parametrize("transactions", [[], [{"seller_transaction_id": "SANDBOX0", "custom": "nobody"}]])
def test_a_dispute_about_a_payment_that_is_not_ours_tells_the_staff(transactions: list[dict[str, str]]) -> None:
    order = paid()
    with pytest.raises(UnknownAttempt):
        tell({"dispute_id": "SANDBOX0", "disputed_transactions": transactions})
    assert (unheard(), Alert.objects.get().key.startswith("unknown-payment:paypal:")) == (1, True)
    assert may_ship(order)


def tell(resource: dict[str, Any]) -> None:
    payload = {"id": "x", "event_type": OPENED, "resource_type": "dispute", "resource": resource}
    process_event(ProviderEvent.objects.create(provider="paypal", event_id="x", type=OPENED, payload=payload))
