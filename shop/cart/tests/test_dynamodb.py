"""What only bags in DynamoDB have to bear: lost answers, items that TTL has not deleted yet, and the item's limit."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.core.signing import get_cookie_signer
from django.test import Client

from shop.adapters import dynamodb
from shop.adapters.dynamodb import Conflict, Put, Unavailable
from shop.cart import dynamodb as bags
from shop.cart.dynamodb import OUT_OF_REACH, DynamoCartStore
from shop.cart.services import price
from shop.cart.stores import LIFETIME, MAX_LINES, BagsUnavailable, StoredLine
from shop.cart.tests.store_builders import KEY, OTHER, lines
from shop.cart.tests.view_builders import HERE, sizes
from shop.core import clock
from shop.orders.models import Order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carts_table")]
store = DynamoCartStore()


@pytest.fixture
def answers_lost(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each first write of a change goes in, and the client's own repeat of it is then refused."""
    lost: list[str] = []
    write, transact = dynamodb.write, dynamodb.transact

    def once(name: str) -> None:
        if len(lost) % 2 == 0:
            lost.append(name)
            raise Conflict("the first try was written, its answer was lost")

    def lose_write(what: Put) -> None:
        write(what)
        once("write")

    def lose_transact(writes: Sequence[Put]) -> None:
        transact(writes)
        once("transact")

    monkeypatch.setattr(dynamodb, "write", lose_write)
    monkeypatch.setattr(dynamodb, "transact", lose_transact)
    return lost


@pytest.fixture
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*args: object) -> None:
        raise Unavailable("throttled")

    for name in ("get", "write", "transact"):
        monkeypatch.setattr(dynamodb, name, silent)


def test_units_are_added_once_although_the_answer_was_lost(answers_lost: list[str]) -> None:
    assert store.add(KEY, StoredLine(1, 2, 100)) == 2
    assert (lines(store), answers_lost) == ([(1, 2, 100)], ["write"])


def test_a_write_whose_answer_was_lost_is_known_by_its_stamp_after_later_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(KEY, StoredLine(1, 1, 100))
    write, turns = dynamodb.write, iter(range(3))

    def lose(what: Put) -> None:
        write(what)
        if next(turns) == 0:
            store.add(KEY, StoredLine(2, 1, 100))
            raise Conflict("the first try was written, its answer was lost")

    monkeypatch.setattr(dynamodb, "write", lose)
    assert store.add(KEY, StoredLine(1, 1, 100)) == 2
    assert lines(store) == [(1, 2, 100), (2, 1, 100)]


def test_a_bag_is_taken_in_once_although_the_answer_was_lost(answers_lost: list[str]) -> None:
    store.add(OTHER, StoredLine(1, 2, 100))
    answers_lost.append("")
    (moved,) = store.merge(OTHER, KEY, {})
    assert (moved.brought, moved.now, lines(store)) == (2, 2, [(1, 2, 100)])
    assert answers_lost == ["write", "", "transact"]


def test_a_bag_that_changes_all_the_time_is_given_up_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []

    def beaten(what: Put) -> None:
        tried.append(what)
        raise Conflict("another one came first")

    monkeypatch.setattr(dynamodb, "write", beaten)
    monkeypatch.setattr(dynamodb, "pause", lambda turn: None)
    with pytest.raises(BagsUnavailable, match=OUT_OF_REACH):
        store.add(KEY, StoredLine(1, 1, 100))
    assert len(tried) == bags.TRIES


def test_an_item_says_when_it_expires_in_seconds_as_ttl_wants_it(carts_table: str) -> None:
    before = clock.now()
    store.add(KEY, StoredLine(1, 1, 100))
    item = dynamodb.get(carts_table, {"key": KEY})
    assert item
    assert 0 <= item["expires"] - (before + LIFETIME).timestamp() < 60


def test_a_bag_that_another_release_wrote_is_read_as_far_as_this_one_knows_it(carts_table: str) -> None:
    store.add(KEY, StoredLine(1, 2, 100))
    item = dynamodb.get(carts_table, {"key": KEY})
    assert item
    older = {name: value for name, value in item.items() if name not in ("former", "settled", "code")}
    newer = older | {"gift": "yes", "lines": [[1, 2, 100, "wrapped"]]}
    for written in (older, newer):
        dynamodb.write(Put(carts_table, written))
        assert lines(store) == [(1, 2, 100)]
    store.add(KEY, StoredLine(1, 1, 100))
    assert lines(store) == [(1, 3, 100)]


def test_a_full_bag_fits_an_item_many_times_over(carts_table: str) -> None:
    for variant in range(MAX_LINES):
        store.add(KEY, StoredLine(2**62 + variant, 9, 10**9))
    for number in range(120):
        store.settle(KEY, f"A7KM-{number:04}X", {})
    item = dynamodb.get(carts_table, {"key": KEY})
    assert item
    assert (len(item["lines"]), len(item["settled"]), len(item["stamps"])) == (40, 100, 8)
    assert len(str(dynamodb.pack(item))) < 40_000


def test_a_bag_beyond_the_items_limit_stays_as_it_was_and_says_so() -> None:
    store.add(KEY, StoredLine(1, 1, 100))
    with pytest.raises(BagsUnavailable, match="more than we can keep"):
        store.set_code(KEY, "x" * 410_000)
    assert lines(store) == [(1, 1, 100)]


@pytest.mark.usefixtures("nobody_answers")
@pytest.mark.parametrize("path", ["/cart/", "/checkout/", "/me/"])
def test_a_page_that_needs_the_bag_says_that_it_is_out_of_reach(client: Client, settings: Any, path: str) -> None:
    with_bag(client, settings)
    answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "10", "private, no-store")
    assert OUT_OF_REACH in answer.content.decode()


@pytest.mark.usefixtures("nobody_answers")
def test_what_was_typed_stands_on_the_page_to_be_sent_again(client: Client, settings: Any) -> None:
    with_bag(client, settings)
    sent = {"email": 'ann@example.org"><b>', "full_name": "Ann", "password": "hunter2hunter2", "method": "standard"}
    answer = client.post("/checkout/", sent)
    html = answer.content.decode()
    assert answer.status_code == 503
    assert '<form method="post" action="/checkout/">' in html
    assert '<input type="hidden" name="full_name" value="Ann">' in html
    assert 'value="ann@example.org&quot;&gt;&lt;b&gt;"' in html
    assert "hunter2hunter2" not in html
    assert Order.objects.count() == 0


@pytest.mark.usefixtures("nobody_answers")
def test_what_cannot_be_put_in_the_bag_is_kept_to_be_tried_again(client: Client, settings: Any) -> None:
    settings.CART_STORE = "shop.cart.dynamodb.DynamoCartStore"
    (medium,) = sizes("M")
    answer = client.post("/cart/add/", {"variant": medium.pk, "quantity": 2}, headers=HERE)
    assert answer.status_code == 503
    assert f'<input type="hidden" name="variant" value="{medium.pk}">' in answer.content.decode()
    assert "bag" not in answer.cookies


def test_a_piece_that_was_deleted_leaves_the_bag_once_it_is_looked_at(client: Client, settings: Any) -> None:
    (medium,) = sizes("M")
    key = with_bag(client, settings, 10**9, medium.pk)
    assert client.get("/me/").json()["bag"] == 2
    assert client.get("/cart/").status_code == 200
    assert lines(store, key) == [(medium.pk, 1, 7800)]
    assert client.get("/me/").json()["bag"] == 1
    bag = price(store.load(key))
    assert bag.count == 1


def with_bag(client: Client, settings: Any, *variants: int) -> str:
    """Let the client be a guest with a bag in DynamoDB; its key."""
    settings.CART_STORE = "shop.cart.dynamodb.DynamoCartStore"
    for variant in variants:
        store.add(KEY, StoredLine(variant, 1, 100))
    client.cookies["bag"] = get_cookie_signer(salt="bagshop.cart").sign(KEY)
    return KEY


def test_a_guest_with_a_bag_is_told_of_it_without_a_word_to_the_database(
    client: Client, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.CART_STORE = "shop.cart.dynamodb.DynamoCartStore"
    client.post("/cart/add/", {"variant": sizes("M")[0].pk}, headers=HERE)
    with django_assert_num_queries(0):
        assert client.get("/me/").json() == {"bag": 1, "name": ""}
