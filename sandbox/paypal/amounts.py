"""Amounts as PayPal takes them: decimal texts, with its own list of currencies."""

from decimal import Decimal
from typing import Any

from babel.numbers import format_currency

from sandbox.paypal.errors import refused
from sandbox.paypal.params import shaped

# https://developer.paypal.com/docs/api/reference/currency-codes/
SUPPORTED = frozenset(
    {
        *("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR"),
        *("NOK", "NZD", "PHP", "PLN", "RUB", "SEK", "SGD", "THB", "TWD", "USD"),
    }
)
WITHOUT_DECIMALS = frozenset({"HUF", "JPY", "TWD"})

MONEY = {"currency_code": shaped(r"[A-Z]{3}"), "value": shaped(r"-?[0-9]{1,10}(\.[0-9]{1,8})?")}


def amount_of(money: dict[str, Any], path: str, currency: str = "", *, zero: bool = True) -> Decimal:
    """The value of MONEY. Raises ApiError for another currency, for decimals it does not have, and below zero."""
    code, value = money.get("currency_code", ""), Decimal(money.get("value", "-1"))
    if code not in SUPPORTED:
        raise refused("CURRENCY_NOT_SUPPORTED", "Currency code is not currently supported.", f"{path}/currency_code")
    if currency and code != currency:
        raise refused("MISMATCHED_CURRENCY", "All amounts must be in the same currency.", f"{path}/currency_code")
    places = -int(value.as_tuple().exponent)
    if code in WITHOUT_DECIMALS and places > 0:
        raise refused("DECIMALS_NOT_SUPPORTED", "Currency does not support decimals.", f"{path}/value")
    if places > 2:
        raise refused("DECIMAL_PRECISION", "The value must have at most two decimals.", f"{path}/value")
    if value < 0 or (value == 0 and not zero):
        issue = "CANNOT_BE_NEGATIVE" if zero else "CANNOT_BE_ZERO_OR_NEGATIVE"
        raise refused(issue, "Must be greater than zero. If the currency supports decimals, two.", f"{path}/value")
    return value


def money_json(value: Decimal, currency: str) -> dict[str, str]:
    """As PayPal answers: two decimals, or none where the currency has none there."""
    return {"currency_code": currency, "value": f"{value:.{0 if currency in WITHOUT_DECIMALS else 2}f}"}


def written(value: Decimal, currency: str) -> str:
    """For a person: 79.99 GBP -> '£79.99'."""
    text: str = format_currency(value, currency, locale="en_GB", currency_digits=currency not in WITHOUT_DECIMALS)
    return text
