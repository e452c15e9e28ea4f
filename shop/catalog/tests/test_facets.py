"""The bitset index against a plain reading of the same rules over random catalogues."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from shop.catalog.facets import Entry, Wanted, band_of, build_index, to_bits

START = datetime(2026, 1, 1, tzinfo=UTC)
FAMILIES = ("blue", "green", "red")


def entry(number: int, *keys: str, **fields: object) -> Entry:
    values: dict[str, object] = {
        "product_id": number,
        "name": f"Product {number}",
        "departments": ("women",),
        "category_ids": [1],
        "price": 4000,
        "on_sale": False,
        "in_stock": any(key.endswith("|1") for key in keys),
        "published_at": START + timedelta(days=number),
        "facet_keys": list(keys),
    }
    return Entry(**{**values, **fields})  # type: ignore[arg-type]


def test_one_variant_must_be_all_that_is_asked() -> None:
    index = build_index([entry(10, "blue|1|1", "green|2|1"), entry(11, "blue|2|1"), entry(12, "blue|2|0")])
    found = index.matching(Wanted(families=["blue"], sizes=[2], in_stock=True), index.everything)
    assert index.page(found, index.orders["newest"], 0, 9) == [11]


def test_values_widen_and_filters_narrow() -> None:
    index = build_index([entry(1, "blue|1|1"), entry(2, "green|1|1"), entry(3, "red|1|1"), entry(4, "green|2|1")])
    found = index.matching(Wanted(families=["blue", "green"], sizes=[1]), index.everything)
    assert index.page(found, index.orders["newest"], 0, 9) == [2, 1]


def test_counts_leave_aside_the_choice_of_their_own_facet() -> None:
    index = build_index([entry(1, "blue|1|1"), entry(2, "green|1|1", price=6000), entry(3, "green|2|0")])
    counts = index.counts(Wanted(families=["blue"], bands=["0-50"]), index.everything)
    assert counts.families == {"blue": 1, "green": 1}
    assert counts.bands == {"0-50": 1, "50-100": 0}
    assert counts.sizes == {1: 1}
    assert counts.in_stock == 1


def test_sold_out_comes_last_in_every_order() -> None:
    index = build_index(
        [
            entry(1, "blue|1|0", price=1, name="A"),
            entry(2, "blue|1|1", price=9, name="C"),
            entry(3, "blue|1|1", name="b"),
        ]
    )
    orders = {sort: index.page(index.everything, order, 0, 9) for sort, order in index.orders.items()}
    assert orders == {"newest": [3, 2, 1], "price": [2, 3, 1], "-price": [3, 2, 1], "name": [3, 2, 1]}


def test_pages_cut_the_order_without_overlap() -> None:
    index = build_index([entry(number, "blue|1|1") for number in range(1, 8)])
    order = index.orders["newest"]
    assert [index.page(index.everything, order, start, start + 3) for start in (0, 3, 6, 9)] == [
        [7, 6, 5],
        [4, 3, 2],
        [1],
        [],
    ]


def test_empty_catalogue_has_no_pages_and_no_counts() -> None:
    index = build_index([])
    assert index.matching(Wanted(families=["blue"]), index.everything) == 0
    assert index.page(index.everything, index.orders["newest"], 0, 24) == []


@pytest.mark.parametrize(("price", "band"), [(0, "0-50"), (4999, "0-50"), (5000, "50-100"), (10000, "100-")])
def test_band_begins_at_its_lower_end(price: int, band: str) -> None:
    assert band_of(price) == band


def test_bits_are_the_positions() -> None:
    assert to_bits([0, 3, 8], 9) == 0b100001001


def plainly(entries: list[Entry], wanted: Wanted) -> set[int]:
    """The same choice without any index."""

    def fits(one: Entry) -> bool:
        variants = [key.split("|") for key in one.facet_keys]
        return (
            (not wanted.categories or bool(set(wanted.categories) & set(one.category_ids)))
            and (not wanted.departments or bool(set(wanted.departments) & set(one.departments)))
            and (not wanted.bands or band_of(one.price) in wanted.bands)
            and (one.on_sale or not wanted.on_sale)
            and any(
                (not wanted.families or family in wanted.families)
                and (not wanted.sizes or int(size) in wanted.sizes)
                and (stock == "1" or not wanted.in_stock)
                for family, size, stock in variants
            )
        )

    return {one.product_id for one in entries if fits(one)}


@pytest.mark.parametrize("seed", range(8))
def test_index_finds_what_a_plain_reading_finds(seed: int) -> None:
    chance = random.Random(seed)
    keys = [f"{family}|{size}|{stock}" for family, size, stock in product(FAMILIES, (1, 2, 3), (0, 1))]
    entries = [
        entry(
            number,
            *chance.sample(keys, chance.randint(1, 5)),
            departments=chance.choice([("women",), ("men",), ("women", "men")]),
            category_ids=chance.choice([[1], [1, 2], [3]]),
            price=chance.choice([2000, 7000, 20000]),
            on_sale=chance.random() < 0.3,
        )
        for number in range(1, 70)
    ]
    index = build_index(entries)
    for _ in range(30):
        wanted = Wanted(
            categories=chance.sample([1, 2, 3], chance.randint(0, 2)),
            departments=chance.sample(["women", "men"], chance.randint(0, 1)),
            bands=chance.sample(["0-50", "50-100", "100-"], chance.randint(0, 2)),
            families=chance.sample(FAMILIES, chance.randint(0, 2)),
            sizes=chance.sample([1, 2, 3], chance.randint(0, 2)),
            in_stock=chance.random() < 0.5,
            on_sale=chance.random() < 0.2,
        )
        found = index.matching(wanted, index.everything)
        assert set(index.page(found, index.orders["name"], 0, 99)) == plainly(entries, wanted)
        counts = index.counts(wanted, index.everything)
        for field in ("categories", "departments", "bands", "families", "sizes"):
            for value, count in getattr(counts, field).items():
                only: dict[str, Any] = {field: [value]}
                assert count == len(plainly(entries, replace(wanted, **only))), field
        assert counts.in_stock == len(plainly(entries, replace(wanted, in_stock=True)))
        assert counts.on_sale == len(plainly(entries, replace(wanted, on_sale=True)))
