"""The arithmetic of contained taxes, on integers of minor units. Nothing here knows a database or a country."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from shop.core.sharing import apportion


@dataclass(frozen=True, slots=True)
class TaxShare:
    """What is charged at one rate (percent), and the tax in it; minor units."""

    rate: Decimal
    gross: int
    tax: int

    @property
    def net(self) -> int:
        return self.gross - self.tax


def contained(gross: int, rate: Decimal) -> int:
    """The tax at that rate (percent) in an amount that includes it: gross x rate / (100 + rate), half up."""
    return int((gross * rate / (100 + rate)).to_integral_value(ROUND_HALF_UP))


def by_rate(shares: Iterable[TaxShare]) -> tuple[TaxShare, ...]:
    """Shares of the same rate in one, highest rate first. Taxes are added up, never computed again."""
    found: dict[Decimal, TaxShare] = {}
    for share in shares:
        before = found.get(share.rate, TaxShare(share.rate, 0, 0))
        found[share.rate] = TaxShare(share.rate, before.gross + share.gross, before.tax + share.tax)
    return tuple(found[rate] for rate in sorted(found, reverse=True))


def follow(amount: int, goods: Sequence[TaxShare]) -> tuple[TaxShare, ...]:
    """A delivery of that gross amount, taxed as the goods it brings: shared out over their rates by value."""
    shares = by_rate(goods)
    parts = apportion(amount, [share.gross for share in shares])
    return tuple(
        TaxShare(share.rate, part, contained(part, share.rate)) for share, part in zip(shares, parts, strict=True)
    )


def breakdown(goods: Sequence[TaxShare], delivery: int) -> tuple[TaxShare, ...]:
    """Goods and their delivery by rate, without rates at which nothing is charged."""
    return tuple(share for share in by_rate((*goods, *follow(delivery, goods))) if share.gross)
