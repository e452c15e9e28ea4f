"""How what goes to a country is taxed on a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from shop.catalog.models import Product
from shop.catalog.snapshot import Snapshot
from shop.core import clock
from shop.core.money import in_steps
from shop.tax.amounts import TaxShare, contained, follow
from shop.tax.areas import taxing_country
from shop.tax.models import TaxRate


@dataclass(frozen=True, slots=True)
class Rates:
    """One country's rates on a day, percent by class of goods. A class without a rate of its own has the standard."""

    by_class: Mapping[str, Decimal]

    def of(self, tax_class: str) -> Decimal:
        standard = self.by_class.get(Product.TaxClass.STANDARD, Decimal(0))
        return self.by_class.get(tax_class, standard)


@dataclass(frozen=True, slots=True)
class Levy:
    """How a sale to one country is taxed. country: whose rates apply, empty for an export.

    rates: that country's; of an export the home country's, which its prices are freed from.
    """

    country: str
    rates: Rates

    @property
    def is_export(self) -> bool:
        return not self.country

    @property
    def is_known(self) -> bool:
        """Whether there are rates to tax by."""
        return bool(self.rates.by_class)

    def rate(self, tax_class: str) -> Decimal:
        """What such goods are taxed at, percent."""
        return Decimal(0) if self.is_export else self.rates.of(tax_class)

    def unit_price(self, price: int, tax_class: str) -> int:
        """What one unit of that home price (minor units) costs there: for an export less the home tax in it."""
        if not self.is_export:
            return price
        return in_steps(price - contained(price, self.rates.of(tax_class)), settings.SHOP_CURRENCY)

    def delivery_price(self, price: int, goods: Sequence[tuple[str, int]]) -> int:
        """What a delivery of that home price costs there. goods: class and charged amount of each line.

        For an export less the home tax in it, which follows the goods.
        """
        if not self.is_export:
            return price
        home = [TaxShare(self.rates.of(tax_class), charged, 0) for tax_class, charged in goods]
        return in_steps(price - sum(share.tax for share in follow(price, home)), settings.SHOP_CURRENCY)


def rates_for(country: str, on: date) -> Rates:
    """The rates of a country (ISO 3166 alpha-2) on a day. One query."""
    return rates_of(TaxRate.objects.of(country, on))


def rates_of(rows: Iterable[TaxRate]) -> Rates:
    """One country's rows, oldest first."""
    return Rates({row.tax_class: row.rate for row in rows})


def levy_for(destination: str, catalogue: Snapshot | None = None, on: date | None = None) -> Levy:
    """How goods that go there today, or on that day, are taxed.

    One query; none with a catalogue, whose rates are for showing.
    """
    country, today = taxing_country(destination), on or timezone.localdate(clock.now())
    read = country or settings.SHOP_COUNTRY
    if catalogue is None:
        return Levy(country, rates_for(read, today))
    shown = [rate for rate in catalogue.tables.all(TaxRate) if rate.country == read and rate.valid_from <= today]
    return Levy(country, rates_of(sorted(shown, key=lambda rate: rate.valid_from)))
