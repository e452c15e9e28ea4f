"""What is sent to PayPal and what comes back: the Orders v2 API in types, and its amounts.

https://developer.paypal.com/docs/api/orders/v2/
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NotRequired, TypedDict

from babel.numbers import get_currency_precision

from shop.adapters.payments import DisputeState, ProviderRefused, RefundState, SessionState
from shop.core.money import Money

Json = dict[str, Any]

# https://developer.paypal.com/docs/api/reference/currency-codes/
CURRENCIES = frozenset(
    {
        *("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR"),
        *("NOK", "NZD", "PHP", "PLN", "RUB", "SEK", "SGD", "THB", "TWD", "USD"),
    }
)
# Those that PayPal takes in whole units only; all others have two decimals there.
WHOLE = frozenset({"HUF", "JPY", "TWD"})
LONGEST_NAME = 127
# How long PayPal keeps an order that its buyer agreed to, unless the merchant arranged for something else.
APPROVAL_LASTS = timedelta(hours=3)
# A refund keeps our own name of it under this prefix: what was refunded at PayPal itself may carry the order's text.
REFUND_PREFIX = "refund:"

# A capture says what became of the money: (payment_status, intent_status) in the words of the port.
CAPTURE_STATUS = {
    "COMPLETED": ("paid", "succeeded"),
    "PARTIALLY_REFUNDED": ("paid", "succeeded"),
    "REFUNDED": ("paid", "succeeded"),
    "PENDING": ("unpaid", "processing"),
    "DECLINED": ("unpaid", "canceled"),
    "FAILED": ("unpaid", "canceled"),
}
NO_MONEY = ("DECLINED", "FAILED")
# Without a capture the order's own status says how far its buyer is. A completed order without one is not believed.
ORDER_STATUS = {
    "CREATED": "open",
    "SAVED": "open",
    "PAYER_ACTION_REQUIRED": "open",
    "APPROVED": "approved",
    "VOIDED": "expired",
}
REFUND_STATUS = {"COMPLETED": "succeeded", "PENDING": "pending", "FAILED": "failed", "CANCELLED": "failed"}

# Ends of a dispute by which the money stays ours. Any other end, also one that PayPal comes to invent, counts as lost.
# https://developer.paypal.com/docs/api/customer-disputes/v1/
DISPUTE_WON = frozenset({"RESOLVED_SELLER_FAVOUR", "RESOLVED_WITH_PAYOUT", "CANCELED_BY_BUYER", "DENIED"})


class MoneyParams(TypedDict):
    currency_code: str
    value: str


class BreakdownParams(TypedDict):
    item_total: MoneyParams


class AmountParams(MoneyParams):
    breakdown: BreakdownParams


class ItemParams(TypedDict):
    name: str
    quantity: str
    unit_amount: MoneyParams
    description: NotRequired[str]


class PurchaseUnitParams(TypedDict):
    custom_id: str
    invoice_id: str
    description: str
    amount: AmountParams
    items: list[ItemParams]


class ExperienceParams(TypedDict):
    brand_name: str
    locale: str
    shipping_preference: Literal["NO_SHIPPING"]
    user_action: Literal["PAY_NOW"]
    return_url: str
    cancel_url: str


class PayPalParams(TypedDict):
    experience_context: ExperienceParams


class PaymentSourceParams(TypedDict):
    paypal: PayPalParams


class OrderParams(TypedDict):
    intent: Literal["CAPTURE"]
    purchase_units: list[PurchaseUnitParams]
    payment_source: PaymentSourceParams


class RefundParams(TypedDict):
    amount: MoneyParams
    custom_id: str


def money(amount: int, currency: str) -> MoneyParams:
    """Minor units as PayPal writes them: 1235 GBP -> 12.35. Raises ProviderRefused for what it does not take."""
    if currency not in CURRENCIES:
        raise ProviderRefused(f"PayPal takes no payments in {currency}")
    exact = Money(amount, currency).decimal
    written = exact.quantize(Decimal(1) if currency in WHOLE else Decimal("0.01"))
    if written != exact:
        raise ProviderRefused(f"PayPal takes whole {currency} only, not {exact}")
    return {"currency_code": currency, "value": f"{written:f}"}


def minor_units(found: Json) -> tuple[int, str]:
    """(amount in minor units, currency) of PayPal's money. What is not whole in our units comes out negative.

    So it stays unequal to every amount of ours, and is then reviewed.
    """
    currency = str(found["currency_code"])
    scaled = Decimal(found["value"]).scaleb(get_currency_precision(currency))
    whole = int(scaled)
    return (whole if whole == scaled else -abs(whole) - 1), currency


def session_state(order: Json) -> SessionState:
    """An order in the words of the port. KeyError, ValueError and the like for what is none."""
    unit = order["purchase_units"][0]
    capture = deciding_capture(unit)
    amount, currency = minor_units((capture or unit)["amount"])
    payment, intent = CAPTURE_STATUS[capture["status"]] if capture else ("unpaid", "")
    return SessionState(
        session_id=str(order["id"]),
        status="complete" if capture else ORDER_STATUS[order["status"]],
        payment_status=payment,
        amount_total=amount,
        currency=currency,
        attempt_id=str(unit.get("custom_id", "")),
        intent_id=str(capture["id"]) if capture else "",
        intent_status=intent,
        url=link(order, "payer-action") or link(order, "approve"),
        expires_at=datetime.fromisoformat(order["create_time"]) + APPROVAL_LASTS,
    )


def deciding_capture(unit: Json) -> Json | None:
    """The capture that took the money, or may yet take it; one that was declined only where there is no other."""
    captures: list[Json] = unit.get("payments", {}).get("captures", [])
    taking = [capture for capture in captures if capture["status"] not in NO_MONEY]
    return next(reversed(taking or captures), None)


def refund_state(refund: Json, capture_id: str) -> RefundState:
    """A refund in the words of the port."""
    amount, currency = minor_units(refund["amount"])
    named = str(refund.get("custom_id", ""))
    return RefundState(
        refund_id=str(refund["id"]),
        status=REFUND_STATUS[refund["status"]],
        amount=amount,
        currency=currency,
        intent_id=capture_id,
        reference=named.removeprefix(REFUND_PREFIX) if named.startswith(REFUND_PREFIX) else "",
        failure=str(refund.get("status_details", {}).get("reason", "")),
    )


def dispute_state(dispute: Json) -> DisputeState:
    """A dispute in the words of the port. PayPal keeps the money back while one is open."""
    amount, currency = minor_units(dispute["dispute_amount"])
    outcome = "open"
    if dispute["status"] == "RESOLVED":
        ended = dispute.get("dispute_outcome", {}).get("outcome_code", "")
        outcome = "won" if ended in DISPUTE_WON else "lost"
    return DisputeState(
        dispute_id=str(dispute["dispute_id"]),
        intent_id=str(dispute["disputed_transactions"][0]["seller_transaction_id"]),
        status=str(dispute["status"]).lower(),
        outcome=outcome,
        reason=str(dispute.get("reason", "")).lower().replace("_", " "),
        amount=abs(amount),
        currency=currency,
        withdrawn=0 if outcome == "won" else abs(amount),
    )


def link(resource: Json, rel: str) -> str:
    """The address that a resource gives for that relation; empty when it gives none."""
    return next((str(entry["href"]) for entry in resource.get("links", []) if entry["rel"] == rel), "")
