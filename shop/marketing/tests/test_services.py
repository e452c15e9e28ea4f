"""Which promotions a bag is offered, and counting their uses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from shop.alerts.models import Alert
from shop.catalog.models import Product
from shop.core import clock
from shop.core.money import Money
from shop.marketing.discounts import Applied, Goods
from shop.marketing.models import Promotion, Redemption, Voucher
from shop.marketing.offers import Asked
from shop.marketing.services import Discounts, VoucherSpent, discounts, give_back, redeem, redeem_again
from shop.orders.models import Order
from shop.tests.builders import make_category, make_order, make_product, make_promotion, make_variant, make_voucher
from shop.tests.parallel import in_parallel

DAY = timedelta(days=1)


def asking(code: str = "", product: Product | None = None, price: int = 10_000, **fields: Any) -> Discounts:
    """What one piece of that product is offered."""
    product = product or make_product()
    return discounts([Goods(1, product.pk, product.category_id, price, 1)], Asked("GBP", code, **fields))


def refusal(code: str, **fields: Any) -> tuple[str, str] | None:
    found = asking(code, **fields).refusal
    return (found.kind, found.words) if found else None


def mark(promotion: Promotion, amount: int = 500, voucher: Voucher | None = None) -> Applied:
    code = voucher.code if voucher else ""
    return Applied(promotion.pk, promotion.name, Money(amount, "GBP"), voucher.pk if voucher else None, code)


def used(voucher: Voucher, email: str = "sam@example.com", placement_key: str = "") -> Order:
    """An order that has used that code."""
    order = make_order(email=email, placement_key=placement_key)
    with transaction.atomic():
        redeem(order=order, applied=[mark(voucher.promotion, voucher=voucher)])
    return order


def counts(voucher: Voucher) -> tuple[int, int, int]:
    """Uses of the promotion, of the code, and redemptions that stand."""
    voucher = Voucher.objects.select_related("promotion").get(pk=voucher.pk)
    return voucher.promotion.uses, voucher.uses, voucher.redemptions.standing().count()


@pytest.mark.django_db
def test_a_code_applies_whatever_its_case_and_names_itself_as_it_was_made() -> None:
    voucher = make_voucher("Welcome10")
    found = asking(" welcome10 ")
    assert found.share(1) == 1000
    assert found.refusal is None
    assert [(m.voucher_id, m.code, m.amount) for m in found.applied] == [(voucher.pk, "Welcome10", Money(1000, "GBP"))]
    assert asking("").applied == ()


@pytest.mark.django_db
def test_what_needs_no_code_applies_by_itself_while_its_time_is() -> None:
    make_promotion(needs_code=False, percent=20)
    make_promotion(needs_code=False, percent=30, starts_at=clock.now() + DAY)
    make_promotion(needs_code=False, percent=40, ends_at=clock.now() - timedelta(hours=1))
    make_promotion(needs_code=False, percent=50, is_active=False)
    make_promotion(needs_code=False, percent=60, max_uses=1, uses=1)
    make_promotion(needs_code=False, percent=70, currency="EUR")
    make_promotion(percent=80)
    assert asking().share(1) == 2000


@pytest.mark.django_db
def test_a_category_stands_for_its_whole_subtree() -> None:
    clothes = make_category("Clothes", "clothes")
    tops = make_category("Tops", "tops", parent=clothes)
    shirts = make_category("Shirts", "shirts", parent=tops)
    hats = make_category("Hats", "hats")
    make_promotion(needs_code=False, categories=[clothes])
    assert asking(product=make_product(category=shirts)).share(1) == 1000
    assert asking(product=make_product(category=hats)).share(1) == 0


@pytest.mark.django_db
def test_each_refusal_says_why() -> None:
    early = datetime(2031, 7, 1, 8, tzinfo=UTC)
    make_voucher("EARLY", make_promotion(starts_at=early))
    over = {"starts_at": datetime(2020, 1, 1, tzinfo=UTC), "ends_at": datetime(2020, 12, 24, 12, tzinfo=UTC)}
    make_voucher("OVER", make_promotion(**over))
    make_voucher("OFF", make_promotion(is_active=False))
    make_voucher("SPENT", make_promotion(max_uses=1, uses=1))
    make_voucher("CODESPENT", max_uses=1, uses=1)
    make_voucher("MIN", make_promotion(minimum_goods=12_000))
    make_voucher("HATS", make_promotion(categories=[make_category("Hats", "hats")]))
    make_voucher("EURO", make_promotion(currency="EUR"))
    assert [
        refusal(code) for code in ("NOPE", "EARLY", "OVER", "OFF", "SPENT", "CODESPENT", "MIN", "HATS", "EURO")
    ] == [
        ("unknown", "We do not know this code. Check how it is spelled."),
        ("early", "This code is valid from 1 July 2031, 09:00."),
        ("expired", "This code ended on 24 December 2020, 12:00."),
        ("expired", "This code is not valid any more."),
        ("spent", "This code has been used up."),
        ("spent", "This code has been used up."),
        ("minimum", "Add £20 more to use this code."),
        ("nothing-fits", "Nothing in your bag is part of this offer."),
        ("unknown", "We do not know this code. Check how it is spelled."),
    ]


@pytest.mark.django_db
def test_a_minimum_of_some_goods_says_so_and_a_better_offer_is_named() -> None:
    product = make_product()
    make_voucher("MIN", make_promotion(products=[product], minimum_goods=10_001))
    assert refusal("MIN", product=product) == ("minimum", "Add £0.01 more of what it is for to use this code.")
    make_promotion(name="Spring", percent=30, needs_code=False)
    make_voucher("ALONE", make_promotion(is_combinable=False))
    words = "This code cannot be combined with “Spring”, which saves you more."
    assert refusal("ALONE") == ("not-combinable", words)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["A" * 500, "ten\0off", "🎉", "' or 1=1 --"])
def test_nonsense_is_an_unknown_code(typed: str) -> None:
    found = refusal(typed)
    assert found
    assert found[0] == "unknown"


@pytest.mark.django_db
def test_a_customer_is_counted_by_the_address_whatever_its_case() -> None:
    voucher = make_voucher("ONCE", make_promotion(max_uses_per_customer=1))
    used(voucher, " Sam@Example.com ")
    assert Redemption.objects.get().customer == "sam@example.com"
    assert refusal("ONCE", customer="sam@example.com") == ("used-by-you", "You have used this code already.")
    assert refusal("ONCE", customer="kim@example.com") is None
    with pytest.raises(VoucherSpent, match="You have used this code already"), transaction.atomic():
        redeem(order=make_order(email="SAM@example.com"), applied=[mark(voucher.promotion, voucher=voucher)])
    assert counts(voucher) == (1, 1, 1)


@pytest.mark.django_db
def test_what_the_bags_own_unpaid_order_holds_is_free_for_that_bag_alone() -> None:
    voucher = make_voucher("LAST", make_promotion(max_uses=1, max_uses_per_customer=1), max_uses=1)
    order = used(voucher, placement_key="bag:revision")
    assert refusal("LAST", bag_keys=("bag",), customer="sam@example.com") is None
    assert refusal("LAST", bag_keys=("ba",)) == ("spent", "This code has been used up.")
    assert refusal("LAST", bag_keys=()) == ("spent", "This code has been used up.")
    Order.objects.filter(pk=order.pk).update(state=Order.State.PAID)
    assert refusal("LAST", bag_keys=("bag",)) == ("spent", "This code has been used up.")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change", [{"max_uses": 0}, {"is_active": False}, {"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}]
)
def test_a_promotion_that_ran_out_meanwhile_refuses_the_order(change: dict[str, object]) -> None:
    promotion = make_promotion(starts_at=datetime(2019, 1, 1, tzinfo=UTC))
    Promotion.objects.filter(pk=promotion.pk).update(**change)
    with pytest.raises(VoucherSpent, match="Spring offer is not available any more"), transaction.atomic():
        redeem(order=make_order(), applied=[mark(promotion)])
    assert not Redemption.objects.exists()
    assert Promotion.objects.get().uses == 0


@pytest.mark.django_db
def test_giving_back_counts_once_however_often_it_is_done() -> None:
    voucher = make_voucher("TEN")
    order = used(voucher)
    assert counts(voucher) == (1, 1, 1)
    assert [give_back(order), give_back(order)] == [1, 0]
    assert counts(voucher) == (0, 0, 0)
    assert not Promotion.objects.miscounted().exists()


@pytest.mark.django_db
def test_a_revived_order_uses_its_code_again() -> None:
    voucher = make_voucher("TEN", max_uses=1)
    order = used(voucher)
    give_back(order)
    redeem_again(order)
    redeem_again(order)
    assert counts(voucher) == (1, 1, 1)
    assert not Alert.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["promotion", "code", "customer"])
def test_a_revived_order_whose_code_is_gone_keeps_its_price_and_staff_are_told(limit: str) -> None:
    of_promotion = {"promotion": {"max_uses": 1}, "customer": {"max_uses_per_customer": 1}}.get(limit, {})
    voucher = make_voucher("TEN", make_promotion(**of_promotion), max_uses=1 if limit == "code" else None)
    order = used(voucher)
    give_back(order)
    used(voucher)
    before = Order.objects.filter(pk=order.pk).values().get()
    redeem_again(order)
    assert counts(voucher) == (1, 1, 1)
    assert Order.objects.filter(pk=order.pk).values().get() == before
    alert = Alert.objects.get()
    assert (alert.order_id, alert.title) == (
        order.pk,
        f"Order {order.number} keeps a discount that was used up: Spring offer",
    )
    assert not Promotion.objects.miscounted().exists()


@pytest.mark.django_db
def test_what_was_redeemed_cannot_be_deleted() -> None:
    voucher = make_voucher("TEN")
    used(voucher)
    for row in (voucher, voucher.promotion):
        with pytest.raises(ProtectedError):
            row.delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", ["promotion", "code", "customer"])
def test_fifty_buyers_of_ten_uses_leave_exactly_ten_served(limit: str) -> None:
    of_promotion = {"promotion": {"max_uses": 10}, "customer": {"max_uses_per_customer": 10}}.get(limit, {})
    voucher = make_voucher("TEN", make_promotion(**of_promotion), max_uses=10 if limit == "code" else None)
    variant = make_variant()
    orders = [make_order(variant) for _ in range(50)]
    applied = [mark(voucher.promotion, voucher=voucher)]

    def buy() -> None:
        with transaction.atomic():
            redeem(order=orders.pop(), applied=applied)

    errors = in_parallel(buy, 50)
    assert [type(error) for error in errors] == [VoucherSpent] * 40
    assert counts(voucher) == (10, 10, 10)
    assert not Promotion.objects.miscounted().exists()


@pytest.mark.django_db(transaction=True)
def test_two_promotions_named_in_opposite_order_never_deadlock_and_a_use_is_given_back_once() -> None:
    a, b = make_promotion(), make_promotion()
    variant = make_variant()
    orders = [make_order(variant) for _ in range(12)]
    turns = [(order, [mark(a), mark(b)][:: (-1) ** number]) for number, order in enumerate(orders)]

    def buy() -> None:
        order, applied = turns.pop()
        with transaction.atomic():
            redeem(order=order, applied=applied)

    assert in_parallel(buy, 12) == []
    assert list(Promotion.objects.values_list("uses", flat=True)) == [12, 12]
    assert in_parallel(lambda: give_back(orders[0]), 6) == []
    assert list(Promotion.objects.values_list("uses", flat=True)) == [11, 11]
    assert not Promotion.objects.miscounted().exists()
