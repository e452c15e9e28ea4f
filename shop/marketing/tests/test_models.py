"""What the tables themselves refuse, and the counters' check."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from shop.core import clock
from shop.marketing.models import Promotion, Voucher, typed_code
from shop.tests.builders import make_promotion, make_voucher

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "beside", "words"),
    [
        ({"percent": 0}, "percent", "Write a whole number from 1 to 100."),
        ({"percent": 101}, "percent", "Write a whole number from 1 to 100."),
        ({"percent": None}, "percent", "Write a whole number from 1 to 100."),
        ({"kind": "amount", "amount": 0}, "amount", "Write an amount above zero."),
        ({"kind": "buy-get", "buy_quantity": 2}, "free_quantity", "Write 1 or more."),
        ({"max_uses": 0}, "max_uses", "Write 1 or more, or leave it empty."),
        ({"max_uses": 2, "uses": 3}, "max_uses", "It has been used 3 times already."),
        ({"needs_code": False, "max_uses_per_customer": 1}, "max_uses_per_customer", "Only promotions with a code"),
        ({"ends_at": clock.now() - timedelta(days=9)}, "ends_at", "It must end after it starts."),
    ],
)
def test_terms_nobody_could_be_given_are_refused_by_field(fields: dict[str, object], beside: str, words: str) -> None:
    promotion = Promotion(**{"name": "Ten off", "kind": "percent", "percent": 10, **fields})
    with pytest.raises(ValidationError) as refusal:
        promotion.full_clean()
    assert words in refusal.value.message_dict[beside][0]


def test_the_tables_hold_the_limits_whoever_writes() -> None:
    promotion, voucher = make_promotion(max_uses=2), make_voucher("ONCE", max_uses=1)
    for row, wrong in [
        (promotion, {"uses": 3}),
        (promotion, {"percent": 101}),
        (promotion, {"needs_code": False, "max_uses_per_customer": 1}),
        (voucher, {"uses": 2}),
    ]:
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(**wrong)


def test_a_code_is_one_whatever_its_case() -> None:
    voucher = make_voucher("Summer")
    assert Voucher.objects.with_code(" sUMMER ").get() == voucher
    with pytest.raises(ValidationError, match="There is a voucher with this code"):
        Voucher(promotion=voucher.promotion, code="SUMMER").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Voucher.objects.create(promotion=voucher.promotion, code="SUMMER")


@pytest.mark.parametrize("typed", ["", "   ", "A" * 500, "ten\0off", "🎉", "ten off", "İ", "%", "ﬁ"])
def test_what_can_be_no_code_is_looked_for_nowhere(typed: str) -> None:
    assert typed_code(typed) == ""
    assert not Voucher.objects.with_code(typed).exists()


def test_a_counter_that_the_redemptions_do_not_explain_is_found() -> None:
    right, wrong, wrong_code = make_promotion(), make_promotion(), make_voucher("X", max_uses=9)
    assert not Promotion.objects.miscounted().exists()
    Promotion.objects.filter(pk=wrong.pk).update(uses=1)
    Voucher.objects.filter(pk=wrong_code.pk).update(uses=1)
    assert set(Promotion.objects.miscounted()) == {wrong, wrong_code.promotion}
    assert right not in Promotion.objects.miscounted()
