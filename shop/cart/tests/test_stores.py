"""The contract of the carts port: every adapter in STORES passes all of it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from shop.cart import stores
from shop.cart.models import Cart
from shop.cart.stores import LIFETIME, BagMoved, CartStore, MergedLine, StoredLine, TableCartStore
from shop.core import clock
from shop.tests.builders import make_size, make_variant
from shop.tests.parallel import in_parallel

STORES: list[type[CartStore]] = [TableCartStore]
KEY = "k" * 32

pytestmark = pytest.mark.django_db


@pytest.fixture(params=STORES, ids=lambda store: store.__name__)
def store(request: pytest.FixtureRequest) -> CartStore:
    made: CartStore = request.param()
    return made


def variants(count: int) -> list[int]:
    first = make_variant(size=make_size("S"))
    rest = [make_variant(first.product, size=make_size(name)) for name in ("M", "L", "XL")]
    return [variant.pk for variant in [first, *rest]][:count]


def lines(store: CartStore, key: str = KEY) -> list[tuple[int, int, int]]:
    cart = store.load(key)
    return [(line.variant_id, line.quantity, line.seen_price) for line in cart.lines] if cart else []


def revision(store: CartStore) -> str:
    cart = store.load(KEY)
    assert cart
    return cart.revision


def test_an_unknown_key_is_no_bag_and_every_change_of_it_is_harmless(store: CartStore) -> None:
    store.set_quantity(KEY, 1, 2)
    store.change_variant(KEY, 1, StoredLine(2, 1, 100))
    store.remove(KEY, 1)
    store.see(KEY, {1: 100})
    store.clear(KEY)
    store.set_code(KEY, "TEN")
    store.settle(KEY, "A7KM-29QX", {1: 1})
    assert store.load(KEY) is None


def code(store: CartStore) -> str:
    cart = store.load(KEY)
    assert cart
    return cart.code


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


def test_a_bag_begun_anew_after_its_time_has_no_code(store: CartStore) -> None:
    (a,) = variants(1)
    store.add(KEY, StoredLine(a, 1, 100))
    store.set_code(KEY, "TEN")
    Cart.objects.update(expires_at=clock.now())
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


OTHER = "o" * 32


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


@pytest.mark.django_db(transaction=True)
def test_parallel_adds_of_one_variant_all_count(store: CartStore) -> None:
    (a,) = variants(1)
    together = threading.Barrier(6)

    def add() -> None:
        try:
            together.wait()
            store.add(KEY, StoredLine(a, 1, 100))
        finally:
            connection.close()

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lines(store) == [(a, 6, 100)]
