"""The contract of the activity port: every adapter in STORES passes all of it."""

from datetime import date, timedelta

import pytest

from shop.activity.models import ActivityCount, CountedOnce
from shop.activity.stores import LIFETIME, ActivityStore, Count, Kind, TableActivityStore
from shop.core import clock
from shop.tests.parallel import in_parallel

pytestmark = pytest.mark.django_db
MONDAY = date(2030, 3, 4)
DAYS = [MONDAY - timedelta(days=back) for back in range(7)]


def viewed(product: int, day: date = MONDAY, units: int = 1) -> Count:
    return Count(Kind.VIEWED, product, day, units)


def test_what_was_never_counted_is_nothing(store: ActivityStore) -> None:
    assert store.of_product(7, DAYS) == dict.fromkeys(Kind, 0)
    assert store.ranked(Kind.VIEWED, DAYS, 5) == []
    assert store.count([])


def test_counts_add_up_by_kind_product_and_the_days_asked_for(store: ActivityStore) -> None:
    store.count([viewed(7), viewed(7), viewed(8), Count(Kind.ADDED, 7, MONDAY, 3)])
    store.count([viewed(7, DAYS[6], 10), viewed(7, MONDAY - timedelta(days=7), 100)])
    assert store.of_product(7, DAYS) == {Kind.VIEWED: 12, Kind.SEARCHED: 0, Kind.ADDED: 3, Kind.BOUGHT: 0}
    assert store.of_product(7, [MONDAY])[Kind.VIEWED] == 2


def test_products_are_ranked_by_their_sums_and_what_is_about_none_is_left_out(store: ActivityStore) -> None:
    store.count([viewed(7, MONDAY, 2), viewed(8, MONDAY, 5), viewed(9, DAYS[1], 5), viewed(7, DAYS[1], 2), viewed(0)])
    assert store.ranked(Kind.VIEWED, DAYS, 5) == [(8, 5), (9, 5), (7, 4)]
    assert store.ranked(Kind.VIEWED, DAYS, 1) == [(8, 5)]


def test_what_has_a_name_is_counted_once(store: ActivityStore) -> None:
    bought = [Count(Kind.BOUGHT, 7, MONDAY, 2), Count(Kind.BOUGHT, 8, MONDAY, 1)]
    assert [store.count(bought, once="order-A"), store.count(bought, once="order-A")] == [True, False]
    assert store.count(bought, once="order-B")
    assert (store.of_product(7, DAYS)[Kind.BOUGHT], store.of_product(8, DAYS)[Kind.BOUGHT]) == (4, 2)


@pytest.mark.django_db(transaction=True)
def test_parallel_counts_all_count(store: ActivityStore) -> None:
    assert in_parallel(lambda: store.count([viewed(7, MONDAY, 2), viewed(8)]), 6) == []
    assert store.ranked(Kind.VIEWED, DAYS, 5) == [(7, 12), (8, 6)]


@pytest.mark.django_db(transaction=True)
def test_of_parallel_counts_under_one_name_one_counts_while_others_add_to_the_same(store: ActivityStore) -> None:
    turns = iter(range(8))
    counted: list[bool] = []

    def count() -> None:
        turn = next(turns)
        counted.append(store.count([viewed(7)], once="" if turn % 2 else "order-A"))

    assert in_parallel(count, 8) == []
    assert (sorted(counted), store.of_product(7, DAYS)[Kind.VIEWED]) == ([False] * 3 + [True] * 5, 5)


def test_purging_deletes_what_is_older_than_its_lifetime() -> None:
    store, today = TableActivityStore(), clock.now().date()
    store.count([viewed(7, today), viewed(7, today - LIFETIME)], once="order-A")
    store.count([viewed(7, today - LIFETIME - timedelta(days=1))], once="order-B")
    CountedOnce.objects.filter(name="order-B").update(expires_at=clock.now())
    assert store.purge() == 2
    assert ActivityCount.objects.count() == 2
    assert list(CountedOnce.objects.values_list("name", flat=True)) == ["order-A"]
