"""The arithmetic of taxes: exact examples, and what holds for whatever amounts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core.sharing import apportion
from shop.tax.amounts import TaxShare, breakdown, by_rate, contained, follow

AMOUNTS = st.integers(0, 10**12)
# Every rate of the table, and whatever else its column takes.
RATES = st.decimals(0, 100, places=3) | st.sampled_from(
    [Decimal(rate) for rate in ("0", "3", "19", "20", "25.5", "27")]
)


def taxed(rate: Decimal, gross: int) -> TaxShare:
    return TaxShare(rate, gross, contained(gross, rate))


GOODS = st.lists(st.builds(taxed, RATES, AMOUNTS), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("gross", "rate", "tax"),
    [
        (7800, "20", 1300),
        (1, "20", 0),
        (3, "20", 1),  # 0.5 goes up
        (999, "25.5", 203),
        (7800, "0", 0),
        (0, "20", 0),
        (100, "100", 50),
    ],
)
def test_the_tax_in_an_amount_is_rounded_half_up(gross: int, rate: str, tax: int) -> None:
    assert contained(gross, Decimal(rate)) == tax


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (395, [7800, 0], [395, 0]),
        (5, [0, 0], [3, 2]),
        (10, [5, 3, 2], [5, 3, 2]),
        (1, [1, 2], [0, 1]),
        (0, [3, 4], [0, 0]),
    ],
)
def test_an_amount_is_shared_out_by_largest_remainder(amount: int, weights: list[int], parts: list[int]) -> None:
    assert apportion(amount, weights) == parts


@given(AMOUNTS, RATES)
def test_net_and_tax_are_the_gross_and_neither_is_negative(gross: int, rate: Decimal) -> None:
    share = taxed(rate, gross)
    assert share.net + share.tax == gross
    assert 0 <= share.tax <= gross
    # Taxing the net again finds the tax, to the half unit that rounding takes.
    assert abs(share.net * rate / 100 - share.tax) <= (1 + rate / 100) / 2


@given(AMOUNTS, st.lists(AMOUNTS, min_size=1, max_size=12))
def test_nothing_appears_or_disappears_when_an_amount_is_shared_out(amount: int, weights: list[int]) -> None:
    parts = apportion(amount, weights)
    assert sum(parts) == amount
    assert min(parts) >= 0
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert not whole or abs(part * whole - amount * weight) < whole


@given(st.lists(AMOUNTS, min_size=1, max_size=12), st.data())
def test_no_part_is_above_its_weight(weights: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(weights)))
    if sum(weights):
        assert all(part <= weight for part, weight in zip(apportion(amount, weights), weights, strict=True))


@given(GOODS, AMOUNTS)
def test_the_sums_by_rate_are_those_of_lines_and_delivery(goods: list[TaxShare], delivery: int) -> None:
    shares = breakdown(goods, delivery)
    carried = follow(delivery, goods)
    assert sum(share.gross for share in carried) == delivery
    assert sum(share.gross for share in shares) == sum(line.gross for line in goods) + delivery
    assert sum(share.tax for share in shares) == sum(share.tax for share in (*goods, *carried))
    assert all(share.gross > 0 and 0 <= share.tax <= share.gross for share in shares)
    rates = [share.rate for share in shares]
    assert rates == sorted(set(rates), reverse=True)
    assert set(rates) <= {line.rate for line in goods}


def test_a_delivery_is_taxed_as_the_goods_it_brings() -> None:
    goods = [taxed(Decimal(20), 6000), taxed(Decimal(0), 2000), taxed(Decimal(20), 1000)]
    assert follow(900, goods) == (TaxShare(Decimal(20), 700, 117), TaxShare(Decimal(0), 200, 0))
    assert breakdown(goods, 900) == (TaxShare(Decimal(20), 7700, 1284), TaxShare(Decimal(0), 2200, 0))


def test_rates_are_the_same_however_many_digits_they_are_written_with() -> None:
    assert by_rate([taxed(Decimal("20"), 600), taxed(Decimal("20.000"), 600)]) == (TaxShare(Decimal(20), 1200, 200),)
