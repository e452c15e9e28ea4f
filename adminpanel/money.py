"""Prices in forms: typed as people write them (12.50), stored as minor units."""

import re
from typing import Any

from babel.numbers import get_currency_precision, get_currency_symbol
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from shop.core.money import LOCALE, Money

MAX_DIGITS = 7


class MoneyField(forms.CharField):
    """A price in the shop's currency (or the one given). Cleans to an int of minor units, or None when empty."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, *, currency: str = "", allow_zero: bool = True, **options: Any) -> None:
        self.currency = currency or settings.SHOP_CURRENCY
        self.allow_zero = allow_zero
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        """1250 -> '12.50'; what somebody typed stays as it was typed."""
        return f"{Money(value, self.currency).decimal:f}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        """'£12.50' or '12,50' -> 1250. Raises ValidationError for anything else, negative and huge amounts too."""
        if isinstance(value, int):
            return value
        text = super().to_python(value)
        if not text:
            return None
        decimals = get_currency_precision(self.currency)
        text = text.removeprefix(get_currency_symbol(self.currency, LOCALE)).replace(" ", "")
        pattern = rf"[0-9]{{1,{MAX_DIGITS}}}([.,][0-9]{{1,{decimals}}})?" if decimals else rf"[0-9]{{1,{MAX_DIGITS}}}"
        if not re.fullmatch(pattern, text):
            raise ValidationError(f"Write an amount such as {self.example}, at most {'9' * MAX_DIGITS}.", code="money")
        amount = Money.from_decimal(text.replace(",", "."), self.currency).amount
        if amount == 0 and not self.allow_zero:
            raise ValidationError("The price must be above zero.", code="zero")
        return amount

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True

    @property
    def example(self) -> str:
        """An amount with the currency's own number of decimals."""
        return f"{Money.from_decimal('12.5', self.currency).decimal:f}"
