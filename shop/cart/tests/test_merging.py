"""The contract of the carts port where a guest's bag is taken in by an account's."""

from datetime import timedelta

import pytest

from shop.cart import stores
from shop.cart.stores import LIFETIME, BagMoved, CartStore, MergedLine, StoredLine
from shop.cart.tests.store_builders import KEY, OTHER, code, lines, revision, variants
from shop.core import clock
from shop.tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


def told(moved: tuple[MergedLine, ...]) -> list[tuple[int, int, int, int]]:
    return [(line.variant_id, line.brought, line.before, line.now) for line in moved]


def test_a_bag_that_is_taken_in_is_summed_by_variant_and_comes_last(store: CartStore) -> None:
    a, b, c = variants(3)
    for key, variant, units, seen in ((KEY, a, 1, 90), (KEY, b, 2, 100), (OTHER, c, 3, 100), (OTHER, a, 2, 80)):
        store.add(key, StoredLine(variant, units, seen))
    first = revision(store)
    assert told(store.merge(OTHER, KEY, {})) == [(c, 3, 0, 3), (a, 2, 1, 3)]
    assert lines(store) == [(a, 3, 80), (b, 2, 100), (c, 3, 100)]
    assert (store.load(OTHER), revision(store) != first) == (None, True)


def test_a_bag_is_taken_in_only_once(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(OTHER, StoredLine(a, 2, 100))
    assert told(store.merge(OTHER, KEY, {})) == [(a, 2, 0, 2)]
    once = store.load(KEY)
    assert store.merge(OTHER, KEY, {}) == store.merge(OTHER, "third", {}) == ()
    assert (store.load(KEY), store.load("third")) == (once, None)


@pytest.mark.parametrize("source", ["unknown", KEY])
def test_no_bag_and_the_bag_itself_are_not_taken_in(store: CartStore, source: str) -> None:
    (a,) = variants(1)
    store.add(KEY, StoredLine(a, 2, 100))
    before = store.load(KEY)
    assert store.merge(source, KEY, {}) == ()
    assert store.load(KEY) == before


def test_a_closed_bag_takes_nothing_in_and_what_would_have_gone_there_stays(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(OTHER, StoredLine(a, 1, 100))
    store.merge(OTHER, KEY, {})
    store.add("third", StoredLine(a, 5, 100))
    assert store.merge("third", OTHER, {}) == ()
    assert (lines(store, "third"), lines(store)) == ([(a, 5, 100)], [(a, 1, 100)])


@pytest.mark.parametrize(
    ("here", "there", "most", "then"),
    [
        (5, 6, 20, 9),
        (2, 2, 3, 3),
        (0, 5, 3, 3),
        (4, 1, 3, 3),
        (0, 2, 0, 2),
        (3, 2, 0, 3),
        (1, 1, -2, 1),
        (1, 2, None, 3),
    ],
)
def test_what_is_summed_is_capped_by_nine_and_by_stock_and_a_sold_out_piece_stays(
    store: CartStore, here: int, there: int, most: int | None, then: int
) -> None:
    (a,) = variants(1)
    if here:
        store.add(KEY, StoredLine(a, here, 100))
    store.add(OTHER, StoredLine(a, there, 100))
    moved = store.merge(OTHER, KEY, {} if most is None else {a: most})
    assert told(moved) == [(a, there, here, then)]
    assert lines(store) == [(a, then, 100)]


def test_the_code_typed_last_as_a_guest_goes_before_the_accounts(store: CartStore) -> None:
    a, b = variants(2)
    store.add(KEY, StoredLine(a, 1, 100))
    store.set_code(KEY, "OLD")
    store.add(OTHER, StoredLine(b, 1, 100))
    store.merge(OTHER, KEY, {})
    assert code(store) == "OLD"
    store.add("third", StoredLine(b, 1, 100))
    store.set_code("third", "NEW")
    store.merge("third", KEY, {})
    assert code(store) == "NEW"


def test_what_has_no_room_is_told_and_nothing_of_the_account_goes_for_it(
    store: CartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "MAX_LINES", 2)
    a, b, c = variants(3)
    for key, variant in ((KEY, a), (OTHER, b), (OTHER, c), (OTHER, a)):
        store.add(key, StoredLine(variant, 1, 100))
    assert told(store.merge(OTHER, KEY, {})) == [(b, 1, 0, 1), (c, 1, 0, 0), (a, 1, 1, 2)]
    assert lines(store) == [(a, 2, 100), (b, 1, 100)]


def test_a_bag_that_was_taken_in_is_closed_for_good(store: CartStore) -> None:
    a, b = variants(2)
    store.add(OTHER, StoredLine(a, 2, 100))
    store.merge(OTHER, KEY, {})
    store.set_quantity(OTHER, a, 5)
    store.change_variant(OTHER, a, StoredLine(b, 1, 100))
    store.remove(OTHER, a)
    store.clear(OTHER)
    store.set_code(OTHER, "TEN")
    with pytest.raises(BagMoved):
        store.add(OTHER, StoredLine(a, 1, 100))
    assert (lines(store), code(store), store.load(OTHER)) == ([(a, 2, 100)], "", None)


def test_a_paid_order_of_a_bag_that_was_taken_in_leaves_the_one_that_took_it(store: CartStore) -> None:
    a, b = variants(2)
    store.add(OTHER, StoredLine(a, 2, 100))
    store.add(KEY, StoredLine(a, 1, 100))
    store.add(KEY, StoredLine(b, 1, 100))
    store.merge(OTHER, KEY, {})
    for _ in range(2):
        store.settle(OTHER, "A7KM-29QX", {a: 2})
        assert lines(store) == [(a, 1, 100), (b, 1, 100)]


def test_an_order_that_was_taken_out_before_is_not_taken_out_again_after(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(OTHER, StoredLine(a, 3, 100))
    store.settle(OTHER, "A7KM-29QX", {a: 1})
    store.merge(OTHER, KEY, {})
    store.settle(OTHER, "A7KM-29QX", {a: 1})
    assert lines(store) == [(a, 2, 100)]


def test_a_bag_knows_the_keys_of_those_it_took_in(store: CartStore) -> None:
    (a,) = variants(1)
    for key in ("first", "second"):
        store.add(key, StoredLine(a, 1, 100))
        store.merge(key, KEY, {})
    cart = store.load(KEY)
    assert cart and cart.keys == (KEY, "first", "second")


def test_a_closed_bag_begins_anew_once_its_time_is_over(store: CartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    (a,) = variants(1)
    store.add(OTHER, StoredLine(a, 1, 100))
    store.merge(OTHER, KEY, {})
    later = clock.now() + LIFETIME + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    store.add(OTHER, StoredLine(a, 1, 100))
    store.settle(OTHER, "A7KM-29QX", {a: 1})
    assert (lines(store), lines(store, OTHER)) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_of_sign_ins_at_once_one_takes_the_bag_in(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(OTHER, StoredLine(a, 2, 100))
    store.add(KEY, StoredLine(a, 1, 100))
    moved: list[tuple[MergedLine, ...]] = []
    assert in_parallel(lambda: moved.append(store.merge(OTHER, KEY, {})), 6) == []
    assert sorted(len(each) for each in moved) == [0, 0, 0, 0, 0, 1]
    assert lines(store) == [(a, 3, 100)]


@pytest.mark.django_db(transaction=True)
def test_what_is_put_in_during_the_sign_in_is_taken_in_or_refused_but_never_lost(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(OTHER, StoredLine(a, 1, 100))
    turns = iter(range(8))

    def put_or_merge() -> None:
        if next(turns) == 4:
            store.merge(OTHER, KEY, {})
        else:
            store.add(OTHER, StoredLine(a, 1, 100))

    refused = in_parallel(put_or_merge, 8)
    assert {type(error) for error in refused} <= {BagMoved}
    assert lines(store) == [(a, 8 - len(refused), 100)]


@pytest.mark.django_db(transaction=True)
def test_a_payment_during_the_sign_in_takes_its_units_out_once(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(OTHER, StoredLine(a, 5, 100))
    turns = iter(range(6))

    def settle_or_merge() -> None:
        if next(turns) % 2:
            store.merge(OTHER, KEY, {})
        else:
            store.settle(OTHER, "A7KM-29QX", {a: 2})

    assert in_parallel(settle_or_merge, 6) == []
    assert lines(store) == [(a, 3, 100)]
