"""Prices typed as decimals."""

import pytest
from django.core.exceptions import ValidationError

from adminpanel.fields import MoneyField


@pytest.mark.parametrize(
    ("typed", "minor"),
    [("12.50", 1250), ("12,5", 1250), ("£12.50", 1250), (" 7 ", 700), ("0", 0), ("9999999.99", 999999999)],
)
def test_a_typed_price_becomes_minor_units(typed: str, minor: int) -> None:
    assert MoneyField(currency="GBP").clean(typed) == minor


@pytest.mark.parametrize(
    "typed", ["-1", "1.234", "1,234", "12.5.0", "1e5", "NaN", "💷", "٣", "9" * 8, "9" * 5000, "12,50 each"]
)
def test_anything_else_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        MoneyField(currency="GBP").clean(typed)
    assert refusal.value.messages == ["Write an amount such as 12.50, at most 9999999."]


def test_a_price_that_must_cost_something_refuses_zero() -> None:
    with pytest.raises(ValidationError, match="above zero"):
        MoneyField(currency="GBP", allow_zero=False).clean("0.00")


def test_a_currency_without_decimals_takes_whole_amounts_only() -> None:
    field = MoneyField(currency="JPY")
    assert field.clean("1250") == 1250
    with pytest.raises(ValidationError):
        field.clean("12.50")


def test_a_stored_price_is_shown_as_it_is_typed() -> None:
    field = MoneyField(currency="GBP")
    assert field.prepare_value(1250) == "12.50"
    assert field.has_changed(1250, "12.50") is False
    assert field.has_changed(1250, "12.51") is True
