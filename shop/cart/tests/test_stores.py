"""The contract of the carts port: every adapter in STORES passes all of it."""

from datetime import timedelta

import pytest

from shop.cart.models import Cart
from shop.cart.stores import LIFETIME, CartStore, StoredLine, TableCartStore
from shop.cart.tests.store_builders import KEY, code, lines, revision, variants
from shop.core import clock
from shop.tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


def test_an_unknown_key_is_no_bag_and_every_change_of_it_is_harmless(store: CartStore) -> None:
    store.set_quantity(KEY, 1, 2)
    store.change_variant(KEY, 1, StoredLine(2, 1, 100))
    store.remove(KEY, 1)
    store.see(KEY, {1: 100})
    store.clear(KEY)
    store.set_code(KEY, "TEN")
    store.settle(KEY, "A7KM-29QX", {1: 1})
    assert store.load(KEY) is None


def test_a_code_is_kept_as_typed_until_it_is_taken_off(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(KEY, StoredLine(a, 1, 100))
    assert code(store) == ""
    store.set_code(KEY, "Welcome10")
    store.set_quantity(KEY, a, 2)
    assert (code(store), lines(store)) == ("Welcome10", [(a, 2, 100)])
    store.set_code(KEY, "")
    assert (code(store), lines(store)) == ("", [(a, 2, 100)])


def test_another_code_is_another_revision_and_the_same_one_is_not(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(KEY, StoredLine(a, 1, 100))
    first = revision(store)
    store.set_code(KEY, "TEN")
    second = revision(store)
    store.set_code(KEY, "TEN")
    assert first != second == revision(store)


def test_the_code_goes_with_what_was_bought_and_with_a_cleared_bag(store: CartStore) -> None:
    a, b = variants(2)
    store.add(KEY, StoredLine(a, 1, 100))
    store.add(KEY, StoredLine(b, 1, 100))
    store.set_code(KEY, "TEN")
    store.settle(KEY, "A7KM-29QX", {a: 1})
    assert code(store) == ""
    store.set_code(KEY, "TEN")
    store.clear(KEY)
    assert code(store) == ""


def test_a_bag_begun_anew_after_its_time_has_no_code(store: CartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    (a,) = variants(1)
    store.add(KEY, StoredLine(a, 1, 100))
    store.set_code(KEY, "TEN")
    later = clock.now() + LIFETIME + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    store.add(KEY, StoredLine(a, 1, 100))
    assert code(store) == ""


def test_lines_come_in_the_order_they_were_added(store: CartStore) -> None:
    a, b = variants(2)
    assert store.add(KEY, StoredLine(b, 1, 100)) == 1
    assert store.add(KEY, StoredLine(a, 2, 200)) == 2
    assert lines(store) == [(b, 1, 100), (a, 2, 200)]


def test_adding_a_variant_again_adds_up_to_the_limit_and_notes_the_price_seen(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(KEY, StoredLine(a, 4, 100))
    assert store.add(KEY, StoredLine(a, 3, 120)) == 7
    assert store.add(KEY, StoredLine(a, 3, 120)) == 9
    assert lines(store) == [(a, 9, 120)]


def test_a_quantity_is_set_and_a_line_removed(store: CartStore) -> None:
    a, b = variants(2)
    store.add(KEY, StoredLine(a, 1, 100))
    store.add(KEY, StoredLine(b, 1, 100))
    store.set_quantity(KEY, a, 5)
    store.remove(KEY, b)
    assert lines(store) == [(a, 5, 100)]
    store.clear(KEY)
    assert lines(store) == []


def test_another_variant_takes_the_lines_place(store: CartStore) -> None:
    a, b, c = variants(3)
    store.add(KEY, StoredLine(a, 2, 100))
    store.add(KEY, StoredLine(b, 1, 100))
    store.change_variant(KEY, a, StoredLine(c, 2, 150))
    assert lines(store) == [(c, 2, 150), (b, 1, 100)]


def test_changing_to_a_variant_that_is_there_joins_the_lines_within_the_limit(store: CartStore) -> None:
    a, b = variants(2)
    store.add(KEY, StoredLine(a, 5, 100))
    store.add(KEY, StoredLine(b, 6, 100))
    store.change_variant(KEY, a, StoredLine(b, 5, 100))
    assert lines(store) == [(b, 9, 100)]


def test_changing_a_line_that_is_gone_adds_nothing(store: CartStore) -> None:
    a, b = variants(2)
    store.add(KEY, StoredLine(a, 1, 100))
    store.change_variant(KEY, b, StoredLine(b, 1, 100))
    assert lines(store) == [(a, 1, 100)]


def test_the_revision_follows_the_lines_and_nothing_else(store: CartStore) -> None:
    a, b = variants(2)
    store.add(KEY, StoredLine(a, 1, 100))
    seen = [revision(store)]
    store.see(KEY, {a: 90})
    assert (revision(store), lines(store)) == (seen[0], [(a, 1, 90)])
    for change in (
        lambda: store.add(KEY, StoredLine(b, 1, 100)),
        lambda: store.set_quantity(KEY, b, 2),
        lambda: store.change_variant(KEY, b, StoredLine(a, 1, 100)),
        lambda: store.settle(KEY, "A7KM-29QX", {a: 1}),
        lambda: store.remove(KEY, a),
        lambda: store.clear(KEY),
    ):
        change()
        assert revision(store) not in seen
        seen.append(revision(store))


def test_a_paid_order_takes_its_units_out_once_and_leaves_what_came_later(store: CartStore) -> None:
    a, b, c = variants(3)
    for line in (StoredLine(a, 3, 100), StoredLine(b, 1, 100), StoredLine(c, 1, 100)):
        store.add(KEY, line)
    for _ in range(2):
        store.settle(KEY, "A7KM-29QX", {a: 2, b: 1})
        assert lines(store) == [(a, 1, 100), (c, 1, 100)]
    store.settle(KEY, "B7KM-29QX", {a: 1})
    assert lines(store) == [(c, 1, 100)]


def test_bags_do_not_touch_each_other(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(KEY, StoredLine(a, 1, 100))
    store.add("other", StoredLine(a, 2, 100))
    store.clear(KEY)
    assert lines(store, "other") == [(a, 2, 100)]


def test_an_expired_bag_is_gone_even_before_it_is_purged(store: CartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = variants(2)
    store.add(KEY, StoredLine(a, 1, 100))
    later = clock.now() + LIFETIME + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert store.load(KEY) is None
    store.set_quantity(KEY, a, 2)
    store.add(KEY, StoredLine(b, 1, 100))
    assert lines(store) == [(b, 1, 100)]


def test_adding_renews_the_expiry(store: CartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = variants(2)
    start = clock.now()
    store.add(KEY, StoredLine(a, 1, 100))
    for day in (40, 80):
        monkeypatch.setattr(clock, "now", lambda day=day: start + timedelta(days=day))
        store.add(KEY, StoredLine(b, 1, 100))
    assert lines(store) == [(a, 1, 100), (b, 2, 100)]


def test_purging_deletes_only_expired_bags() -> None:
    (a,) = variants(1)
    store = TableCartStore()
    store.add(KEY, StoredLine(a, 1, 100))
    store.add("old", StoredLine(a, 1, 100))
    Cart.objects.filter(key="old").update(expires_at=clock.now())
    assert store.purge() == 1
    assert list(Cart.objects.values_list("key", flat=True)) == [KEY]


@pytest.mark.django_db(transaction=True)
def test_parallel_adds_of_one_variant_all_count(store: CartStore) -> None:
    (a,) = variants(1)
    assert in_parallel(lambda: store.add(KEY, StoredLine(a, 1, 100)), 6) == []
    assert lines(store) == [(a, 6, 100)]
