"""How a refund is taken off an invoice, rate by rate. Pure; amounts in minor units."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from shop.core.sharing import apportion
from shop.tax.amounts import TaxShare


def credited(
    invoiced: Sequence[TaxShare], before: Sequence[TaxShare], named: Mapping[Decimal, int], amount: int
) -> tuple[TaxShare, ...]:
    """What a refund of that amount takes off each rate of an invoice of which `before` was taken off already.

    named: how much of it is for goods and delivery of a rate. The rest, and what a rate has no room for, is shared out
    over what is left of all rates. The tax is the invoice's own, in proportion, counted from its beginning: when all
    of the invoice was credited, the credit notes sum exactly to it, rate by rate.
    """
    taken = {share.rate: share for share in before}
    left = [share.gross - gross_of(taken, share.rate) for share in invoiced]
    direct = [min(named.get(share.rate, 0), room) for share, room in zip(invoiced, left, strict=True)]
    rest = max(min(amount, sum(left)) - sum(direct), 0)
    others = apportion(rest, [room - part for room, part in zip(left, direct, strict=True)])
    parts = [one + other for one, other in zip(direct, others, strict=True)]
    shares = (one_rate(share, taken.get(share.rate), part) for share, part in zip(invoiced, parts, strict=True))
    return tuple(share for share in shares if share.gross)


def gross_of(shares: Mapping[Decimal, TaxShare], rate: Decimal) -> int:
    return shares[rate].gross if rate in shares else 0


def one_rate(invoiced: TaxShare, before: TaxShare | None, gross: int) -> TaxShare:
    """Another part of an invoice's share, with the tax that the parts up to it have not had."""
    gross_before, tax_before = (before.gross, before.tax) if before else (0, 0)
    if not invoiced.gross:
        return TaxShare(invoiced.rate, 0, 0)
    due = Decimal(invoiced.tax) * (gross_before + gross) / invoiced.gross
    return TaxShare(invoiced.rate, gross, int(due.to_integral_value(ROUND_HALF_UP)) - tax_before)
