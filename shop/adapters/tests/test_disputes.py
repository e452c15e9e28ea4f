"""What the adapters make of the providers' disputes."""

from typing import Any

import pytest

from shop.adapters.payments_paypal import captured_by
from shop.adapters.paypal_orders import dispute_state

DISPUTE: dict[str, Any] = {
    "dispute_id": "PP-D-1",
    "disputed_transactions": [{"seller_transaction_id": "CAP1"}],
    "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
    "status": "UNDER_REVIEW",
    "dispute_amount": {"currency_code": "GBP", "value": "81.95"},
}


def resolved(code: str) -> dict[str, Any]:
    return {**DISPUTE, "status": "RESOLVED", "dispute_outcome": {"outcome_code": code}}


def test_a_dispute_that_is_not_resolved_is_open_and_paypal_has_the_money() -> None:
    state = dispute_state(DISPUTE)
    assert (state.dispute_id, state.intent_id, state.status) == ("PP-D-1", "CAP1", "under_review")
    assert (state.outcome, state.amount, state.currency, state.withdrawn) == ("open", 8195, "GBP", 8195)
    assert state.reason == "merchandise or service not received"


@pytest.mark.parametrize(
    ("code", "outcome", "withdrawn"),
    [
        ("RESOLVED_SELLER_FAVOUR", "won", 0),
        ("RESOLVED_WITH_PAYOUT", "won", 0),
        ("CANCELED_BY_BUYER", "won", 0),
        ("DENIED", "won", 0),
        ("RESOLVED_BUYER_FAVOUR", "lost", 8195),
        ("ACCEPTED", "lost", 8195),
        ("NONE", "lost", 8195),
        ("A_NEW_WORD", "lost", 8195),
    ],
)
def test_only_an_end_that_leaves_us_the_money_is_won(code: str, outcome: str, withdrawn: int) -> None:
    state = dispute_state(resolved(code))
    assert (state.outcome, state.withdrawn) == (outcome, withdrawn)
    assert dispute_state({**DISPUTE, "status": "RESOLVED"}).outcome == "lost"


def test_a_reversal_names_its_capture_whether_it_comes_as_refund_or_as_capture() -> None:
    link = {"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/CAP1"}
    assert captured_by({"resource_type": "refund", "resource": {"id": "R1", "links": [link]}}) == "CAP1"
    order = {"rel": "up", "href": "https://api.paypal.com/v2/checkout/orders/5O1"}
    assert captured_by({"resource_type": "capture", "resource": {"id": "CAP1", "links": [order]}}) == "CAP1"
