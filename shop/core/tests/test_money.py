import pytest

from shop.core.money import CurrencyMismatch, Money


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(1200, "GBP", "£12"), (1250, "GBP", "£12.50"), (-500, "GBP", "-£5"), (1200, "JPY", "JP¥1,200"), (0, "EUR", "€0")],
)
def test_money_is_written_as_people_write_it(amount: int, currency: str, text: str) -> None:
    assert str(Money(amount, currency)) == text


@pytest.mark.parametrize(
    ("value", "currency", "amount"),
    [("12.34", "GBP", 1234), ("12.345", "GBP", 1235), ("1200", "JPY", 1200), ("1.2345", "KWD", 1235)],
)
def test_decimals_become_minor_units_of_the_currency(value: str, currency: str, amount: int) -> None:
    assert Money.from_decimal(value, currency) == Money(amount, currency)


def test_amounts_of_two_currencies_never_add() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "GBP") + Money(1, "EUR")
