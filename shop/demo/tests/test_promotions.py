"""The demo's promotions: one of each state, counted right, and prices with a past."""

from io import StringIO

import pytest

from shop.catalog.models import ProductVariant
from shop.demo.build import Plan, build
from shop.demo.pictures import TINY
from shop.marketing.models import Promotion, Voucher
from shop.marketing.offers import Asked, offers
from shop.marketing.sale_models import PriceRecord, Sale

pytestmark = pytest.mark.django_db


def test_there_is_a_code_of_each_kind_and_every_count_is_explained_by_an_order() -> None:
    build(Plan(products=2, orders=12, views=TINY), StringIO())
    refusals = {code: offers(Asked("GBP", code)).refusal for code in Voucher.objects.values_list("code", flat=True)}
    kinds = {code: refusal.kind if refusal else "" for code, refusal in refusals.items()}
    assert kinds == {"WELCOME10": "", "FREESHIP": "", "FIRST20": "spent", "SUMMER15": "expired"}
    assert not Promotion.objects.miscounted().exists()
    assert [promotion.name for promotion in Promotion.objects.running().filter(needs_code=False)] == [
        "3 for 2 on accessories"
    ]
    assert Sale.objects.running().count() == 1


def test_prices_have_a_past_and_what_is_struck_has_its_lowest_price() -> None:
    build(Plan(products=8, orders=12, views=TINY), StringIO())
    for variant in ProductVariant.objects.filter(compare_at_price__isnull=False):
        assert variant.lowest_before == variant.compare_at_price
    oldest = PriceRecord.objects.order_by("at")[0]
    assert oldest.at == oldest.variant.product.published_at
