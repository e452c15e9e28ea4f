"""Promotions, codes and sales with nonsense in each field: saved whole, or told by the field with nothing written."""

import pytest
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.hostile import TEXTS, VALUES, saved_or_told
from adminpanel.tests.test_roles_posting import PROMOTION, SALE
from shop.marketing.models import Promotion, Voucher
from shop.marketing.sale_models import Sale
from shop.tests.builders import make_promotion

pytestmark = pytest.mark.django_db
PROMOTION_FIELDS = [
    *("name", "kind", "percent", "amount", "buy_quantity", "free_quantity", "categories", "products", "minimum_goods"),
    *("starts_at_0", "starts_at_1", "ends_at_0", "ends_at_1", "max_uses", "max_uses_per_customer"),
]
SALE_FIELDS = ["name", "percent", "categories", "products", "starts_at_0", "starts_at_1", "ends_at_0", "ends_at_1"]


@pytest.mark.parametrize("name", PROMOTION_FIELDS)
def test_a_promotion(name: str) -> None:
    saved_or_told(signed_in(make_staff("marketing")), Promotion, PROMOTION, name)


@pytest.mark.parametrize("name", SALE_FIELDS)
def test_a_sale(name: str) -> None:
    saved_or_told(signed_in(make_staff("marketing")), Sale, SALE, name)


@pytest.mark.parametrize("name", ["promotion", "code", "max_uses"])
def test_a_voucher(name: str) -> None:
    good = {"promotion": make_promotion().pk, "code": "SPRING", "max_uses": "5"}
    saved_or_told(signed_in(make_staff("marketing")), Voucher, good, name)


@pytest.mark.parametrize("name", ["count", "begin", "max_uses"])
def test_making_codes_in_one_go(name: str) -> None:
    where = reverse("admin:shop_promotion_codes", args=[make_promotion().pk])
    client = signed_in(make_staff("marketing"))
    for value in TEXTS:
        Voucher.objects.all().delete()
        answer = client.post(where, {"count": "2", "begin": "", "max_uses": "", name: value})
        made = Voucher.objects.count()
        assert (answer.status_code, made) in [(422, 0), (302, 2), (302, 101)], value[:40]
        assert answer.status_code == 302 or answer.context["form"].errors[name]


@pytest.mark.parametrize("page", ["promotion", "sale", "voucher", "redemption"])
def test_addresses_of_lists_and_rows(page: str) -> None:
    client, lists = signed_in(make_staff("marketing")), reverse(f"admin:shop_{page}_changelist")
    for value in VALUES:
        for name in ("q", "is_active__exact", "promotion__id__exact"):
            assert client.get(lists, {name: value}).status_code in (200, 302, 400), (name, value[:40])
    for value in ("0", "-1", "9" * 30, "NaN", "%00", "x" * 500):
        assert client.get(f"{lists}{value}/change/").status_code in (302, 404), value[:40]
