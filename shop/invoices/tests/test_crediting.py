"""What refunds take off an invoice, rate by rate."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shop.invoices.crediting import credited
from shop.tax.amounts import TaxShare, by_rate, contained

RATES = [Decimal(rate) for rate in ("27", "25.5", "20", "3", "0")]


@st.composite
def invoices(draw: st.DrawFn) -> tuple[TaxShare, ...]:
    """Rates with a gross and a tax that lines' rounding may have moved by some units."""
    shares = []
    for rate in draw(st.lists(st.sampled_from(RATES), unique=True, min_size=1, max_size=4)):
        gross = draw(st.integers(1, 10**7))
        tax = contained(gross, rate) + draw(st.integers(-3, 3)) * (rate > 0)
        shares.append(TaxShare(rate, gross, max(0, min(tax, gross))))
    return tuple(shares)


@given(invoices(), st.data())
def test_credit_notes_of_a_whole_invoice_sum_exactly_to_it(invoice: tuple[TaxShare, ...], data: st.DataObject) -> None:
    left = sum(share.gross for share in invoice)
    before: tuple[TaxShare, ...] = ()
    for last in (False, False, False, False, True):
        amount = left if last else data.draw(st.integers(0, left))
        # Any part of it may be for goods of a rate, also of one that earlier free amounts have used up.
        named = {data.draw(st.sampled_from(RATES)): data.draw(st.integers(0, amount))}
        note = credited(invoice, before, named, amount)
        assert sum(share.gross for share in note) == amount
        assert all(share.gross > 0 and 0 <= share.tax <= share.gross + 3 for share in note)
        before, left = by_rate((*before, *note)), left - amount
    assert before == by_rate(invoice)


def test_goods_come_off_their_own_rate_and_a_free_amount_off_all_that_is_left() -> None:
    invoice = (TaxShare(Decimal(20), 12000, 2000), TaxShare(Decimal(0), 6000, 0))
    first = credited(invoice, (), {Decimal(20): 6000}, 6000)
    assert first == (TaxShare(Decimal(20), 6000, 1000),)
    second = credited(invoice, first, {}, 1000)
    assert second == (TaxShare(Decimal(20), 500, 83), TaxShare(Decimal(0), 500, 0))
    third = credited(invoice, by_rate((*first, *second)), {Decimal(20): 6000}, 11000)
    assert third == (TaxShare(Decimal(20), 5500, 917), TaxShare(Decimal(0), 5500, 0))


def test_no_more_is_credited_than_was_invoiced() -> None:
    invoice = (TaxShare(Decimal(20), 1200, 200),)
    assert credited(invoice, (), {}, 5000) == invoice
    assert credited(invoice, invoice, {Decimal(20): 10}, 10) == ()
