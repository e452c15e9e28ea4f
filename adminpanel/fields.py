"""Form fields of the staff site: prices as people write them, and what the models keep as lists."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from babel.numbers import get_currency_precision, get_currency_symbol
from django import forms
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from shop.core.countries import country_names
from shop.core.money import LOCALE, Money, shop_currency, smallest_step

MAX_DIGITS = 7
# More of one piece at one place is a typing mistake.
MOST_UNITS = 100_000


class NumberedRows(AutocompleteMixin):
    """A form that comes back with what is no row's number shows nothing chosen there; Django's own would fail."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, [each for each in value if str(each).isdecimal()], attr)


class RowSelect(NumberedRows, AutocompleteSelect):
    """Finds one row as its name is typed."""

    # Names of rows by primary key that were read already, so that none is read again for its name.
    known: Mapping[str, str] = {}

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        if len(value) != 1 or value[0] not in self.known:
            return super().optgroups(name, value, attr)
        options = [self.create_option(name, value[0], self.known[value[0]], True, 0)]
        if not self.is_required:
            options.insert(0, self.create_option(name, "", "", False, 0))
        return [(None, options, 0)]


class RowsSelect(NumberedRows, AutocompleteSelectMultiple):
    """Finds several."""


class LinesField(forms.CharField):
    """A list of short texts, typed one to a line."""

    def __init__(self, *, max_length: int = 120, **options: Any) -> None:
        self.line_length = max_length
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}), **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines without empty ones; a line that is too long is named."""
        lines = [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]
        for line in lines:
            if len(line) > self.line_length:
                raise ValidationError(f"“{line[:20]}…” is longer than {self.line_length} characters.", code="long")
        return lines

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != [line.strip() for line in (data or "").splitlines() if line.strip()]


class CountriesField(forms.CharField):
    """Country codes, typed with spaces or commas between them."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """'gb, ie' -> ['GB', 'IE'], each once. Raises ValidationError for a code that no country has."""
        codes = list(dict.fromkeys((super().to_python(value) or "").upper().replace(",", " ").split()))
        unknown = [code for code in codes if code not in country_names()]
        if unknown:
            raise ValidationError(f"No country has the code {unknown[0][:10]}. Write codes such as GB, IE, FR.")
        return codes

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or []) != self.to_python(data))
        except ValidationError:
            return True


class MoneyField(forms.CharField):
    """A price in the shop's currency (or the one given). Cleans to an int of minor units, or None when empty."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, *, currency: str = "", allow_zero: bool = True, **options: Any) -> None:
        self._currency = currency
        self.allow_zero = allow_zero
        super().__init__(**options)

    @property
    def currency(self) -> str:
        return self._currency or shop_currency()

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
        if amount % smallest_step(self.currency):
            raise ValidationError("The last decimal must be 0: payment providers take no smaller steps.", code="step")
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
