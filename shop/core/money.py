"""Money: integer minor units with their currency. The one place that knows exponents and how money is written."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision
from django.conf import settings

LOCALE = "en_GB"
LETTERS_THEN_DIGIT = re.compile(r"(?<=[A-Za-z])(?=[0-9])")


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (pence, cents, yen) of an ISO 4217 currency. Negative amounts are allowed."""

    amount: int
    currency: str

    @classmethod
    def from_decimal(cls, value: Decimal | str, currency: str) -> "Money":
        """'12.345' GBP -> 1235 pence: rounded half up to the currency's own precision (CLDR)."""
        scaled = Decimal(value).scaleb(get_currency_precision(currency))
        return cls(int(scaled.to_integral_value(ROUND_HALF_UP)), currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other).amount, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.amount * quantity, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other).amount

    def __ge__(self, other: "Money") -> bool:
        return not self < other

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return format_money(self.amount, self.currency)

    @property
    def decimal(self) -> Decimal:
        """Major units: 1235 GBP -> Decimal('12.35')."""
        return Decimal(self.amount).scaleb(-get_currency_precision(self.currency))

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other


def smallest_step(currency: str) -> int:
    """What amounts to be paid are whole multiples of, minor units: payment providers take no last digit of a currency
    with three decimals (https://docs.stripe.com/currencies#three-decimal)."""
    return 10 if get_currency_precision(currency) == 3 else 1


def in_steps(amount: int, currency: str) -> int:
    """The nearest amount that can be paid, half a step up: 6625 KWD fils -> 6630."""
    step = smallest_step(currency)
    return (2 * amount + step) // (2 * step) * step


def shop_currency() -> str:
    """What the shop is run in: the default of columns that name a currency."""
    return str(settings.SHOP_CURRENCY)


def format_exactly(amount: int, currency: str) -> str:
    """1200 GBP -> '£12.00': with all decimals, as columns of figures want it."""
    text: str = format_currency(Money(amount, currency).decimal, currency, locale=LOCALE)
    # CLDR wants a space between a currency's letters and the figure, which Babel leaves out.
    return LETTERS_THEN_DIGIT.sub("\N{NO-BREAK SPACE}", text)


@lru_cache(4096)
def format_money(amount: int, currency: str) -> str:
    """1200 GBP -> '£12'; 1250 GBP -> '£12.50': whole amounts lose their zeros, as the design asks."""
    text = format_exactly(amount, currency)
    zeros = "." + "0" * get_currency_precision(currency)
    return text.removesuffix(zeros) if len(zeros) > 1 else text
