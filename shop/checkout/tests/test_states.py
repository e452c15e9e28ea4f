"""Every fact against every state of payment and order: what the table says, and nothing else."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import pytest

from shop.alerts.models import Alert
from shop.checkout.paying import start_payment
from shop.checkout.sync import Fact, sync
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, place
from shop.checkout.tests.state_table import CALLED_OFF, GONE, TABLE, Case, cases
from shop.events.models import OutboxEvent
from shop.orders.models import Order, OrderStateChange
from shop.payments.models import PaymentAttempt, Refund
from shop.tests.builders import make_variant
from shop.warehouse import ledger
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation

Pay: TypeAlias = PaymentAttempt.State
Ord: TypeAlias = Order.State
COMPLETE = {"status": "complete", "payment_status": "unpaid", "intent_id": "pi_1"}
PAID = {"status": "complete", "payment_status": "paid", "intent_id": "pi_1", "intent_status": "succeeded"}
SAYS: dict[Fact, Mapping[str, Any]] = {
    Fact.OPEN: {},
    Fact.PROCESSING: {**COMPLETE, "intent_status": "processing"},
    Fact.PAID: PAID,
    Fact.MISMATCH: {**PAID, "amount_total": 1},
    Fact.FAILED: {**COMPLETE, "intent_status": "requires_payment_method"},
    Fact.EXPIRED: {"status": "expired"},
}
CASES = cases()


def bring_to(case: Case) -> Order:
    """An order and its payment in those states, its stock as it would be then."""
    variant = make_variant(stock=2)
    order = place(variant, quantity=2)
    start_payment(attempt_of(order).pk)
    PaymentAttempt.objects.update(state=case.attempt)
    Order.objects.update(state=case.order, cancelled_by_choice=case.when == CALLED_OFF)
    lines = [line.pk for line in order.lines.all()]
    if case.order == Ord.CANCELLED:
        warehouse.release(order_line_ids=lines, document=order.number, reason="test")
    elif case.order == Ord.PAID:
        warehouse.settle(order_line_ids=lines)
    if case.when == GONE:
        place(variant, quantity=2)
    return order


def facts_of(order: Order, attempt: PaymentAttempt) -> dict[str, Any]:
    """All that a fact may change."""
    order.refresh_from_db()
    attempt.refresh_from_db()
    held = Reservation.objects.held().filter(order_line__order=order)
    return {
        "payment": attempt.state,
        "order": order.state,
        "stock": list(held.values_list("quantity", "expires_at")),
        "told": sorted(OutboxEvent.objects.filter(name__startswith="Order").values_list("name", flat=True)),
        "refunds": list(Refund.objects.values_list("reason", "amount")),
        "alerts": Alert.objects.open().count(),
        "history": OrderStateChange.objects.filter(order=order).count(),
        "captured": attempt.captured_amount,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES, ids=map(str, CASES))
def test_the_code_does_what_the_table_says(fake: FakeProvider, case: Case) -> None:
    order = bring_to(case)
    attempt = attempt_of(order)
    fake.says(attempt, **SAYS[case.fact])
    before = facts_of(order, attempt)
    sync(attempt.pk)
    assert facts_of(order, attempt) == before | expected(case, order, before)
    # Once more is once too often for nobody.
    after = facts_of(order, attempt)
    sync(attempt.pk)
    assert facts_of(order, attempt) == after
    assert ledger.differences() == []


def expected(case: Case, order: Order, before: dict[str, Any]) -> dict[str, Any]:
    """What the case's row changes."""
    row = case.row
    if row is None:
        return {}
    changed: dict[str, Any] = {"payment": row.attempt, "alerts": before["alerts"] + row.effects.count("alert")}
    if row.order and row.order != case.order:
        changed |= {"order": row.order, "history": before["history"] + 1}
    if row.fact in (Fact.PAID, Fact.MISMATCH):
        changed["captured"] = SAYS[row.fact].get("amount_total", order.grand_total)
    if "OrderPaid" in row.effects:
        changed |= {"stock": [(2, None)], "told": sorted([*before["told"], "OrderPaid"])}
    if "OrderCancelled" in row.effects:
        changed |= {"stock": [], "told": sorted([*before["told"], "OrderCancelled"])}
    if reasons := [effect.removeprefix("refund: ") for effect in row.effects if effect.startswith("refund")]:
        changed["refunds"] = [(reason, order.grand_total) for reason in reasons]
    return changed


def test_every_row_of_the_table_speaks_of_some_case() -> None:
    assert {case.row for case in CASES} - {None} == set(TABLE)


def test_what_is_impossible_or_old_news_is_not_named() -> None:
    """Counted, so that a row that comes to speak of too much is noticed."""
    assert (len(CASES), sum(case.row is None for case in CASES)) == (294, 168)
