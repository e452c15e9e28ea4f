"""Whose rates apply where and when."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from shop.core import clock
from shop.tax.areas import EU, tax_area, taxing_country
from shop.tax.known_rates import add_missing, begin, known_rates
from shop.tax.models import TaxRate
from shop.tax.services import levy_for, rates_for

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("country", "standard", "children"),
    [("GB", "20", "0"), ("IE", "23", "0"), ("LU", "17", "3"), ("FI", "25.5", "25.5"), ("HU", "27", "27")],
)
def test_a_new_shop_knows_the_rates_of_the_uk_and_the_eu(country: str, standard: str, children: str) -> None:
    rates = rates_for(country, TODAY)
    assert (rates.of("standard"), rates.of("children")) == (Decimal(standard), Decimal(children))


def test_every_country_of_the_eu_has_a_standard_rate() -> None:
    assert all(rates_for(country, TODAY).of("standard") >= 15 for country in EU)


def test_the_rate_of_the_day_holds() -> None:
    rate = [rates_for("EE", day).of("standard") for day in (date(2025, 6, 30), date(2025, 7, 1), TODAY)]
    assert rate == [22, 24, 24]


def test_a_rate_begins_at_midnight_where_the_shop_is(monkeypatch: pytest.MonkeyPatch) -> None:
    TaxRate.objects.create(country="GB", rate=21, valid_from=date(2027, 7, 1))
    rates = []
    for hour, minute in ((22, 59), (23, 0)):  # UTC, in summer
        moment = datetime(2027, 6, 30, hour, minute, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        rates.append(levy_for("GB").rate("standard"))
    assert rates == [20, 21]


def test_a_seller_at_home_in_the_uk_exports_everywhere_else() -> None:
    assert tax_area() == {"GB"}
    assert [taxing_country(code) for code in ("GB", "IM", "IE", "JE", "US")] == ["GB", "GB", "", "", ""]


def test_a_seller_in_the_eu_taxes_all_of_it_at_the_rates_of_the_destination(settings: object) -> None:
    settings.SHOP_COUNTRY = "IE"  # type: ignore[attr-defined]
    assert [taxing_country(code) for code in ("IE", "FR", "MC", "GB", "NO")] == ["IE", "FR", "FR", "", ""]
    assert levy_for("FI").rate("standard") == Decimal("25.5")
    assert levy_for("NO").rates.of("standard") == 23
    settings.SHOP_TAX_AREA = ["IE", "NO"]  # type: ignore[attr-defined]
    assert [taxing_country(code) for code in ("IE", "FR", "NO")] == ["IE", "", "NO"]


def test_an_export_is_freed_from_the_home_tax_unit_by_unit() -> None:
    levy = levy_for("US")
    assert levy.is_export
    assert levy.rate("standard") == 0
    assert (levy.unit_price(7800, "standard"), levy.unit_price(7800, "children")) == (6500, 7800)
    assert levy.delivery_price(600, [("standard", 6500)]) == 500
    assert levy.delivery_price(600, [("standard", 3000), ("children", 3000)]) == 550


def test_at_home_prices_stay_as_they_are() -> None:
    levy = levy_for("GB")
    assert (levy.country, levy.unit_price(7800, "standard"), levy.delivery_price(600, [("standard", 1)])) == (
        "GB",
        7800,
        600,
    )


def test_a_country_without_rates_is_known_to_have_none(settings: object) -> None:
    settings.SHOP_COUNTRY = "NO"  # type: ignore[attr-defined]
    levy = levy_for("NO")
    assert not levy.is_known
    assert levy.rate("standard") == 0


def test_rates_that_are_there_are_left_alone_and_missing_ones_added() -> None:
    TaxRate.objects.filter(country="GB", tax_class="standard").update(rate=21)
    TaxRate.objects.filter(country="FR").delete()
    begin()
    assert not TaxRate.objects.filter(country="FR").exists()
    assert add_missing() == 1
    call_command("tax_rates")
    assert TaxRate.objects.count() == len(known_rates())
    assert rates_for("GB", TODAY).of("standard") == 21


def test_the_database_refuses_two_rates_for_one_day_and_nonsense() -> None:
    for fields in ({"country": "GB", "rate": 5, "valid_from": date(2025, 1, 1)}, {"country": "XX", "rate": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            TaxRate.objects.create(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        TaxRate.objects.create(country="XX", rate=101)
