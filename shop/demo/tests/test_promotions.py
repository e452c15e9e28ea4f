"""The demo's prices have a past."""

from dataclasses import replace
from io import StringIO

import pytest

from shop.catalog.models import ProductVariant
from shop.demo.build import build
from shop.demo.tests.plans import FEWER
from shop.marketing.sale_models import PriceRecord

pytestmark = pytest.mark.django_db


def test_prices_have_a_past_and_what_is_struck_has_its_lowest_price() -> None:
    build(replace(FEWER, products=8), StringIO())
    for variant in ProductVariant.objects.filter(compare_at_price__isnull=False):
        assert variant.lowest_before == variant.compare_at_price
    oldest = PriceRecord.objects.order_by("at")[0]
    assert oldest.at == oldest.variant.product.published_at
