"""Form fields of the staff site for what the models keep as lists."""

from functools import lru_cache
from typing import Any

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from shop.core.money import LOCALE

# Babel also names groupings and test codes, which are no countries.
NOT_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


@lru_cache(1)
def country_names() -> dict[str, str]:
    """English names by ISO 3166 alpha-2 code."""
    names = Locale.parse(LOCALE).territories
    return {code: name for code, name in names.items() if code.isalpha() and code not in NOT_COUNTRIES}


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
