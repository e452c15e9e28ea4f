"""How the payment page writes amounts: Stripe's units and Stripe's own table of decimals."""

from decimal import Decimal

from babel.numbers import format_currency

# https://docs.stripe.com/currencies#zero-decimal
ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


def decimals(currency: str) -> int:
    """How many decimals Stripe's unit of a currency (any case) has."""
    code = currency.upper()
    return 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2


def written(amount: int, currency: str) -> str:
    """7999 gbp -> '£79.99'; 1200 jpy -> '¥1,200' as CLDR writes it in English."""
    major = Decimal(amount).scaleb(-decimals(currency))
    text: str = format_currency(major, currency.upper(), locale="en_GB")
    return text
