"""VAT rates typed by staff."""

import pytest
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.catalog import listings
from shop.tax.models import TaxRate

pytestmark = pytest.mark.django_db
NEW = {"country": "no", "tax_class": "standard", "rate": "25", "valid_from": "2026-01-01"}


def test_a_rate_is_saved_and_the_pages_that_show_it_follow() -> None:
    before = listings.version()
    response = signed_in(make_staff("owner")).post(reverse("admin:shop_taxrate_add"), NEW)
    assert response.status_code == 302
    assert str(TaxRate.objects.get(country="NO")) == "Norway, Standard: 25%"
    assert listings.version() > before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": "100.001"}, "less than or equal to 100"),
        ({"rate": "-1"}, "greater than or equal to 0"),
        ({"rate": "twenty"}, "Enter a number"),
        ({"rate": "1e400"}, "digits"),
        ({"country": "XX"}, "No country has this code"),
        ({"country": "🇬🇧" * 500}, "at most 2 characters"),
        ({"country": "GB", "valid_from": "2025-01-01"}, "There is a rate of this country and class"),
        ({"tax_class": "luxury"}, "valid choice"),
    ],
)
def test_bad_rates_get_a_message_and_nothing_is_saved(changes: dict[str, str], message: str) -> None:
    before = TaxRate.objects.count()
    response = signed_in(make_staff("owner")).post(reverse("admin:shop_taxrate_add"), NEW | changes)
    assert response.status_code == 200
    assert message in response.content.decode()
    assert TaxRate.objects.count() == before
