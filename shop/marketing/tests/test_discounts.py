"""The arithmetic of promotions: examples by hand, then rules over random bags."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.core.money import Money
from shop.core.sharing import apportion
from shop.marketing.discounts import Goods, Kind, Outcome, Reason, Refused, Terms, discount

SHIRTS, TOPS, HATS = 1, 2, 3


def goods(key: int, price: int, quantity: int = 1, **fields: Any) -> Goods:
    place = fields.pop("product", key), fields.pop("category", SHIRTS)
    return Goods(key, *place, price, quantity, **fields)


def terms(kind: str = "percent", promotion: int = 1, **fields: Any) -> Terms:
    for name in ("product_ids", "category_ids"):
        fields[name] = frozenset(fields.get(name, ()))
    return Terms(promotion, fields.pop("name", f"Offer {promotion}"), kind, **fields)


def off(lines: list[Goods], *offered: Terms) -> Outcome:
    return discount(lines, offered, "GBP")


@pytest.mark.parametrize(("price", "percent", "taken"), [(1005, 10, 101), (1004, 10, 100), (5, 50, 3), (1, 49, 0)])
def test_percent_is_rounded_half_up(price: int, percent: int, taken: int) -> None:
    assert off([goods(1, price)], terms(percent=percent)).shares == {1: taken}


def test_percent_is_rounded_once_per_line_not_per_unit_and_not_per_order() -> None:
    # Per unit it would be 3 x 1, per order round(7.5) = 8.
    outcome = off([goods(1, 5, 3), goods(2, 15, 2), goods(3, 15, 2)], terms(percent=10))
    assert outcome.shares == {1: 2, 2: 3, 3: 3}
    assert outcome.applied[0].amount == Money(8, "GBP")
    assert off([goods(key, 5) for key in (1, 2, 3)], terms(percent=10)).total == 3


def test_an_amount_is_spread_by_value_by_largest_remainder() -> None:
    lines = [goods(1, 1000), goods(2, 1000), goods(3, 1000)]
    assert off(lines, terms("amount", amount=1000)).shares == {1: 334, 2: 333, 3: 333}
    assert off([goods(1, 100), goods(2, 200)], terms("amount", amount=100)).shares == {1: 33, 2: 67}


def test_an_amount_above_the_goods_takes_the_goods_and_no_more() -> None:
    assert off([goods(1, 300), goods(2, 200)], terms("amount", amount=9999)).shares == {1: 300, 2: 200}


def test_of_three_for_two_the_cheapest_piece_is_free() -> None:
    lines = [goods(1, 5000, 2), goods(2, 3000), goods(3, 4000)]
    outcome = off(lines, terms("buy-get", buy_quantity=2, free_quantity=1))
    assert outcome.shares == {1: 0, 2: 3000, 3: 0}
    six = [goods(1, 5000, 2), goods(2, 3000), goods(3, 4000, 3)]
    assert off(six, terms("buy-get", buy_quantity=2, free_quantity=1)).shares == {1: 0, 2: 3000, 3: 4000}
    assert off(lines[:1], terms("buy-get", buy_quantity=2, free_quantity=1)).applied == ()


def test_free_pieces_come_first_and_the_percent_is_of_what_is_left() -> None:
    lines = [goods(1, 5000, 2), goods(2, 3000)]
    outcome = off(lines, terms(promotion=1, percent=10), terms("buy-get", 2, buy_quantity=2, free_quantity=1))
    assert outcome.shares == {1: 1000, 2: 3000}
    assert [(mark.promotion_id, mark.amount.amount) for mark in outcome.applied] == [(2, 3000), (1, 1000)]


def test_a_promotion_is_for_its_products_and_categories_alone() -> None:
    lines = [goods(1, 1000), goods(2, 1000, category=HATS), goods(3, 1000, category=HATS, product=77)]
    assert off(lines, terms(percent=10, category_ids={SHIRTS})).shares == {1: 100, 2: 0, 3: 0}
    assert off(lines, terms(percent=10, category_ids={SHIRTS}, product_ids={77})).shares == {1: 100, 2: 0, 3: 100}
    assert off(lines, terms(percent=10, category_ids={TOPS})).refused == {1: Refused(Reason.NOTHING_FITS)}


def test_reduced_pieces_can_be_spared() -> None:
    lines = [goods(1, 1000), goods(2, 1000, is_reduced=True)]
    assert off(lines, terms(percent=10, spares_reduced=True)).shares == {1: 100, 2: 0}
    assert off(lines, terms(percent=10)).shares == {1: 100, 2: 100}


def test_the_minimum_counts_what_the_promotion_is_for_and_tells_how_much_is_missing() -> None:
    lines = [goods(1, 1000), goods(2, 9000, category=HATS)]
    assert off(lines, terms(percent=10, category_ids={SHIRTS}, minimum=1500)).refused == {
        1: Refused(Reason.MINIMUM, missing=500)
    }
    assert off(lines, terms(percent=10, minimum=10000)).total == 1000


def test_one_that_stands_alone_competes_with_all_others_together() -> None:
    lines = [goods(1, 10000)]
    alone = terms(promotion=1, percent=15, is_combinable=False, code="ALONE", voucher_id=5)
    others = [terms(promotion=2, percent=10), terms(promotion=3, percent=10, name="Spring")]
    outcome = off(lines, alone, *others)
    assert outcome.total == 1900
    assert outcome.refused == {1: Refused(Reason.NOT_COMBINABLE, better="Offer 2")}
    better = off(lines, terms(promotion=1, percent=20, is_combinable=False), *others)
    assert better.total == 2000
    assert [mark.promotion_id for mark in better.applied] == [1]


def test_where_two_save_the_same_the_code_is_taken() -> None:
    alone = terms(promotion=2, percent=10, is_combinable=False, code="TEN", voucher_id=5)
    outcome = off([goods(1, 1000)], terms(promotion=1, percent=10), alone)
    assert [mark.code for mark in outcome.applied] == ["TEN"]


def test_free_delivery_takes_nothing_off_the_goods() -> None:
    outcome = off([goods(1, 1000)], terms("free-delivery", code="FREESHIP"))
    assert outcome.total == 0
    assert outcome.free_delivery
    assert outcome.free_delivery.code == "FREESHIP"


def test_a_promotion_with_nothing_left_to_take_says_so() -> None:
    outcome = off([goods(1, 1000)], terms(promotion=1, percent=100), terms("amount", 2, amount=500))
    assert outcome.refused == {2: Refused(Reason.NO_MORE)}


prices = st.integers(1, 50_000)
lines_strategy = st.lists(
    st.builds(
        goods,
        st.integers(1, 10_000),
        prices,
        st.integers(1, 9),
        category=st.sampled_from([SHIRTS, TOPS, HATS]),
        product=st.integers(1, 4),
        is_reduced=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda line: line.key,
)
terms_strategy = st.lists(
    st.builds(
        terms,
        st.sampled_from(list(Kind)),
        st.integers(1, 1000),
        percent=st.integers(1, 100),
        amount=st.integers(1, 100_000),
        buy_quantity=st.integers(1, 3),
        free_quantity=st.integers(1, 3),
        product_ids=st.sets(st.integers(1, 4), max_size=2),
        category_ids=st.sets(st.sampled_from([SHIRTS, TOPS, HATS]), max_size=2),
        spares_reduced=st.booleans(),
        minimum=st.integers(0, 30_000),
        is_combinable=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda term: term.promotion_id,
)


@given(lines_strategy, terms_strategy)
def test_what_the_promotions_take_is_exactly_what_the_lines_lose(lines: list[Goods], offered: list[Terms]) -> None:
    outcome = discount(lines, offered, "GBP")
    assert sum(outcome.shares.values()) == sum(mark.amount.amount for mark in outcome.applied)
    assert set(outcome.shares) == {line.key for line in lines}
    assert all(0 <= outcome.shares[line.key] <= line.total for line in lines)
    assert all(mark.amount.amount > 0 and mark.amount.currency == "GBP" for mark in outcome.applied)


@given(lines_strategy, terms_strategy, st.randoms())
def test_neither_the_order_of_lines_nor_of_promotions_matters(
    lines: list[Goods], offered: list[Terms], luck: Any
) -> None:
    first = discount(lines, offered, "GBP")
    luck.shuffle(lines)
    luck.shuffle(offered)
    assert discount(lines, offered, "GBP") == first


@given(lines_strategy, terms_strategy)
def test_every_offer_applies_or_has_a_reason(lines: list[Goods], offered: list[Terms]) -> None:
    outcome = discount(lines, offered, "GBP")
    applied = {mark.promotion_id for mark in outcome.applied}
    delivery = {outcome.free_delivery.promotion_id} if outcome.free_delivery else set()
    assert (applied | delivery) | set(outcome.refused or {}) == {term.promotion_id for term in offered}
    assert not (applied | delivery) & set(outcome.refused or {})


@given(lines_strategy, terms_strategy)
def test_whatever_stands_alone_stands_alone(lines: list[Goods], offered: list[Terms]) -> None:
    outcome = discount(lines, offered, "GBP")
    alone = {term.promotion_id for term in offered if not term.is_combinable}
    applied = {mark.promotion_id for mark in outcome.applied}
    assert not applied & alone or len(applied) == 1


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_parts_sum_to_the_amount_and_none_is_above_its_weight(amount: int, weights: list[int]) -> None:
    parts = apportion(amount, weights)
    assert sum(parts) == amount
    if amount <= sum(weights):
        assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
