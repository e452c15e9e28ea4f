"""The rates a new shop begins with: VAT of the United Kingdom and the EU, as of 2026.

Sources, read in November 2026: standard rates from the dataset vatnode/eu-vat-rates-data, which queries the European
Commission's "Taxes in Europe" database (TEDB), held against public overviews; the latest changes are Finland 25.5 %
(September 2024), Slovakia 23 % (January 2025), Estonia 24 % (July 2025) and Romania 21 % (August 2025). Children's
clothing: zero in the United Kingdom (HMRC's VAT Notice 714) and in Ireland (answers of its finance minister in the
Dáil, 2015 and 2016; sizes up to those of a child of ten), 3 % in Luxembourg (a marketplace's guide for its sellers);
elsewhere the standard rate.

Not certain: EU law has allowed reduced rates for children's clothing everywhere since 2022, and a country may have
begun one unnoticed; each country draws the line (age, size, fur) its own way, which only the class chosen for a
product can follow.
Rates before the day from which a row is valid are not kept. Whoever sells for real has them confirmed.
"""

from datetime import date
from decimal import Decimal

from shop.catalog.models import Product
from shop.tax.models import TaxRate

BEGINNING = date(2025, 1, 1)
STANDARD = {
    "AT": "20", "BE": "21", "BG": "20", "CY": "19", "CZ": "21", "DE": "19", "DK": "25", "EE": "24", "ES": "21",
    "FI": "25.5", "FR": "20", "GB": "20", "GR": "24", "HR": "25", "HU": "27", "IE": "23", "IT": "22", "LT": "21",
    "LU": "17", "LV": "21", "MT": "18", "NL": "21", "PL": "23", "PT": "23", "RO": "21", "SE": "25", "SI": "22",
    "SK": "23",
}  # fmt: skip
CHILDREN = {"GB": "0", "IE": "0", "LU": "3"}
# What two of them were at the beginning, and when that ended. The demo has orders that are older.
BEFORE = {"EE": ("22", date(2025, 7, 1)), "RO": ("19", date(2025, 8, 1))}


def known_rates() -> list[TaxRate]:
    """Unsaved rows of all of them."""
    classes = {Product.TaxClass.STANDARD: STANDARD, Product.TaxClass.CHILDREN: CHILDREN}
    rows = [
        TaxRate(country=country, tax_class=tax_class, rate=Decimal(rate), valid_from=since(country, tax_class))
        for tax_class, rates in classes.items()
        for country, rate in rates.items()
    ]
    before = [(country, Decimal(rate)) for country, (rate, _) in BEFORE.items()]
    return rows + [TaxRate(country=country, rate=rate, valid_from=BEGINNING) for country, rate in before]


def since(country: str, tax_class: str) -> date:
    changed = country in BEFORE and tax_class == Product.TaxClass.STANDARD
    return BEFORE[country][1] if changed else BEGINNING


def add_missing() -> int:
    """Write those that the table has no row of (country, class, first day); what is there stays. Returns how many."""
    key = ("country", "tax_class", "valid_from")
    there = set(TaxRate.objects.values_list(*key))
    missing = [row for row in known_rates() if tuple(getattr(row, name) for name in key) not in there]
    return len(TaxRate.objects.bulk_create(missing, ignore_conflicts=True))


def begin() -> None:
    """Write all of them into a table without any row: a new shop's. Rates that somebody keeps are left alone."""
    if not TaxRate.objects.exists():
        add_missing()
