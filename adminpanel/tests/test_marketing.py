"""Promotions, codes and sales typed by staff."""

import csv
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from adminpanel.marketing_words import promotion_in_words, sale_in_words
from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.test_roles_posting import PROMOTION, SALE
from shop.core.money import Money
from shop.marketing.discounts import Applied
from shop.marketing.models import Promotion, Redemption, Voucher
from shop.marketing.sale_models import Sale
from shop.marketing.services import redeem
from shop.tests.builders import make_category, make_order, make_promotion, make_sale, make_voucher

pytestmark = pytest.mark.django_db


def post(name: str, data: dict[str, Any], *args: Any, role: str = "marketing") -> Any:
    return signed_in(make_staff(role)).post(reverse(f"admin:shop_{name}", args=args), data)


def used(voucher: Voucher) -> Redemption:
    order = make_order()
    mark = Applied(voucher.promotion_id, voucher.promotion.name, Money(500, "GBP"), voucher.pk, voucher.code)
    with transaction.atomic():
        redeem(order=order, applied=[mark])
    return order.redemptions.get()


def test_a_promotion_is_typed_with_decimals_and_shown_in_words() -> None:
    category = make_category()
    changes = {"kind": "amount", "percent": "", "amount": "5.50", "minimum_goods": "50", "max_uses": "100"}
    assert post("promotion_add", {**PROMOTION, **changes, "categories": [category.pk]}).status_code == 302
    promotion = Promotion.objects.get()
    assert (promotion.amount, promotion.minimum_goods, promotion.currency) == (550, 5000, "GBP")
    assert promotion_in_words(promotion) == (
        "£5.50 off, spread over Shirts and all below, for a code, from 1 January 2030, 09:00 on. "
        "From £50 of these on. Used 0 times, 100 left. Not together with others: whatever saves the buyer more counts."
    )


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"percent": "0"}, "percent", "Write a whole number from 1 to 100."),
        ({"percent": "101"}, "percent", "Write a whole number from 1 to 100."),
        ({"percent": "-5"}, "percent", "greater than or equal to 0"),
        ({"percent": "ten"}, "percent", "Enter a whole number."),
        ({"kind": "amount", "amount": "-1"}, "amount", "Write an amount such as"),
        ({"kind": "amount", "amount": ""}, "amount", "Write an amount above zero."),
        ({"kind": "buy-get"}, "buy_quantity", "Write 1 or more."),
        ({"ends_at_0": "2029-01-01", "ends_at_1": "09:00"}, "ends_at", "It must end after it starts."),
        ({"max_uses": "0"}, "max_uses", "Write 1 or more, or leave it empty."),
        ({"max_uses": "9" * 30}, "max_uses", "less than or equal to"),
        ({"needs_code": "", "max_uses_per_customer": "1"}, "max_uses_per_customer", "Only promotions with a code"),
        ({"name": "x" * 500}, "name", "at most 80 characters"),
    ],
)
def test_bad_terms_get_a_message_by_the_field_and_nothing_is_saved(
    changes: dict[str, str], field: str, words: str
) -> None:
    response = post("promotion_add", {**PROMOTION, **changes})
    assert response.status_code == 200
    assert words in str(response.context["adminform"].form.errors[field])
    assert not Promotion.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"percent": "91"}, "percent", "Write a whole number from 1 to 90."),
        ({"ends_at_0": "2029-01-01"}, "ends_at", "It must end after it starts."),
        ({"ends_at_0": ""}, "ends_at", "This field is required."),
    ],
)
def test_a_bad_sale_gets_a_message_by_the_field(changes: dict[str, str], field: str, words: str) -> None:
    response = post("sale_add", {**SALE, **changes})
    assert words in str(response.context["adminform"].form.errors[field])
    assert not Sale.objects.exists()


def test_a_sale_reads_as_a_sentence() -> None:
    assert post("sale_add", SALE).status_code == 302
    assert sale_in_words(Sale.objects.get()).startswith(
        "20% off everything, from 1 January 2030, 09:00 to 1 February 2030, 09:00. Prices follow within a minute"
    )


@pytest.mark.parametrize(
    ("code", "words"), [("a b", "letters and digits"), ("=1+1", "letters and digits"), ("ten", "There is a voucher")]
)
def test_a_code_nobody_could_type_or_that_is_taken_is_refused(code: str, words: str) -> None:
    voucher = make_voucher("TEN")
    response = post("voucher_add", {"promotion": voucher.promotion_id, "code": code})
    assert response.status_code == 200
    assert words in response.content.decode()
    assert Voucher.objects.count() == 1


def test_many_codes_are_made_at_once_and_taken_away_as_a_file() -> None:
    promotion = make_promotion(name="=Ten")
    client = signed_in(make_staff("marketing"))
    address = reverse("admin:shop_promotion_codes", args=[promotion.pk])
    assert client.post(address, {"count": "25", "begin": "SUMMER-", "max_uses": "1"}).status_code == 302
    codes = list(Voucher.objects.values_list("code", "max_uses"))
    assert len(codes) == 25
    assert all(code.startswith("SUMMER-") and len(code) == 15 and most == 1 for code, most in codes)
    file = client.get(reverse("admin:shop_promotion_export", args=[promotion.pk]))
    rows = list(csv.reader(file.content.decode().splitlines()))
    assert rows[0] == ["code", "promotion", "max_uses", "uses"]
    assert rows[1][1:] == ["'=Ten", "1", "0"]
    assert len(rows) == 26
    some = {"action": "export", "_selected_action": [str(Voucher.objects.all()[0].pk)]}
    picked = client.post(reverse("admin:shop_voucher_changelist"), some)
    assert len(picked.content.decode().splitlines()) == 2


@pytest.mark.parametrize(
    "data",
    [
        {"count": "0"},
        {"count": "99999"},
        {"count": "x"},
        {"count": "5", "begin": "a b"},
        {"count": "5", "max_uses": "0"},
    ],
)
def test_a_bad_wish_for_codes_makes_none(data: dict[str, str]) -> None:
    response = post("promotion_codes", data, make_promotion().pk)
    assert response.status_code == 422
    assert not Voucher.objects.exists()


def test_a_promotion_for_everybody_gets_no_codes() -> None:
    response = post("promotion_codes", {"count": "5"}, make_promotion(needs_code=False).pk)
    assert (response.status_code, Voucher.objects.count()) == (422, 0)


def test_saving_a_form_that_was_opened_before_a_use_keeps_the_count() -> None:
    voucher = make_voucher("TEN")
    promotion = Promotion.objects.get()
    used(voucher)
    promotion.name = "Renamed"
    promotion.save()
    voucher.max_uses = 9
    voucher.save()
    assert [(row.name, row.uses) for row in Promotion.objects.all()] == [("Renamed", 1)]
    assert [(row.max_uses, row.uses) for row in Voucher.objects.all()] == [(9, 1)]
    assert not Promotion.objects.miscounted().exists()


def test_marketing_sees_uses_without_addresses_and_nobody_edits_them() -> None:
    use = used(make_voucher("TEN"))
    for role, sees in (("marketing", False), ("customer care", True), ("owner", True)):
        client = signed_in(make_staff(role))
        for page in ("admin:shop_redemption_changelist", "admin:shop_redemption_change"):
            args = [use.pk] if page.endswith("change") else []
            assert ("sam@example.com" in client.get(reverse(page, args=args)).content.decode()) is sees
        assert client.post(reverse("admin:shop_redemption_change", args=[use.pk]), {"name": "X"}).status_code == 403


def test_what_was_used_cannot_be_deleted_and_a_sale_in_force_neither() -> None:
    voucher = make_voucher("TEN")
    used(voucher)
    post("promotion_delete", {"post": "yes"}, voucher.promotion_id)
    assert Promotion.objects.exists()


def test_lists_and_pages_show_what_is_used_and_left() -> None:
    promotion = make_promotion(max_uses=10)
    used(make_voucher("TEN", promotion))
    make_sale()
    client = signed_in(make_staff("marketing"))
    for name, args in (("promotion_changelist", []), ("promotion_change", [promotion.pk])):
        assert "Used once, 9 left." in client.get(reverse(f"admin:shop_{name}", args=args)).content.decode()
    assert "Running" in client.get(reverse("admin:shop_sale_changelist")).content.decode()
    care = signed_in(make_staff("customer care"))
    assert care.get(reverse("admin:shop_promotion_codes", args=[promotion.pk])).status_code == 403
    assert care.get(reverse("admin:shop_promotion_export", args=[promotion.pk])).status_code == 403


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "free-delivery"}, "Free delivery for everything, for a code, from"),
        ({"kind": "buy-get", "buy_quantity": 2, "free_quantity": 1}, "The cheapest of every 3 pieces free: everything"),
        ({"spares_reduced": True}, "10% off everything that is not reduced, for a code, from"),
        ({"is_active": False}, "on. Switched off now. Used 0 times."),
    ],
)
def test_each_kind_has_its_sentence(fields: dict[str, Any], words: str) -> None:
    assert words in promotion_in_words(make_promotion(**fields))


def test_a_promotion_without_uses_left_says_so_in_the_list() -> None:
    used(make_voucher("TEN", make_promotion(max_uses=1)))
    page = signed_in(make_staff("marketing")).get(reverse("admin:shop_promotion_changelist")).content.decode()
    assert "Used up" in page
