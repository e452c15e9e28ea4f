"""VAT rates with nonsense in each field: saved whole, or told by the field with nothing written."""

import pytest
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.hostile import TEXTS, saved_or_told
from adminpanel.tests.test_tax import NEW
from shop.tax.models import TaxRate

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["country", "tax_class", "rate", "valid_from"])
def test_a_rate(name: str) -> None:
    saved_or_told(signed_in(make_staff("owner")), TaxRate, NEW, name)


def test_a_second_rate_of_the_same_day_is_told_and_one_of_the_next_day_follows_it() -> None:
    client, add = signed_in(make_staff("owner")), reverse("admin:shop_taxrate_add")
    assert client.post(add, NEW).status_code == 302
    again = client.post(add, {**NEW, "rate": "30"})
    assert "There is a rate of this country and class" in again.content.decode()
    assert client.post(add, {**NEW, "rate": "30", "valid_from": "2026-01-02"}).status_code == 302
    assert list(TaxRate.objects.filter(country="NO").order_by("valid_from").values_list("rate", flat=True)) == [25, 30]


def test_addresses_of_the_list() -> None:
    client, lists = signed_in(make_staff("owner")), reverse("admin:shop_taxrate_changelist")
    for value in TEXTS:
        for name in ("q", "p", "o", "tax_class__exact"):
            assert client.get(lists, {name: value}).status_code in (200, 302, 400), (name, value[:40])
