"""The demo's promotions: one of each state, counted right."""

from shop.marketing.models import Promotion, Voucher
from shop.marketing.offers import Asked, offers
from shop.marketing.sale_models import Sale


def test_there_is_a_code_of_each_kind_and_every_count_is_explained_by_an_order() -> None:
    refusals = {code: offers(Asked("GBP", code)).refusal for code in Voucher.objects.values_list("code", flat=True)}
    kinds = {code: refusal.kind if refusal else "" for code, refusal in refusals.items()}
    assert kinds == {"WELCOME10": "", "FREESHIP": "", "FIRST20": "spent", "SUMMER15": "expired"}
    assert not Promotion.objects.miscounted().exists()
    assert [promotion.name for promotion in Promotion.objects.running().filter(needs_code=False)] == [
        "3 for 2 on accessories"
    ]
    assert Sale.objects.running().count() == 1
